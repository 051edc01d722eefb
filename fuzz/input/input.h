/* Targets for what files and users give: a file NAME.c for each row of input/targets.def. */
#ifndef SHK_FUZZ_INPUT_INPUT_H
#define SHK_FUZZ_INPUT_INPUT_H

#include "shakedown/types.h"

/* One kind of input. */
typedef struct {
    /* What all inputs share, made before the first; NULL: no memory. Without the function there is
     * nothing. */
    void *(*open)(void);
    /* Whether the input was taken for what it is meant to be, which all seeds are. */
    bool (*run)(void *shared, shk_span input);
} shk_input_kind;

/* The target's own, defined in its file. */
extern const shk_input_kind shk_input;

/* Ends the fuzzer: a property does not hold. */
_Noreturn void shk_input_violated(const char *what, const char *detail);

#endif
