/* renegotiation_info: verify_data of the handshake before, or empty (RFC 5746 §3.2).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_EXTENSIONS_RENEGOTIATION_INFO_H
#define SHK_EXTENSIONS_RENEGOTIATION_INFO_H

#include "shakedown/codec.h"

typedef struct {
    shk_span renegotiated_connection;
} shk_renegotiation_info;

void shk_renegotiation_info_shape(shk_codec *c, shk_renegotiation_info *m);

#endif
