/* A client of ours, with settings that came from outside. */
#ifndef SHK_FUZZ_INPUT_CLIENT_H
#define SHK_FUZZ_INPUT_CLIENT_H

#include "shakedown/conn.h"

/* The configuration that all inputs start from, to which shk_libcrypto_new belongs; NULL: no
 * memory.
 */
void *shk_input_client_new(void);
/* A client with these settings gets as far as its ClientHello, or is refused. Whether it got there;
 * its first flight is appended to `flight`, if that is not NULL. */
bool shk_input_client_starts(const shk_config *config, shk_buf *flight);

#endif
