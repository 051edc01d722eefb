/* What holds for all bytes that may be a session. */
#ifndef SHK_FUZZ_INPUT_SESSION_BYTES_H
#define SHK_FUZZ_INPUT_SESSION_BYTES_H

#include "shakedown/types.h"

/* What is read as a session is written as the same bytes. */
void shk_input_check_session(shk_span bytes);

#endif
