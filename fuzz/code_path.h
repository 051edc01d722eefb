/* The path of a run through instrumented code, as one number. Without SHK_FUZZ nothing is
 * instrumented, and all paths are the same. */
#ifndef SHK_FUZZ_CODE_PATH_H
#define SHK_FUZZ_CODE_PATH_H

#include <stdint.h>

/* Starts a new path. */
void shk_path_reset(void);
/* A digest of how often each edge was taken since then. */
uint64_t shk_path_digest(void);

#endif
