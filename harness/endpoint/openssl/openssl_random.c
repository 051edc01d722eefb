/* Randomness of libcrypto that a seed repeats (openssl_random.h). */
#define OPENSSL_SUPPRESS_DEPRECATED /* RAND_METHOD: no provider has to be written for it */
#include "endpoint/openssl/openssl_random.h"

#include <openssl/rand.h>

/* libcrypto hands no context to a RAND_METHOD. */
static _Thread_local uint64_t state;

/* SplitMix64 */
static int draw(unsigned char *out, int len)
{
    for (int i = 0; i < len; i++) {
        state += UINT64_C(0x9e3779b97f4a7c15);
        uint64_t z = state;
        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        out[i] = (unsigned char)(z >> 32);
    }
    return 1;
}

static int is_seeded(void)
{
    return 1;
}

void shk_openssl_repeat_random(uint64_t seed)
{
    static const RAND_METHOD method = {.bytes = draw, .pseudorand = draw, .status = is_seeded};
    state = seed;
    RAND_set_rand_method(&method);
}
