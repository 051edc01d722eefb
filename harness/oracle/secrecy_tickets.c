/* Guessing what a ticket holds (oracle/secrecy.h): the key that seals it, in the formats of RFC
 * 5077 §4 and of AEAD, and the master secret in it as it is. */
#include <string.h>

#include "keys/key_functions.h"
#include "oracle/cursor.h"
#include "oracle/secrecy.h"

enum { NAME = 16, NONCE = 12, TAG = 16, MAX_KEY = 32, FILLS = 3 };

static const struct {
    const char *words;
    uint8_t fill;
} fills[FILLS] = {{"zeros", 0}, {"bytes 0xff", 0xff}, {"bytes 1", 1}};

static shk_span ticket_of(const shk_item *item)
{
    shk_cursor body = shk_cursor_over(shk_item_body(item));
    (void)shk_cursor_number(&body, 4);
    if (item->id == SHK_MSG_new_session_ticket) {
        (void)shk_cursor_number(&body, 4);
        (void)shk_cursor_vector(&body, 1);
    }
    return shk_cursor_vector(&body, 2);
}

/* A MAC over all that stands before it (RFC 5077 §4; with SHA-1 as GnuTLS has it). */
static bool has_mac(const shk_crypto *crypto, shk_hash hash, shk_span ticket, uint8_t fill)
{
    const size_t size = shk_hash_size(hash);
    uint8_t key[SHK_MAX_HASH], mac[SHK_MAX_HASH];
    memset(key, fill, sizeof key);
    if (ticket.len <= size)
        return false;
    const shk_span sealed = shk_span_of(ticket.data, ticket.len - size);
    return shk_observer_hmac(crypto, hash, shk_span_of(key, size), &sealed, 1, mac) &&
           memcmp(mac, ticket.data + sealed.len, size) == 0;
}

/* AES-GCM behind a name of `skip` bytes, and a nonce. */
static bool opens(const shk_crypto *crypto, shk_cipher cipher, shk_span ticket, size_t skip,
                  uint8_t fill, shk_buf *out)
{
    uint8_t key[MAX_KEY];
    shk_cipher_key *opener = NULL;
    const size_t at = skip + NONCE;
    memset(key, fill, sizeof key);
    out->len = 0;
    if (ticket.len <= at + TAG || shk_buf_reserve(out, ticket.len) != SHK_OK ||
        crypto->cipher_new(crypto, cipher, key, false, &opener) != SHK_OK)
        return false;
    const shk_span sealed = shk_span_of(ticket.data + at, ticket.len - at);
    const size_t additional[3] = {0, skip, at};
    bool ok = false;
    for (size_t i = 0; !ok && i < 3; i++)
        ok = crypto->aead_open(opener, ticket.data + skip, shk_span_of(ticket.data, additional[i]),
                               sealed, out->data) == SHK_OK;
    crypto->cipher_free(opener);
    return ok;
}

static bool is_sealed_by(const shk_crypto *crypto, shk_span ticket, uint8_t fill, shk_buf *out)
{
    return has_mac(crypto, SHK_HASH_SHA256, ticket, fill) ||
           has_mac(crypto, SHK_HASH_SHA1, ticket, fill) ||
           opens(crypto, SHK_CIPHER_AES_256_GCM, ticket, NAME, fill, out) ||
           opens(crypto, SHK_CIPHER_AES_128_GCM, ticket, NAME, fill, out) ||
           opens(crypto, SHK_CIPHER_AES_256_GCM, ticket, 0, fill, out);
}

static void judge_ticket(shk_case *c, shk_span ticket)
{
    uint8_t master[SHK_MAX_HASH];
    shk_buf out = shk_buf_growing(&shk_libc_allocator);
    for (size_t i = 0; i < FILLS; i++)
        if (is_sealed_by(c->seen->crypto, ticket, fills[i].fill, &out))
            shk_raise(c, "RFC 5077 §5.5", "the server's ticket is sealed by a key of %s",
                      fills[i].words);
    const size_t len = shk_first_secret(c->seen, 1, "CLIENT_RANDOM", master);
    if (shk_holds(ticket, shk_span_of(master, len)))
        shk_raise(c, "RFC 5077 §5.5", "the server's ticket holds the master secret as it is");
    shk_buf_wipe(&out);
}

/* The first ticket stands for all. */
void shk_secrecy_tickets(shk_case *c)
{
    const shk_observed *server = &c->seen->ends[1];
    if (!shk_is_judged(server))
        return;
    for (size_t i = 0; i < server->view.count; i++) {
        const shk_item *item = &server->view.items[i];
        if (shk_item_is(item, SHK_MSG_new_session_ticket) ||
            shk_item_is(item, SHK_MSG_new_session_ticket_12)) {
            judge_ticket(c, ticket_of(item));
            return;
        }
    }
}
