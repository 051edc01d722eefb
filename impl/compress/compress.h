/* Compression of certificates, on the libraries that the build found (RFC 8879 §3).
 * Nothing here keeps state; each function takes and gives whole messages. */
#ifndef SHK_COMPRESS_COMPRESS_H
#define SHK_COMPRESS_COMPRESS_H

#include "shakedown/types.h"

/* CertificateCompressionAlgorithm (RFC 8879 §7.3). */
enum { SHK_COMPRESSION_ZLIB = 1, SHK_COMPRESSION_BROTLI = 2, SHK_COMPRESSION_ZSTD = 3 };

/* Whether the build has the algorithm. */
bool shk_has_compression(uint16_t algorithm);
/* Appends `in`, compressed, to `out`. SHK_E_CRYPTO where the library fails; SHK_E_NO_MEMORY. */
shk_status shk_compress(uint16_t algorithm, shk_span in, shk_buf *out);
/* Decompresses `in` to exactly `len` bytes at `out`, which is never overrun; all of `in` is used.
 * What the library allocates meanwhile is bounded too. SHK_E_DECOMPRESSION. */
shk_status shk_decompress(uint16_t algorithm, shk_span in, uint8_t *out, size_t len);

/* The algorithms, one file each. A compressor writes at most `*len` bytes and says how many. */
bool shk_zlib_compress(shk_span in, uint8_t *out, size_t *len);
bool shk_zlib_decompress(shk_span in, uint8_t *out, size_t len);
size_t shk_zlib_bound(size_t len);
bool shk_brotli_compress(shk_span in, uint8_t *out, size_t *len);
bool shk_brotli_decompress(shk_span in, uint8_t *out, size_t len);
size_t shk_brotli_bound(size_t len);
bool shk_zstd_compress(shk_span in, uint8_t *out, size_t *len);
bool shk_zstd_decompress(shk_span in, uint8_t *out, size_t len);
size_t shk_zstd_bound(size_t len);

#endif
