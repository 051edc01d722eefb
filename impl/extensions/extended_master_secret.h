/* extended_master_secret: a flag (RFC 7627 §5.1).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_EXTENSIONS_EXTENDED_MASTER_SECRET_H
#define SHK_EXTENSIONS_EXTENDED_MASTER_SECRET_H

#include "shakedown/codec.h"

typedef struct {
    uint8_t none; /* extension_data is empty */
} shk_extended_master_secret;

void shk_extended_master_secret_shape(shk_codec *c, shk_extended_master_secret *m);

#endif
