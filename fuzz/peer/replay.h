/* What the entry of builds without libFuzzer (replay_main.c) and targets agree on. */
#ifndef SHK_FUZZ_PEER_REPLAY_H
#define SHK_FUZZ_PEER_REPLAY_H

/* The argument by which a target is told to go on behind a property that does not hold; its
 * LLVMFuzzerTestOneInput then returns 1 for the input. */
#define SHK_FUZZ_GO_ON "--go-on"
/* Likewise; and it also returns 1 for what it does not take for an input of its kind. */
#define SHK_FUZZ_VALID "--valid"

#endif
