/* The libFuzzer entry of one stateful target; SHK_FUZZ_TARGET is its name, given by the build. */
#include <stdio.h>
#include <stdlib.h>

#include "driver.h"
#include "state/connection.h"

_Static_assert(SHK_FUZZ_HEAD == SHK_STATE_HEADER, "the mutator knows where the stream begins");

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libFuzzer hands no context to its callbacks. */
static shk_state_runner runner;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    if (!shk_state_runner_open(&runner, SHK_FUZZ_TARGET)) {
        fprintf(stderr, "fuzz: no target is called " SHK_FUZZ_TARGET ", or there is no memory\n");
        exit(2);
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    shk_span input = shk_span_of(data, size);
    shk_state_outcome outcome;
    /* single bytes would take most of the time; replays cut so */
    static const shk_state_cut other = SHK_CUT_HEADERS;
    shk_state_check(&runner, input, shk_fuzz_is_chosen(input) ? &other : NULL, &outcome);
    if (outcome.violation != NULL) {
        fprintf(stderr, "fuzz: property violated: %s: %s: %s\n", outcome.violation, SHK_FUZZ_TARGET,
                outcome.detail);
        abort();
    }
    return outcome.configured ? 0 : -1; /* -1: of no use to the corpus */
}
