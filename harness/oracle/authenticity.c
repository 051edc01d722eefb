/* The oracle of authenticity (oracle/oracles.def): an end that completes got what the other sent,
 * was shown a signature by the key of the certificate, and a Finished that is right. */
#include <string.h>

#include "keys/key_functions.h"
#include "oracle/judge.h"
#include "oracle/signatures.h"

enum { VERIFY_DATA_12 = 12 };

static bool is_message_of(const shk_item *item, bool by_server)
{
    return item->by_server == by_server && shk_is_covered(item);
}

static const shk_item *next_of(const shk_view *view, const shk_item *item, bool by_server)
{
    if (view->count == 0)
        return NULL;
    const shk_item *end = view->items + view->count;
    item = item == NULL ? view->items : item + 1;
    while (item < end && !is_message_of(item, by_server))
        item++;
    return item < end ? item : NULL;
}

/* The first message, up to Finished, in which what one end sent and the other got differ, as the
 * receiver has it: NULL if there is none. `*missing`: something was sent that never came. */
static const shk_item *first_difference(const shk_observation *seen, bool by_server, bool *missing)
{
    const shk_view *sent = &seen->ends[by_server].view;
    const shk_view *got = &seen->ends[!by_server].view;
    const shk_item *a = NULL;
    const shk_item *b = NULL;
    *missing = false;
    do {
        a = next_of(sent, a, by_server);
        b = next_of(got, b, by_server);
        *missing = a != NULL && b == NULL;
        if (b == NULL || b == got->first.finished[by_server] ||
            (a != NULL && a == sent->first.finished[by_server]))
            break;
    } while (a != NULL && shk_span_equal(a->raw, b->raw));
    if (a != NULL && b != NULL && shk_span_equal(a->raw, b->raw))
        return NULL;
    return b;
}

static const char *name_of(const shk_item *item)
{
    return item->id < SHK_MSG_COUNT ? shk_message_rows[item->id].name : "unknown message";
}

/* Something was altered on its way to an end. It must not complete; nor must the sender, if the
 * receiver's Finished covers it. */
static void judge_alteration(shk_case *c, bool by_server)
{
    const shk_observed *sender = &c->seen->ends[by_server];
    const shk_observed *receiver = &c->seen->ends[!by_server];
    bool missing;
    const shk_item *altered = first_difference(c->seen, by_server, &missing);
    if (altered == NULL && !missing)
        return;
    const char *what = altered != NULL ? name_of(altered) : "last message";
    const shk_item *finished = receiver->view.first.finished[!by_server];
    if (shk_is_judged(receiver) && shk_has_completed(receiver))
        shk_raise(c, "RFC 8446 §4.4.4", "the %s completed, though the %s's %s was altered or lost",
                  shk_side_name(!by_server), shk_side_name(by_server), what);
    if (shk_is_judged(sender) && shk_has_completed(sender) && altered != NULL && finished != NULL &&
        altered < finished)
        shk_raise(c, "RFC 8446 §4.4.4",
                  "the %s completed, though its %s came altered, before the %s's Finished",
                  shk_side_name(by_server), what, shk_side_name(!by_server));
}

static void judge_signatures(shk_case *c, size_t side)
{
    const shk_observed *end = &c->seen->ends[side];
    const shk_first_handshake *f = &end->view.first;
    const size_t peer = 1 - side;
    if (shk_has_taken(end, f->verifies[peer]) &&
        shk_certificate_verify_check(c, end, peer == 1) == SHK_SIGNED_WRONG)
        shk_raise(c, "RFC 8446 §4.4.3",
                  "the %s took a CertificateVerify that is not by the certificate's key, or not of "
                  "this handshake",
                  shk_side_name(side));
    if (side == 0 && shk_has_taken(end, f->server_key_exchange) &&
        shk_server_key_exchange_check(c, end) == SHK_SIGNED_WRONG)
        shk_raise(
            c, "RFC 5246 §7.4.3",
            "the client took a ServerKeyExchange that is not signed by the certificate's key");
}

/* The verify_data of TLS 1.3 that the peer's Finished must have. */
static bool verify_data_13(shk_case *c, size_t side, uint8_t *out)
{
    const shk_observed *end = &c->seen->ends[side];
    const shk_first_handshake *f = &end->view.first;
    const size_t peer = 1 - side;
    const shk_hash hash = f->suite->hash;
    const size_t size = shk_hash_size(hash);
    uint8_t secret[SHK_MAX_HASH], key[SHK_MAX_HASH], transcript[SHK_MAX_HASH];
    const size_t len = shk_first_secret(
        c->seen, side,
        peer == 1 ? "SERVER_HANDSHAKE_TRAFFIC_SECRET" : "CLIENT_HANDSHAKE_TRAFFIC_SECRET", secret);
    const shk_span context = shk_span_of(transcript, size);
    if (len == 0)
        shk_unseen(c, "no end tells its secrets");
    return len == size && shk_transcript_before(c, end, f->finished[peer], hash, transcript) &&
           shk_observer_expand(c->seen->crypto, hash, shk_span_of(secret, len), "finished",
                               shk_span_of(NULL, 0), key, size) &&
           shk_observer_hmac(c->seen->crypto, hash, shk_span_of(key, size), &context, 1, out);
}

/* Likewise below (RFC 5246 §7.4.9). */
static bool verify_data_12(shk_case *c, size_t side, uint8_t *out)
{
    const shk_observed *end = &c->seen->ends[side];
    const shk_first_handshake *f = &end->view.first;
    const size_t peer = 1 - side;
    const shk_hash hash = shk_observer_prf_hash(f->version, f->suite);
    uint8_t master[SHK_MAX_HASH], transcript[SHK_MAX_HASH];
    const size_t len = shk_first_secret(c->seen, side, "CLIENT_RANDOM", master);
    if (len == 0)
        shk_unseen(c, "no end tells its secrets");
    return len > 0 && shk_transcript_before(c, end, f->finished[peer], hash, transcript) &&
           shk_observer_prf(c->seen->crypto, hash, shk_span_of(master, len),
                            peer == 1 ? "server finished" : "client finished",
                            shk_span_of(transcript, shk_hash_size(hash)), shk_span_of(NULL, 0), out,
                            VERIFY_DATA_12);
}

static void judge_finished(shk_case *c, size_t side)
{
    const shk_observed *end = &c->seen->ends[side];
    const shk_first_handshake *f = &end->view.first;
    const shk_item *finished = f->finished[1 - side];
    uint8_t expected[SHK_MAX_HASH];
    if (f->suite == NULL || !shk_has_taken(end, finished))
        return;
    const bool is_13 = f->version >= SHK_TLS13;
    if (!(is_13 ? verify_data_13(c, side, expected) : verify_data_12(c, side, expected)))
        return;
    const size_t len = is_13 ? shk_hash_size(f->suite->hash) : (size_t)VERIFY_DATA_12;
    if (!shk_span_equal(shk_item_body(finished), shk_span_of(expected, len)))
        shk_raise(c, "RFC 8446 §4.4.4", "the %s took a Finished whose verify_data is wrong",
                  shk_side_name(side));
}

void shk_judge_authenticity(shk_case *c)
{
    if (c->seen->altered) {
        judge_alteration(c, false);
        judge_alteration(c, true);
    }
    for (size_t side = 0; side < 2; side++)
        if (shk_is_judged(&c->seen->ends[side])) {
            judge_signatures(c, side);
            judge_finished(c, side);
        }
}
