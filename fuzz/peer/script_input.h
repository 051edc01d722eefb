/* Inputs of the targets that play scripts: a script in its binary form, of which any bytes are one
 * (deviate/script.h); also with the byte before it that `shakedown play --encode` writes. */
#ifndef SHK_FUZZ_PEER_SCRIPT_INPUT_H
#define SHK_FUZZ_PEER_SCRIPT_INPUT_H

#include "deviate/script.h"

/* The script of an input, without settings that name files other than the test PKI's, and nothing
 * in it done more than some hundred times. NULL without memory. */
shk_script *shk_fuzz_script(shk_span input);

#endif
