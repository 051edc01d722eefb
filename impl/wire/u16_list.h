/* Lists of 16-bit code points: ours, in host order (shk_u16s), and appended to messages in wire
 * order. */
#ifndef SHK_WIRE_U16_LIST_H
#define SHK_WIRE_U16_LIST_H

#include "shakedown/registry.h"

/* Whether a list of ours holds the value. */
bool shk_u16s_have(const shk_u16s *list, uint16_t value);
/* Appends a code point, or all of a list. */
shk_status shk_append_u16(shk_buf *out, uint16_t value);
shk_status shk_append_u16s(shk_buf *out, const shk_u16s *list);

#endif
