/* Zstandard (RFC 8878) for compress/compress.h. Decompressing all at once needs no window: the
 * output is it, so that the size that a frame claims makes nothing grow. */
#include <zstd.h>

#include "compress/compress.h"

size_t shk_zstd_bound(size_t len)
{
    return ZSTD_compressBound(len);
}

bool shk_zstd_compress(shk_span in, uint8_t *out, size_t *len)
{
    *len = ZSTD_compress(out, *len, in.data, in.len, ZSTD_CLEVEL_DEFAULT);
    return ZSTD_isError(*len) == 0;
}

bool shk_zstd_decompress(shk_span in, uint8_t *out, size_t len)
{
    return ZSTD_decompress(out, len, in.data, in.len) == len; /* errors are greater than any */
}
