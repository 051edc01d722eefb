/* Mutates inputs of decode targets: the byte that selects a form, and the body by its shape. */
#ifndef SHK_FUZZ_INPUT_MUTATOR_H
#define SHK_FUZZ_INPUT_MUTATOR_H

#include "driver.h"
#include "mutate/message.h"

/* As LLVMFuzzerCustomMutator: changes an input of `size` bytes, which has room for `cap`; returns
 * its size. */
size_t shk_mutate_input(shk_mutator *m, const shk_fuzz_target *target, uint8_t *data, size_t size,
                        size_t cap, unsigned seed);
/* As LLVMFuzzerCustomCrossOver: makes `out`, which has room for `cap`, of two inputs; returns its
 * size, 0: nothing came of them. */
size_t shk_cross_inputs(shk_mutator *m, const shk_fuzz_target *target, shk_span first,
                        shk_span second, uint8_t *out, size_t cap, unsigned seed);

#endif
