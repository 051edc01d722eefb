/* The transcript hash (crypto/transcript.h). */
#include "crypto/transcript.h"

enum { MESSAGE_HASH = 254 };

void shk_transcript_init(shk_transcript *t, const shk_crypto *crypto,
                         const shk_allocator *allocator)
{
    t->crypto = crypto;
    t->hash = SHK_HASH_NONE;
    t->state = NULL;
    t->raw = shk_buf_growing(allocator);
    t->keep = true;
}

void shk_transcript_free(shk_transcript *t)
{
    if (t->state != NULL)
        t->crypto->hash_free(t->state);
    t->state = NULL;
    shk_buf_free(&t->raw);
}

shk_span shk_transcript_messages(const shk_transcript *t)
{
    return shk_buf_span(&t->raw);
}

shk_status shk_transcript_copy_hash(const shk_transcript *t, shk_hash_state **out)
{
    return t->crypto->hash_copy(t->state, out);
}

void shk_transcript_move(shk_transcript *from, shk_transcript *to)
{
    shk_transcript_free(to);
    to->hash = from->hash;
    to->state = from->state;
    to->keep = false;
    from->state = NULL;
}

shk_status shk_transcript_fork(const shk_transcript *from, shk_transcript *to)
{
    shk_transcript_forget(to);
    to->hash = from->hash;
    return shk_transcript_copy_hash(from, &to->state);
}

shk_status shk_transcript_add(shk_transcript *t, shk_span message)
{
    if (t->keep)
        SHK_TRY(shk_buf_append(&t->raw, message));
    return t->state == NULL ? SHK_OK : t->crypto->hash_update(t->state, message);
}

shk_status shk_transcript_choose(shk_transcript *t, shk_hash hash)
{
    if (t->state != NULL)
        return t->hash == hash ? SHK_OK : SHK_OWN(INTERNAL);
    SHK_TRY(t->crypto->hash_new(t->crypto, hash, &t->state));
    t->hash = hash;
    return t->crypto->hash_update(t->state, shk_buf_span(&t->raw));
}

void shk_transcript_forget(shk_transcript *t)
{
    t->keep = false;
    shk_buf_free(&t->raw);
}

shk_status shk_transcript_restart(shk_transcript *t)
{
    uint8_t message[4 + SHK_MAX_HASH] = {MESSAGE_HASH, 0, 0, (uint8_t)shk_hash_size(t->hash)};
    SHK_TRY(shk_transcript_digest(t, message + 4));
    t->crypto->hash_free(t->state);
    t->state = NULL;
    t->raw.len = 0;
    SHK_TRY(t->crypto->hash_new(t->crypto, t->hash, &t->state));
    return shk_transcript_add(t, shk_span_of(message, 4 + shk_hash_size(t->hash)));
}

shk_status shk_transcript_digest(const shk_transcript *t, uint8_t *out)
{
    return t->state == NULL ? SHK_OWN(INTERNAL) : t->crypto->hash_digest(t->state, out);
}
