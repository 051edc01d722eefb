/* Randomness of tests: scripted, or a counter. */
#ifndef SHK_TESTS_SCRIPTED_RANDOM_H
#define SHK_TESTS_SCRIPTED_RANDOM_H

#include "vectors.h"

/* Randomness that gives out the bytes of a script and fails the test when they run out. */
typedef struct {
    test_bytes bytes;
    size_t at;
} test_script;
shk_random scripted(test_script *script);
/* Randomness without a script: a counter. */
shk_random counting(uint64_t *state);

#endif
