/* application_layer_protocol_negotiation (ALPN) (RFC 7301 §3.1).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_EXTENSIONS_APPLICATION_LAYER_PROTOCOL_NEGOTIATION_H
#define SHK_EXTENSIONS_APPLICATION_LAYER_PROTOCOL_NEGOTIATION_H

#include "shakedown/codec.h"

typedef struct {
    shk_span name;
} shk_protocol_name;

void shk_protocol_name_shape(shk_codec *c, void *element);

typedef struct {
    shk_span protocol_name_list; /* of shk_protocol_name; exactly one in an answer */
} shk_application_layer_protocol_negotiation;

void shk_application_layer_protocol_negotiation_shape(
    shk_codec *c, shk_application_layer_protocol_negotiation *m);

#endif
