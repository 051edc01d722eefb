/* Guessing the secrets below TLS 1.3 (oracle/secrecy.h; RFC 5246 §8.1, RFC 4279 §2, RFC 7627 §4).
 */
#include <string.h>

#include "keys/key_functions.h"
#include "oracle/secrecy.h"
#include "oracle/signatures.h"

enum { MASTER_SECRET = 48, RSA_PREMASTER = 48, PSK_GUESS = 32, FINITE_FIELD = 256 };

typedef struct {
    const shk_target *target;
    const shk_crypto *crypto;
    shk_hash hash;
    bool extended; /* RFC 7627 */
    uint8_t session_hash[SHK_MAX_HASH];
} schedule;

static void found(const schedule *s, const char *what, const char *words)
{
    shk_raise(s->target->c, "RFC 5246 §8.1", "the %s uses keys of which the %s is %s",
              shk_side_name(s->target->side), what, words);
}

static bool is_master(const schedule *s, shk_span master)
{
    return shk_target_has_secret(s->target, "CLIENT_RANDOM", master);
}

static bool is_premaster(const schedule *s, shk_span premaster)
{
    const shk_first_handshake *f = &s->target->end->view.first;
    uint8_t master[MASTER_SECRET];
    const bool ok = s->extended
                        ? shk_observer_prf(s->crypto, s->hash, premaster, "extended master secret",
                                           shk_span_of(s->session_hash, shk_hash_size(s->hash)),
                                           shk_span_of(NULL, 0), master, sizeof master)
                        : shk_observer_prf(s->crypto, s->hash, premaster, "master secret",
                                           shk_last_client_hello(f)->random, f->server.random,
                                           master, sizeof master);
    return ok && is_master(s, shk_span_of(master, sizeof master));
}

static size_t put_opaque16(uint8_t *out, shk_span bytes)
{
    out[0] = (uint8_t)(bytes.len >> 8);
    out[1] = (uint8_t)bytes.len;
    if (bytes.len > 0)
        memcpy(out + 2, bytes.data, bytes.len);
    return 2 + bytes.len;
}

/* Bytes of the premaster secret, or of what stands in it beside a PSK. */
static size_t secret_length(const shk_first_handshake *f)
{
    shk_seen_key_exchange seen;
    const shk_group_row *group =
        shk_read_server_key_exchange(f, &seen) ? shk_group_of(seen.curve) : NULL;
    if (group != NULL)
        return group->secret;
    return (f->suite->key_exchange & SHK_FORM_DHE) != 0 ? FINITE_FIELD : RSA_PREMASTER;
}

/* Both parts of the premaster secret of a PSK suite are guessed, as likely as not the same way. */
static void try_psk(const schedule *s, const shk_guesses *guesses)
{
    uint8_t premaster[2 + SHK_MAX_GUESS + 2 + PSK_GUESS];
    for (size_t i = 0; i < guesses->count; i++) {
        const shk_span other = guesses->guesses[i].bytes;
        const shk_span psk =
            shk_span_of(other.data, other.len < PSK_GUESS ? other.len : (size_t)PSK_GUESS);
        const bool plain = s->target->end->view.first.suite->key_exchange == SHK_KX_PSK;
        size_t len = put_opaque16(premaster, plain ? psk : other);
        len += put_opaque16(premaster + len, psk);
        if (is_premaster(s, shk_span_of(premaster, len))) {
            found(s, "PSK", guesses->guesses[i].words);
            return;
        }
    }
}

static void try_premaster(const schedule *s)
{
    const shk_first_handshake *f = &s->target->end->view.first;
    uint8_t of_version[RSA_PREMASTER] = {0};
    shk_guesses guesses;
    shk_guess_constants(&guesses, secret_length(f));
    shk_guess_public(&guesses, s->target);
    if (shk_suite_has_psk(f->suite)) {
        try_psk(s, &guesses);
        return;
    }
    for (size_t i = 0; i < guesses.count; i++)
        if (is_premaster(s, guesses.guesses[i].bytes)) {
            found(s, "premaster secret", guesses.guesses[i].words);
            return;
        }
    const uint16_t version = shk_last_client_hello(f)->legacy_version;
    of_version[0] = (uint8_t)(version >> 8);
    of_version[1] = (uint8_t)version;
    if (is_premaster(s, shk_span_of(of_version, sizeof of_version)))
        found(s, "premaster secret", "the version and zeros");
}

static void try_master(const schedule *s)
{
    shk_guesses constants;
    shk_guess_constants(&constants, MASTER_SECRET);
    for (size_t i = 0; i + 1 < constants.count; i++)
        if (is_master(s, constants.guesses[i].bytes))
            found(s, "master secret", constants.guesses[i].words);
}

/* The last message before the session hash is ClientKeyExchange (RFC 7627 §3). */
static const shk_item *behind_key_exchange(const shk_view *view)
{
    for (size_t i = 0; i < view->count; i++)
        if (shk_item_is(&view->items[i], SHK_MSG_client_key_exchange) &&
            view->items[i].handshake == 0)
            return &view->items[i] + 1;
    return NULL;
}

void shk_secrecy_12(const shk_target *target)
{
    shk_case *c = target->c;
    const shk_first_handshake *f = &target->end->view.first;
    const shk_item *behind = behind_key_exchange(&target->end->view);
    schedule s = {.target = target,
                  .crypto = c->seen->crypto,
                  .hash = shk_observer_prf_hash(f->version, f->suite)};
    s.extended = shk_has_extension(f->server.extensions, SHK_EXT_extended_master_secret);
    try_master(&s);
    if (behind == NULL ||
        (s.extended && !shk_transcript_before(c, target->end, behind, s.hash, s.session_hash)))
        return;
    try_premaster(&s);
}
