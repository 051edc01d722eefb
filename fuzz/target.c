/* The libFuzzer entry of one decode target; SHK_FUZZ_TARGET is its name, given by the build. */
#include <stdio.h>
#include <stdlib.h>

#include "driver.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libFuzzer hands no context to its callbacks. */
static shk_fuzz_target target;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    if (!shk_fuzz_target_open(&target, SHK_FUZZ_TARGET)) {
        fprintf(stderr, "fuzz: no target is called " SHK_FUZZ_TARGET "\n");
        exit(2);
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    shk_span input = shk_span_of(data, size);
    shk_fuzz_outcome outcome;
    shk_fuzz_run(&target, input, shk_fuzz_is_chosen(input), &outcome);
    if (outcome.violation != NULL) {
        fprintf(stderr, "fuzz: property violated: %s: %s, form %s: %s\n", outcome.violation,
                SHK_FUZZ_TARGET, outcome.form->name != NULL ? outcome.form->name : "-",
                outcome.detail);
        abort();
    }
    return 0;
}
