/* The libFuzzer entry of one decode target; SHK_FUZZ_TARGET is its name, given by the build. */
#include <stdio.h>
#include <stdlib.h>

#include "driver.h"
#include "input_mutator.h"
#include "mutate/plain.h"
#ifdef SHK_FUZZ_PLANTED
#include "planted_hello.h"
#endif

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t cap, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *first, size_t first_len, const uint8_t *second,
                                 size_t second_len, uint8_t *out, size_t cap, unsigned seed);

/* libFuzzer hands no context to its callbacks. */
static shk_fuzz_target target;
static shk_mutator mutator = {.plain = shk_mutate_plain};

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

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t cap, unsigned seed)
{
    return shk_mutator_is_on(&mutator) ? shk_mutate_input(&mutator, &target, data, size, cap, seed)
                                       : shk_mutate_plain(data, size, cap);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *first, size_t first_len, const uint8_t *second,
                                 size_t second_len, uint8_t *out, size_t cap, unsigned seed)
{
    if (!shk_mutator_is_on(&mutator))
        return 0;
    return shk_cross_inputs(&mutator, &target, shk_span_of(first, first_len),
                            shk_span_of(second, second_len), out, cap, seed);
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
#ifdef SHK_FUZZ_PLANTED
    if (outcome.decoded)
        shk_planted_look(input);
#endif
    return 0;
}
