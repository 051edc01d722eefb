/* record_size_limit: the largest plaintext the sender will take (RFC 8449 §4).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_EXTENSIONS_RECORD_SIZE_LIMIT_H
#define SHK_EXTENSIONS_RECORD_SIZE_LIMIT_H

#include "shakedown/codec.h"

typedef struct {
    uint16_t record_size_limit; /* bytes */
} shk_record_size_limit;

void shk_record_size_limit_shape(shk_codec *c, shk_record_size_limit *m);

#endif
