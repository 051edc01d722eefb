/* record_size_limit: the largest plaintext the sender will take (RFC 8449 §4). */
#include "extensions/record_size_limit.h"

#include "registry/layout.h"

/* RFC 8449 §4 */
void shk_record_size_limit_shape(shk_codec *c, shk_record_size_limit *m)
{
    shk_u16(c, "record_size_limit", &m->record_size_limit, NULL);
    shk_require(c, "record_size_limit", m->record_size_limit >= 64, SHK_E_RECORD_SIZE_LIMIT);
}

SHK_LAYOUT(record_size_limit);
