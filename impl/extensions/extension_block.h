/* An extension block: `Extension extensions<0..2^16-1>` of any message (RFC 8446 §4.2).
 * Decoding checks every extension by its row's shape; a body is decoded again by whoever asks for
 * it. */
#ifndef SHK_EXTENSIONS_EXTENSION_BLOCK_H
#define SHK_EXTENSIONS_EXTENSION_BLOCK_H

#include "shakedown/registry.h"

typedef struct {
    shk_span raw;  /* of shk_raw_extension, in wire order */
    bool present;  /* false: the block with its length is not there at all */
    uint64_t seen; /* one bit per row of extensions.def that is in it; set by decoding */
} shk_extension_block;

typedef struct {
    uint16_t extension_type;
    shk_span extension_data;
} shk_raw_extension;

_Static_assert(SHK_EXT_COUNT <= 64, "shk_extension_block.seen has a bit per row");

extern const shk_extension_block shk_no_extensions;

/* The block of a message of the given place (SHK_IN_*). Errors: SHK_E_DUPLICATE_EXTENSION,
 * SHK_E_EXTENSION_PLACE, SHK_E_PSK_NOT_LAST and those of the extensions' own shapes. */
void shk_extensions(shk_codec *c, uint16_t place, shk_extension_block *block);
/* The shape of a shk_raw_extension, to walk `raw` with. */
void shk_raw_extension_shape(shk_codec *c, void *extension);
/* Takes the next extension off a block that was decoded before. False at its end. */
bool shk_extension_next(shk_span *block, shk_raw_extension *out);

/* Whether a decoded block holds the extension. */
bool shk_extension_in(const shk_extension_block *block, shk_extension extension);
/* Decodes the extension's body into `body` (its struct). False, and `body` zeroed, if it is not
 * there. */
bool shk_extension_get(const shk_extension_block *block, shk_extension extension, uint16_t place,
                       void *body);
/* Appends an extension, type and length included, to the raw bytes of a block that is being built.
 */
shk_status shk_extension_add(shk_buf *raw, shk_extension extension, uint16_t place, void *body);
/* The block over raw bytes built with shk_extension_add. */
shk_extension_block shk_extension_block_of(const shk_buf *raw);

#endif
