/* The path that a run takes through instrumented code, as one number.
 * In builds without SHK_FUZZ nothing is instrumented and every path is the same. */
#ifndef SHK_FUZZ_CODE_PATH_H
#define SHK_FUZZ_CODE_PATH_H

#include <stdint.h>

/* Forgets the path so far. */
void shk_path_reset(void);
/* A digest of how often each edge was taken since. */
uint64_t shk_path_digest(void);

#endif
