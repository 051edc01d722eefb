/* early_data: a flag; in NewSessionTicket the amount allowed (RFC 8446 §4.2.10).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_EXTENSIONS_EARLY_DATA_H
#define SHK_EXTENSIONS_EARLY_DATA_H

#include "shakedown/codec.h"

typedef struct {
    uint32_t max_early_data_size; /* bytes; in NewSessionTicket only */
} shk_early_data;

void shk_early_data_shape(shk_codec *c, shk_early_data *m);

#endif
