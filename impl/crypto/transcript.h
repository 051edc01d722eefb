/* The transcript: the hash over all handshake messages (RFC 8446 §4.4.1, RFC 5246 §7.4.9).
 * Messages are kept as they are until the hash is known. */
#ifndef SHK_CRYPTO_TRANSCRIPT_H
#define SHK_CRYPTO_TRANSCRIPT_H

#include "shakedown/crypto.h"

typedef struct {
    const shk_crypto *crypto;
    shk_hash hash;
    shk_hash_state *state; /* NULL while the hash is not known */
    shk_buf raw;           /* the messages so far; kept until shk_transcript_forget */
    bool keep;
} shk_transcript;

void shk_transcript_init(shk_transcript *t, const shk_crypto *crypto,
                         const shk_allocator *allocator);
void shk_transcript_free(shk_transcript *t);
/* The messages so far, until they are forgotten. */
shk_span shk_transcript_messages(const shk_transcript *t);
/* A copy of the hash of what was added so far, the caller's to go on with and to free. */
shk_status shk_transcript_copy_hash(const shk_transcript *t, shk_hash_state **out);
/* Moves the hash to `to`, whose own is freed. */
void shk_transcript_move(shk_transcript *from, shk_transcript *to);
/* Lets `to`, which has no hash yet, go on from where `from` is. */
shk_status shk_transcript_fork(const shk_transcript *from, shk_transcript *to);
/* Adds a message with its header. */
shk_status shk_transcript_add(shk_transcript *t, shk_span message);
/* Chooses the hash; what was added before is hashed now. */
shk_status shk_transcript_choose(shk_transcript *t, shk_hash hash);
/* Stops keeping the messages themselves: from here on the hash is enough. */
void shk_transcript_forget(shk_transcript *t);
/* Puts message_hash in place of the first ClientHello (RFC 8446 §4.4.1). */
shk_status shk_transcript_restart(shk_transcript *t);
/* Transcript-Hash of what was added so far; the size of the hash. */
shk_status shk_transcript_digest(const shk_transcript *t, uint8_t *out);

#endif
