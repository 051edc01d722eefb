/* The libFuzzer entry of the targets of this folder; SHK_FUZZ_TARGET is the target's name, given by
 * the build. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "input/input.h"
#include "peer/replay.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libFuzzer hands no context to its callbacks. */
static void *shared;
static bool all_are_taken;

_Noreturn void shk_input_violated(const char *what, const char *detail)
{
    fprintf(stderr, "fuzz: property violated: %s: " SHK_FUZZ_TARGET ", form plain: %s\n", what,
            detail);
    abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    all_are_taken = *argc > 1 && strcmp((*argv)[1], SHK_FUZZ_VALID) == 0;
    if (shk_input.open != NULL && (shared = shk_input.open()) == NULL) {
        fprintf(stderr, "fuzz: no memory\n");
        exit(3);
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const bool taken = shk_input.run(shared, shk_span_of(data, size));
    return all_are_taken && !taken ? 1 : 0;
}
