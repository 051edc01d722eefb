/* Allocations and calls of a provider that fail when told, for replays of inputs that nobody made
 * so that one fails. */
#ifndef SHK_FUZZ_STATE_FAILING_CALLS_H
#define SHK_FUZZ_STATE_FAILING_CALLS_H

#include "shakedown/crypto.h"

/* Has the calls of a provider, of which all functions keep working, and the allocations of an
 * allocator counted. Of one of each in a program, since the functions of an object do not tell
 * whose it is. */
void shk_count_calls(shk_crypto *crypto, shk_allocator *allocator);
/* The call of this number from now on fails, from 1; 0: none does. */
void shk_fail_call(size_t number);
/* Whether it has come. */
bool shk_has_failed_call(void);

#endif
