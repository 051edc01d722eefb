/* Length-prefixed vectors, opened and closed around the fields inside them (RFC 8446 §3.4).
 * For shapes whose vectors hold more than one kind of thing; the rest use the list functions. */
#ifndef SHK_WIRE_VECTOR_H
#define SHK_WIRE_VECTOR_H

#include "shakedown/codec.h"

typedef struct {
    const char *name;
    unsigned width; /* bytes of the length prefix: 1, 2 or 3 */
    size_t min;
    size_t max;
    size_t start;       /* where the content begins: in the input, or in the output */
    size_t outer_limit; /* decode: the limit to go back to */
} shk_vector;

/* Reads or reserves the length prefix. While decoding, fields up to shk_vector_end read inside the
 * vector only. */
void shk_vector_begin(shk_codec *c, shk_vector *v, const char *name, unsigned width, size_t min,
                      size_t max);
/* Decode: SHK_E_TRAILING_DATA if the vector holds more than was read. Encode: fills the length in.
 */
void shk_vector_end(shk_codec *c, shk_vector *v);

/* Records the first failure, at the current offset. */
void shk_codec_fail(shk_codec *c, const char *name, shk_status status);
/* A decoder over `input` alone; offsets in its faults count from the start of `input`. */
shk_codec shk_decoder(const shk_form *form, shk_span input);

static inline bool shk_failed(const shk_codec *c)
{
    return c->fault.status != SHK_OK;
}

#endif
