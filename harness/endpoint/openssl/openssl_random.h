/* Randomness of libcrypto that a seed repeats, for fuzzers: an input then does the same in every
 * run. */
#ifndef SHK_ENDPOINT_OPENSSL_OPENSSL_RANDOM_H
#define SHK_ENDPOINT_OPENSSL_OPENSSL_RANDOM_H

#include <stdint.h>

/* From now on all that libcrypto draws in this thread follows from the seed: keys and nonces of
 * OpenSSL endpoints, and signatures of ours. Never for real secrets. */
void shk_openssl_repeat_random(uint64_t seed);

#endif
