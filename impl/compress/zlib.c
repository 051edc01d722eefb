/* zlib (RFC 1950) for compress/compress.h. Its window is of 32 KiB, whatever comes. */
#include <zlib.h>

#include "compress/compress.h"

size_t shk_zlib_bound(size_t len)
{
    return compressBound((uLong)len);
}

bool shk_zlib_compress(shk_span in, uint8_t *out, size_t *len)
{
    uLongf written = (uLongf)*len;
    bool ok = compress(out, &written, in.data, (uLong)in.len) == Z_OK;
    *len = written;
    return ok;
}

bool shk_zlib_decompress(shk_span in, uint8_t *out, size_t len)
{
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)in.data, .avail_in = (uInt)in.len};
    stream.next_out = out;
    stream.avail_out = (uInt)len;
    if (inflateInit(&stream) != Z_OK)
        return false;
    bool whole =
        inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_in == 0 && stream.avail_out == 0;
    inflateEnd(&stream);
    return whole;
}
