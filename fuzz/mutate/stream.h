/* Mutates the byte stream of a peer: records, and by their shapes the messages in them, which are
 * framed anew. Records are found by their headers, whatever stands before and between them; what a
 * provider that hides nothing has protected is read as if it were plain. */
#ifndef SHK_FUZZ_MUTATE_STREAM_H
#define SHK_FUZZ_MUTATE_STREAM_H

#include "mutate/message.h"

/* Mutates the stream once: a message, a record, or (plainly) any bytes. */
void shk_mutate_stream(shk_mutator *m, shk_edited *stream);
/* Puts a record of another stream into this one, in front of a record or in place of it, or crosses
 * a message with one of the other. False: there is none. */
bool shk_cross_stream(shk_mutator *m, shk_edited *stream, shk_span other);

/* As LLVMFuzzerCustomMutator and LLVMFuzzerCustomCrossOver (input_mutator.h), for an input of a
 * `head` that is mutated plainly, and a stream. */
size_t shk_mutate_stream_input(shk_mutator *m, size_t head, uint8_t *data, size_t size, size_t cap,
                               unsigned seed);
size_t shk_cross_stream_inputs(shk_mutator *m, size_t head, shk_span first, shk_span second,
                               uint8_t *out, size_t cap, unsigned seed);

#endif
