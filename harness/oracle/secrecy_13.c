/* Guessing the secrets of TLS 1.3 (oracle/secrecy.h; RFC 8446 §7.1). */
#include <string.h>

#include "keys/key_functions.h"
#include "oracle/cursor.h"
#include "oracle/secrecy.h"

typedef struct {
    const shk_target *target;
    const shk_crypto *crypto;
    shk_hash hash;
    size_t size;                    /* of the hash */
    uint8_t hellos[SHK_MAX_HASH];   /* ClientHello to ServerHello */
    bool all;                       /* whether the next is known */
    uint8_t finished[SHK_MAX_HASH]; /* ClientHello to the server's Finished */
} schedule;

static bool matches(const schedule *s, shk_span secret, const char *derived, const char *label,
                    const uint8_t *transcript)
{
    uint8_t out[SHK_MAX_HASH];
    return shk_observer_expand(s->crypto, s->hash, secret, derived,
                               shk_span_of(transcript, s->size), out, s->size) &&
           shk_target_has_secret(s->target, label, shk_span_of(out, s->size));
}

static void found(const schedule *s, const char *what, const char *words)
{
    shk_raise(s->target->c, "RFC 8446 §7.1", "the %s uses keys of which the %s is %s",
              shk_side_name(s->target->side), what, words);
}

/* The handshake secret itself, or the secrets of it. */
static bool is_handshake_secret(const schedule *s, shk_span secret)
{
    return s->target->side == 1
               ? matches(s, secret, "s hs traffic", "SERVER_HANDSHAKE_TRAFFIC_SECRET", s->hellos)
               : matches(s, secret, "c hs traffic", "CLIENT_HANDSHAKE_TRAFFIC_SECRET", s->hellos);
}

/* A shared secret, behind a PSK that is as guessable. */
static bool try_shared(const schedule *s, const shk_guess *psk, const shk_guess *shared)
{
    uint8_t early[SHK_MAX_HASH], handshake[SHK_MAX_HASH];
    return shk_observer_next_secret(s->crypto, s->hash, shk_span_of(NULL, 0), psk->bytes, early) &&
           shk_observer_next_secret(s->crypto, s->hash, shk_span_of(early, s->size), shared->bytes,
                                    handshake) &&
           is_handshake_secret(s, shk_span_of(handshake, s->size));
}

/* Bytes of the shared secret. */
static size_t shared_length(const schedule *s)
{
    const shk_first_handshake *f = &s->target->end->view.first;
    shk_cursor share = shk_cursor_over(shk_extension_of(f->server.extensions, SHK_EXT_key_share));
    const shk_group_row *group = shk_group_of((uint16_t)shk_cursor_number(&share, 2));
    return group != NULL ? group->secret : s->size;
}

/* Without a PSK zeros stand for it, and without key_share for the shared secret (RFC 8446 §7.1). */
static void try_inputs(const schedule *s)
{
    enum { PSK_GUESSES = 5 };
    const shk_span server = s->target->end->view.first.server.extensions;
    const bool with_psk = shk_has_extension(server, SHK_EXT_pre_shared_key);
    const bool with_share = shk_has_extension(server, SHK_EXT_key_share);
    static const uint8_t zeros[SHK_MAX_HASH] = {0};
    const shk_guess nothing = {"zeros", shk_span_of(zeros, s->size)};
    shk_guesses psks, shares;
    shk_guess_constants(&psks, s->size);
    shk_guess_public(&psks, s->target);
    shk_guess_constants(&shares, shared_length(s));
    shk_guess_public(&shares, s->target);
    const size_t psk_count = !with_psk ? 1 : with_share ? PSK_GUESSES : psks.count;
    const size_t share_count = with_share ? shares.count : 1;
    for (size_t p = 0; p < psk_count; p++)
        for (size_t k = 0; k < share_count; k++) {
            const shk_guess *psk = with_psk ? &psks.guesses[p] : &nothing;
            const shk_guess *shared = with_share ? &shares.guesses[k] : &nothing;
            if (try_shared(s, psk, shared)) {
                found(s, with_share ? "shared secret" : "PSK",
                      with_share ? shared->words : psk->words);
                return;
            }
        }
}

/* Secrets further down the schedule, and the traffic secrets themselves. */
static void try_secrets(const schedule *s)
{
    shk_guesses constants;
    shk_guess_constants(&constants, s->size);
    for (size_t i = 0; i + 1 < constants.count; i++) {
        const shk_guess *g = &constants.guesses[i];
        if (is_handshake_secret(s, g->bytes))
            found(s, "handshake secret", g->words);
        else if (s->all &&
                 matches(s, g->bytes, "s ap traffic", "SERVER_TRAFFIC_SECRET_0", s->finished))
            found(s, "master secret", g->words);
        else if (shk_target_has_secret(s->target, "SERVER_HANDSHAKE_TRAFFIC_SECRET", g->bytes) ||
                 shk_target_has_secret(s->target, "CLIENT_HANDSHAKE_TRAFFIC_SECRET", g->bytes) ||
                 shk_target_has_secret(s->target, "CLIENT_TRAFFIC_SECRET_0", g->bytes) ||
                 shk_target_has_secret(s->target, "SERVER_TRAFFIC_SECRET_0", g->bytes))
            found(s, "traffic secret", g->words);
    }
}

/* Early data are protected by the PSK alone. */
static void try_early(const schedule *s)
{
    const shk_first_handshake *f = &s->target->end->view.first;
    const shk_item *hello = f->client_hellos[0];
    uint8_t transcript[SHK_MAX_HASH], early[SHK_MAX_HASH], out[SHK_MAX_HASH];
    shk_guesses psks;
    if (!shk_has_extension(f->client[0].extensions, SHK_EXT_early_data) ||
        !shk_observer_hash(s->crypto, s->hash, &hello->raw, 1, transcript))
        return;
    shk_guess_constants(&psks, s->size);
    for (size_t i = 0; i < psks.count; i++)
        if (shk_observer_next_secret(s->crypto, s->hash, shk_span_of(NULL, 0),
                                     psks.guesses[i].bytes, early) &&
            shk_observer_expand(s->crypto, s->hash, shk_span_of(early, s->size), "c e traffic",
                                shk_span_of(transcript, s->size), out, s->size) &&
            shk_target_has_secret(s->target, "CLIENT_EARLY_TRAFFIC_SECRET",
                                  shk_span_of(out, s->size))) {
            found(s, "PSK", psks.guesses[i].words);
            return;
        }
}

void shk_secrecy_13(const shk_target *target)
{
    shk_case *c = target->c;
    const shk_first_handshake *f = &target->end->view.first;
    const shk_item *last = f->finished[1];
    schedule s = {.target = target,
                  .crypto = c->seen->crypto,
                  .hash = f->suite->hash,
                  .size = shk_hash_size(f->suite->hash)};
    if (!shk_transcript_before(c, target->end, f->server_hello + 1, s.hash, s.hellos))
        return;
    s.all = last != NULL && target->end->key_log.len > 0 &&
            shk_transcript_before(c, target->end, last + 1, s.hash, s.finished);
    try_inputs(&s);
    try_secrets(&s);
    try_early(&s);
}
