/* ech_outer_extensions: stands, in the encoded inner ClientHello alone, for extensions that are
 * taken from the outer one (RFC 9849 §5.1). */
#ifndef SHK_EXTENSIONS_ECH_OUTER_EXTENSIONS_H
#define SHK_EXTENSIONS_ECH_OUTER_EXTENSIONS_H

#include "shakedown/codec.h"

typedef struct {
    shk_span outer_extensions; /* of two-byte ExtensionTypes */
} shk_ech_outer_extensions;

void shk_ech_outer_extensions_shape(shk_codec *c, shk_ech_outer_extensions *m);

#endif
