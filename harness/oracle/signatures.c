/* Verifying signatures as an onlooker (oracle/signatures.h). */
#include "oracle/signatures.h"

#include <string.h>

#include "oracle/cursor.h"

enum { PADDING = 64 };

/* The end entity's certificate in a Certificate message, or the key that came raw. Empty: none. */
static shk_span leaf_of(const shk_first_handshake *f, const shk_item *message)
{
    shk_cursor body = shk_cursor_over(shk_item_body(message));
    if (f->version >= SHK_TLS13)
        (void)shk_cursor_vector(&body, 1); /* certificate_request_context */
    shk_cursor list = shk_cursor_over(shk_cursor_vector(&body, 3));
    return shk_cursor_vector(&list, 3);
}

/* The certificate's key. A key that came raw (RFC 7250 §3) is no certificate; below TLS 1.3 it is
 * not even in a list. */
static shk_public_key *key_of(const shk_crypto *crypto, const shk_first_handshake *f,
                              const shk_item *message)
{
    const shk_chain_check check = {.is_server = message->by_server};
    const shk_span leaf = leaf_of(f, message);
    shk_public_key *key = NULL;
    int64_t until = INT64_MAX;
    if (leaf.len > 0 && crypto->chain(crypto, &leaf, 1, &check, &key, &until) == SHK_OK)
        return key;
    if (leaf.len > 0 && crypto->public_key(crypto, leaf, &key) == SHK_OK)
        return key;
    shk_cursor body = shk_cursor_over(shk_item_body(message));
    const shk_span raw = shk_cursor_vector(&body, 3);
    return crypto->public_key(crypto, raw, &key) == SHK_OK ? key : NULL;
}

static shk_signed verify(shk_case *c, const shk_first_handshake *f, const shk_item *certificate,
                         uint16_t scheme, shk_span content, shk_span signature)
{
    const shk_crypto *crypto = c->seen->crypto;
    const shk_signature_scheme_row *row = shk_signature_scheme_of(scheme);
    if (certificate == NULL)
        return SHK_SIGNED_WRONG;
    if (certificate->id == SHK_MSG_compressed_certificate) {
        shk_unseen(c, "the certificate is compressed");
        return SHK_SIGNED_UNSEEN;
    }
    shk_public_key *key = key_of(crypto, f, certificate);
    if (row == NULL || key == NULL) {
        shk_unseen(c, "the certificate or the scheme cannot be read");
        crypto->public_key_free(key);
        return SHK_SIGNED_UNSEEN;
    }
    const shk_status status = crypto->verify(key, row, content, signature);
    crypto->public_key_free(key);
    return status == SHK_OK ? SHK_SIGNED_RIGHT : SHK_SIGNED_WRONG;
}

/* 64 spaces, the context, a zero, and the hash of what came before (RFC 8446 §4.4.3). */
static shk_signed check_13(shk_case *c, const shk_observed *end, bool of_server, uint16_t scheme,
                           shk_span signature)
{
    static const char *const contexts[2] = {"TLS 1.3, client CertificateVerify",
                                            "TLS 1.3, server CertificateVerify"};
    const shk_first_handshake *f = &end->view.first;
    uint8_t content[PADDING + 40 + SHK_MAX_HASH];
    const size_t context = strlen(contexts[of_server]) + 1;
    memset(content, ' ', PADDING);
    memcpy(content + PADDING, contexts[of_server], context);
    if (!shk_transcript_before(c, end, f->verifies[of_server], f->suite->hash,
                               content + PADDING + context))
        return SHK_SIGNED_UNSEEN;
    const size_t len = PADDING + context + shk_hash_size(f->suite->hash);
    return verify(c, f, f->certificates[of_server], scheme, shk_span_of(content, len), signature);
}

