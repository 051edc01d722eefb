/* Faults planted behind the decoder of ClientHello, as a server could have them. They crash
 * nothing: each is told once, so that one run shows how many a fuzzer finds. */
#ifndef SHK_FUZZ_PLANTED_HELLO_H
#define SHK_FUZZ_PLANTED_HELLO_H

#include "shakedown/registry.h"

/* Looks at a ClientHello that decodes; prints "planted: NAME" the first time it would meet a fault.
 */
void shk_planted_look(shk_span hello);

#endif
