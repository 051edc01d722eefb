/* Lists of 16-bit code points, in memory and in wire order (wire/u16_list.h). */
#include "wire/u16_list.h"

#include "shakedown/crypto.h"
#include "shakedown/errors.h"
#include "shakedown/types.h"

bool shk_u16s_have(const shk_u16s *list, uint16_t value)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->values[i] == value)
            return true;
    return false;
}

shk_status shk_append_u16(shk_buf *out, uint16_t value)
{
    uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    return shk_buf_append(out, shk_span_of(bytes, 2));
}

shk_status shk_append_u16s(shk_buf *out, const shk_u16s *list)
{
    for (size_t i = 0; i < list->count; i++)
        SHK_TRY(shk_append_u16(out, list->values[i]));
    return SHK_OK;
}