static shk_signed check_12(shk_case *c, const shk_observed *end, bool of_server, uint16_t scheme,
                           shk_span signature)
{
    const shk_first_handshake *f = &end->view.first;
    shk_buf messages = shk_buf_growing(&shk_libc_allocator);
    shk_signed found = SHK_SIGNED_UNSEEN;
    if (shk_messages_before(end, f->verifies[of_server], &messages))
        found =
            verify(c, f, f->certificates[of_server], scheme, shk_buf_span(&messages), signature);
    shk_buf_free(&messages);
    return found;
}

shk_signed shk_certificate_verify_check(shk_case *c, const shk_observed *end, bool of_server)
{
    const shk_first_handshake *f = &end->view.first;
    if (f->suite == NULL)
        return SHK_SIGNED_UNSEEN;
    if (f->version < SHK_TLS12) {
        shk_unseen(c, "a signature below TLS 1.2 names no scheme");
        return SHK_SIGNED_UNSEEN;
    }
    shk_cursor body = shk_cursor_over(shk_item_body(f->verifies[of_server]));
    const uint16_t scheme = (uint16_t)shk_cursor_number(&body, 2);
    const shk_span signature = shk_cursor_vector(&body, 2);
    return f->version >= SHK_TLS13 ? check_13(c, end, of_server, scheme, signature)
                                   : check_12(c, end, of_server, scheme, signature);
}

bool shk_read_server_key_exchange(const shk_first_handshake *f, shk_seen_key_exchange *out)
{
    const uint8_t form = f->suite != NULL ? (uint8_t)f->suite->key_exchange : 0;
    memset(out, 0, sizeof *out);
    if (f->server_key_exchange == NULL)
        return false;
    const shk_span body = shk_item_body(f->server_key_exchange);
    shk_cursor cursor = shk_cursor_over(body);
    if ((form & SHK_FORM_PSK) != 0)
        (void)shk_cursor_vector(&cursor, 2);
    const uint8_t *start = cursor.rest.data;
    if ((form & SHK_FORM_ECDHE) != 0) {
        (void)shk_cursor_number(&cursor, 1);
        out->curve = (uint16_t)shk_cursor_number(&cursor, 2);
        (void)shk_cursor_vector(&cursor, 1);
    } else if ((form & SHK_FORM_DHE) != 0) {
        for (int i = 0; i < 3; i++)
            (void)shk_cursor_vector(&cursor, 2);
    }
    out->params = shk_span_of(start, body.len - cursor.rest.len - (size_t)(start - body.data));
    if (cursor.rest.len > 0 && f->version >= SHK_TLS12)
        out->scheme = (uint16_t)shk_cursor_number(&cursor, 2);
    if (cursor.rest.len > 0)
        out->signature = shk_cursor_vector(&cursor, 2);
    return !cursor.failed;
}

shk_signed shk_server_key_exchange_check(shk_case *c, const shk_observed *client)
{
    const shk_first_handshake *f = &client->view.first;
    const shk_hello *hello = shk_last_client_hello(f);
    shk_seen_key_exchange seen;
    if (f->suite == NULL || hello == NULL) {
        shk_unseen(c, "the hellos, or the suite, cannot be read");
        return SHK_SIGNED_UNSEEN;
    }
    if (!shk_suite_certified(f->suite) || shk_suite_has_psk(f->suite))
        return SHK_SIGNED_RIGHT;
    if (!shk_read_server_key_exchange(f, &seen) || seen.signature.len == 0)
        return SHK_SIGNED_WRONG;
    if (f->version < SHK_TLS12) {
        shk_unseen(c, "a signature below TLS 1.2 names no scheme");
        return SHK_SIGNED_UNSEEN;
    }
    shk_buf content = shk_buf_growing(&shk_libc_allocator);
    shk_signed found = SHK_SIGNED_UNSEEN;
    if (shk_buf_append(&content, hello->random) == SHK_OK &&
        shk_buf_append(&content, f->server.random) == SHK_OK &&
        shk_buf_append(&content, seen.params) == SHK_OK)
        found =
            verify(c, f, f->certificates[1], seen.scheme, shk_buf_span(&content), seen.signature);
    shk_buf_free(&content);
    return found;
}
