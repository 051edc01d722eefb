/* The table of compression algorithms (compress/compress.h). The build defines SHK_HAVE_NAME for
 * each library that it found, and leaves out the files of the others. */
#include "compress/compress.h"

typedef struct {
    uint16_t value;
    size_t (*bound)(size_t len); /* bytes that `len` may become at most */
    bool (*compress)(shk_span in, uint8_t *out, size_t *len);
    bool (*decompress)(shk_span in, uint8_t *out, size_t len);
} compression;

static const compression rows[] = {
#ifdef SHK_HAVE_ZLIB
    {SHK_COMPRESSION_ZLIB, shk_zlib_bound, shk_zlib_compress, shk_zlib_decompress},
#endif
#ifdef SHK_HAVE_BROTLI
    {SHK_COMPRESSION_BROTLI, shk_brotli_bound, shk_brotli_compress, shk_brotli_decompress},
#endif
#ifdef SHK_HAVE_ZSTD
    {SHK_COMPRESSION_ZSTD, shk_zstd_bound, shk_zstd_compress, shk_zstd_decompress},
#endif
    {0, NULL, NULL, NULL}, /* the end, so that there is a row in any build */
};

static const compression *find(uint16_t algorithm)
{
    const compression *row = rows;
    while (row->compress != NULL && row->value != algorithm)
        row++;
    return row->compress != NULL ? row : NULL;
}

bool shk_has_compression(uint16_t algorithm)
{
    return find(algorithm) != NULL;
}

shk_status shk_compress(uint16_t algorithm, shk_span in, shk_buf *out)
{
    const compression *row = find(algorithm);
    if (row == NULL)
        return SHK_OWN(INTERNAL);
    size_t len = row->bound(in.len);
    SHK_TRY(shk_buf_reserve(out, len));
    if (!row->compress(in, out->data + out->len, &len))
        return SHK_OWN(CRYPTO);
    out->len += len;
    return SHK_OK;
}

shk_status shk_decompress(uint16_t algorithm, shk_span in, uint8_t *out, size_t len)
{
    const compression *row = find(algorithm);
    if (row == NULL)
        return SHK_OWN(INTERNAL);
    return len > 0 && row->decompress(in, out, len) ? SHK_OK : SHK_E_DECOMPRESSION;
}
