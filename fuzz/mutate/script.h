/* Mutates scripts in their binary form (docs/DEVIATIONS.md) by operations: one is added, removed,
 * changed, copied or moved; points and fields are drawn from the outlines of messages, values from
 * the tables. */
#ifndef SHK_FUZZ_MUTATE_SCRIPT_H
#define SHK_FUZZ_MUTATE_SCRIPT_H

#include "mutate/message.h"

/* As LLVMFuzzerCustomMutator and LLVMFuzzerCustomCrossOver (input_mutator.h). Crossing takes
 * operations of the second script into the first, or its statements. */
size_t shk_mutate_script(shk_mutator *m, uint8_t *data, size_t size, size_t cap, unsigned seed);
size_t shk_cross_scripts(shk_mutator *m, shk_span first, shk_span second, uint8_t *out, size_t cap,
                         unsigned seed);

#endif
