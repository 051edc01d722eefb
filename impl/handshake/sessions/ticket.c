/* Tickets: sessions sealed with a key of the server's (RFC 5077, RFC 8446 §4.6.1). */
#include "handshake/sessions/ticket.h"

#include <string.h>

#include "handshake/state/conn_state.h"
#include "shakedown/config.h"
#include "shakedown/errors.h"
#include "shakedown/session.h"

enum { NONCE = 12, TAG = 16, AEAD_HEAD = SHK_TICKET_KEY_NAME + NONCE };

/* Seals a session with our first key: its name, a nonce, ciphertext and tag. `plain` receives the
 * encoded session. */
static shk_status seal(shk_conn *conn, shk_session *session, shk_buf *plain, shk_buf *out)
{
    const shk_crypto *crypto = conn->crypto;
    const shk_ticket_key *key = &conn->config->ticket_keys[0];
    shk_cipher_key *cipher;
    SHK_TRY(shk_encode(shk_session_shape, NULL, session, plain, NULL));
    SHK_TRY(shk_buf_reserve(out, AEAD_HEAD + plain->len + TAG));
    SHK_TRY(crypto->cipher_new(crypto, SHK_CIPHER_AES_256_GCM, key->key, true, &cipher));
    uint8_t *at = out->data + out->len;
    memcpy(at, key->name, SHK_TICKET_KEY_NAME);
    conn->random.fill(conn->random.context, at + SHK_TICKET_KEY_NAME, NONCE);
    shk_status status =
        crypto->aead_seal(cipher, at + SHK_TICKET_KEY_NAME, shk_span_of(at, SHK_TICKET_KEY_NAME),
                          shk_buf_span(plain), at + AEAD_HEAD);
    crypto->cipher_free(cipher);
    SHK_TRY(status);
    out->len += AEAD_HEAD + plain->len + TAG;
    return SHK_OK;
}

shk_status shk_ticket_seal(shk_conn *conn, shk_session *session, shk_buf *out)
{
    shk_buf plain = shk_buf_growing(conn->allocator);
    shk_status status = seal(conn, session, &plain, out);
    shk_buf_wipe(&plain);
    return status;
}

/* The key a ticket was sealed with, or NULL. */
static const shk_ticket_key *key_of(const shk_config *config, shk_span ticket)
{
    for (size_t i = 0; i < config->ticket_key_count; i++)
        if (memcmp(config->ticket_keys[i].name, ticket.data, SHK_TICKET_KEY_NAME) == 0)
            return &config->ticket_keys[i];
    return NULL;
}

bool shk_ticket_open(shk_conn *conn, shk_span ticket, shk_buf *bytes, shk_session *out)
{
    const shk_crypto *crypto = conn->crypto;
    const shk_config *config = conn->config;
    shk_cipher_key *cipher = NULL;
    bytes->len = 0;
    if (ticket.len < AEAD_HEAD + TAG)
        return false;
    const shk_ticket_key *key = key_of(config, ticket);
    if (key == NULL || shk_buf_reserve(bytes, ticket.len) != SHK_OK ||
        crypto->cipher_new(crypto, SHK_CIPHER_AES_256_GCM, key->key, false, &cipher) != SHK_OK)
        return false;
    bool ok = crypto->aead_open(cipher, ticket.data + SHK_TICKET_KEY_NAME,
                                shk_span_of(ticket.data, SHK_TICKET_KEY_NAME),
                                shk_span_of(ticket.data + AEAD_HEAD, ticket.len - AEAD_HEAD),
                                bytes->data) == SHK_OK;
    crypto->cipher_free(cipher);
    if (!ok)
        return false;
    bytes->len = ticket.len - AEAD_HEAD - TAG;
    return shk_session_read(shk_buf_span(bytes), out);
}
