/* Brotli (RFC 7932) for compress/compress.h. */
#include <brotli/decode.h>
#include <brotli/encode.h>
#include <stdlib.h>

#include "compress/compress.h"

/* Quality 5 takes a small part of the time of 11, for a few bytes more. The decoder's tables for
 * what a certificate may be are well below DECODER_STATE; beside them, it keeps a window that may
 * be twice what comes out. A window holds 16 bytes less than a power of 2 (RFC 7932 §9.1). */
enum { QUALITY = 5, DECODER_STATE = 1024 * 1024, WINDOW_GAP = 16 };

size_t shk_brotli_bound(size_t len)
{
    return BrotliEncoderMaxCompressedSize(len);
}

/* The least window that the input fits in, as its logarithm: the encoder's memory goes by it, and
 * with the default it would be a megabyte for each ClientHello that asks for it. */
static int window_of(size_t len)
{
    int window = BROTLI_MIN_WINDOW_BITS;
    while (window < BROTLI_DEFAULT_WINDOW && (((size_t)1 << window) - WINDOW_GAP) < len)
        window++;
    return window;
}

bool shk_brotli_compress(shk_span in, uint8_t *out, size_t *len)
{
    return BrotliEncoderCompress(QUALITY, window_of(in.len), BROTLI_MODE_GENERIC, in.len, in.data,
                                 len, out) == BROTLI_TRUE;
}

/* Gives out memory up to a limit: a stream may ask for a window of 16 MiB. */
static void *limited_alloc(void *context, size_t size)
{
    size_t *left = (size_t *)context;
    if (size > *left)
        return NULL;
    *left -= size;
    return malloc(size);
}

static void limited_free(void *context, void *memory)
{
    (void)context;
    free(memory);
}

bool shk_brotli_decompress(shk_span in, uint8_t *out, size_t len)
{
    size_t left = DECODER_STATE + 2 * len;
    size_t out_left = len;
    BrotliDecoderState *state = BrotliDecoderCreateInstance(limited_alloc, limited_free, &left);
    if (state == NULL)
        return false;
    bool whole = BrotliDecoderDecompressStream(state, &in.len, &in.data, &out_left, &out, NULL) ==
                     BROTLI_DECODER_RESULT_SUCCESS &&
                 in.len == 0 && out_left == 0;
    BrotliDecoderDestroyInstance(state);
    return whole;
}
