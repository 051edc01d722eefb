/* Randomness of tests (support/scripted_random.h). */
#include "scripted_random.h"

#include <string.h>

static void fill_scripted(void *context, uint8_t *bytes, size_t len)
{
    test_script *script = (test_script *)context;
    assert_true(len <= script->bytes.len - script->at);
    memcpy(bytes, script->bytes.data + script->at, len);
    script->at += len;
}

shk_random scripted(test_script *script)
{
    shk_random random = {fill_scripted, script};
    return random;
}

static void fill_counting(void *context, uint8_t *bytes, size_t len)
{
    uint64_t *state = (uint64_t *)context;
    for (size_t i = 0; i < len; i++) {
        *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        bytes[i] = (uint8_t)(*state >> 56);
    }
}

shk_random counting(uint64_t *state)
{
    shk_random random = {fill_counting, state};
    return random;
}
