/* The client-facing server of Encrypted ClientHello (RFC 9849 §7.1), which is its own backend
 * (handshake/hello/ech_common.h). */
#include "handshake/hello/ech_server.h"

#include <string.h>

#include "extensions/ech_outer_extensions.h"
#include "extensions/supported_versions.h"
#include "handshake/hello/ech_common.h"
#include "handshake/hello/ech_configs.h"
#include "handshake/state/handshake.h"
#include "shakedown/ech.h"
#include "shakedown/errors.h"
#include "wire/vector.h"

/* The outer ClientHello's body with zeros for the payload, which is what else is authenticated
 * (§5.2). */
static shk_status additional_data(const shk_received *message, shk_span payload, shk_buf *out)
{
    shk_span body = message->bytes;
    SHK_TRY(shk_buf_append(out, body));
    memset(out->data + (payload.data - body.data), 0, payload.len);
    return SHK_OK;
}

/* Opens the payload with the HPKE context there is; `out` receives EncodedClientHelloInner, and
 * `additional`, which is empty, the additional data. */
static shk_status open_payload(shk_conn *conn, const shk_received *message, shk_span payload,
                               shk_buf *additional, shk_buf *out)
{
    SHK_TRY(additional_data(message, payload, additional));
    out->len = 0;
    SHK_TRY(shk_buf_reserve(out, payload.len));
    SHK_TRY(
        shk_hpke_open(&conn->handshake->ech.hpke, shk_buf_span(additional), payload, out->data));
    out->len = payload.len - SHK_HPKE_TAG;
    return SHK_OK;
}

static shk_status decrypt(shk_conn *conn, const shk_received *message,
                          const shk_encrypted_client_hello *m, shk_buf *out)
{
    shk_buf additional = shk_buf_growing(conn->allocator);
    shk_status status = open_payload(conn, message, m->payload, &additional, out);
    shk_buf_free(&additional);
    return status;
}

static bool has_suite(const shk_ech_config *config, const shk_hpke_symmetric_cipher_suite *wanted)
{
    shk_hpke_symmetric_cipher_suite suite;
    shk_span list = config->cipher_suites;
    while (shk_list_next(&list, NULL, shk_hpke_symmetric_cipher_suite_shape, &suite))
        if (suite.kdf_id == wanted->kdf_id && suite.aead_id == wanted->aead_id)
            return true;
    return false;
}

/* Whether an attempt failed for what the client sent, so that another key may do. */
static bool is_fault_of_client(shk_status status)
{
    return status == SHK_E_BAD_RECORD_MAC || status == SHK_E_BAD_KEY_SHARE;
}

/* The HPKE context for a configuration; `info` is empty. */
static shk_status begin_hpke(shk_conn *conn, const shk_ech_key *key, shk_span config, shk_span enc,
                             shk_buf *info)
{
    shk_ech *ech = &conn->handshake->ech;
    shk_hpke_end(&ech->hpke);
    SHK_TRY(shk_ech_info(config, info));
    return shk_hpke_receiver(conn->crypto, ech->suite, key->private_key, enc, shk_buf_span(info),
                             &ech->hpke);
}

static shk_status try_config(shk_conn *conn, const shk_ech_key *key, shk_span config,
                             const shk_received *message, const shk_encrypted_client_hello *m,
                             shk_buf *out)
{
    shk_buf info = shk_buf_growing(conn->allocator);
    shk_status status = begin_hpke(conn, key, config, m->enc, &info);
    shk_buf_free(&info);
    SHK_TRY(status);
    return decrypt(conn, message, m, out);
}

/* Tries the keys whose configurations go by the id and have the suite. None is no error. */
static shk_status find_key(shk_conn *conn, const shk_received *message,
                           const shk_encrypted_client_hello *m, shk_buf *out)
{
    shk_ech *ech = &conn->handshake->ech;
    ech->status = SHK_ECH_REJECTED;
    for (size_t i = 0; i < conn->config->ech_key_count; i++) {
        const shk_ech_key *key = &conn->config->ech_keys[i];
        shk_ech_config config;
        shk_span list = shk_ech_list(key->configs), whole;
        while (shk_ech_next_usable(conn->crypto, &list, &config, &ech->suite, &whole)) {
            ech->suite =
                (shk_hpke_suite){config.kem_id, m->cipher_suite.kdf_id, m->cipher_suite.aead_id};
            if (config.config_id != m->config_id || !has_suite(&config, &m->cipher_suite) ||
                !shk_hpke_usable(conn->crypto, ech->suite))
                continue;
            shk_status status = try_config(conn, key, whole, message, m, out);
            if (is_fault_of_client(status))
                continue;
            SHK_TRY(status);
            ech->status = SHK_ECH_ACCEPTED;
            return SHK_OK;
        }
    }
    return SHK_OK;
}

/* The extensions that ech_outer_extensions stands for, from the outer hello and in its order
 * (§5.1). */
static shk_status take_outer(shk_conn *conn, shk_span types, shk_span outer, shk_buf *out)
{
    shk_raw_extension e = {0, {NULL, 0}};
    for (size_t i = 0; i < types.len / 2; i++) {
        uint16_t type = shk_u16_at(types, i);
        bool found = false;
        while (!found && shk_extension_next(&outer, &e))
            found = e.extension_type == type;
        if (!found || shk_extension_identify(type) == SHK_EXT_encrypted_client_hello)
            return shk_conn_fail_field(conn, "outer_extensions", SHK_E_ECH_OUTER_EXTENSIONS);
        SHK_TRY(shk_encode(shk_raw_extension_shape, NULL, &e, out, NULL));
    }
    return SHK_OK;
}

static shk_status expand(shk_conn *conn, const shk_extension_block *block, shk_span outer,
                         shk_buf *out)
{
    shk_raw_extension e;
    shk_ech_outer_extensions list;
    shk_extension_get(block, SHK_EXT_ech_outer_extensions, SHK_IN_CLIENT_HELLO, &list);
    for (shk_span rest = block->raw; shk_extension_next(&rest, &e);) {
        if (shk_extension_identify(e.extension_type) == SHK_EXT_ech_outer_extensions)
            SHK_TRY(take_outer(conn, list.outer_extensions, outer, out));
        else
            SHK_TRY(shk_encode(shk_raw_extension_shape, NULL, &e, out, NULL));
    }
    return SHK_OK;
}

/* EncodedClientHelloInner: a ClientHello without session id, and zeros (§5.1). */
static shk_status decode(shk_conn *conn, shk_span encoded, shk_client_hello *out)
{
    shk_codec c = shk_decoder(NULL, encoded);
    shk_client_hello_shape(&c, out);
    if (shk_failed(&c)) {
        conn->failure.fault = c.fault;
        return c.broken == shk_extension_rows[SHK_EXT_encrypted_client_hello].value
                   ? shk_conn_fail_field(conn, "encrypted_client_hello", SHK_E_ECH_INNER)
                   : c.fault.status;
    }
    if (out->legacy_session_id.len > 0)
        return shk_conn_fail_field(conn, "legacy_session_id", SHK_E_ECH_SESSION_ID);
    for (size_t i = c.pos; i < encoded.len; i++)
        if (encoded.data[i] != 0)
            return shk_conn_fail_field(conn, "zeros", SHK_E_ECH_PADDING);
    return SHK_OK;
}

/* What an inner hello must say of itself (§7.1). */
static shk_status check_inner(shk_conn *conn, const shk_client_hello *inner)
{
    shk_encrypted_client_hello mark;
    shk_supported_versions m;
    bool marked = shk_extension_get(&inner->extensions, SHK_EXT_encrypted_client_hello,
                                    SHK_IN_CLIENT_HELLO, &mark);
    if (!marked || mark.type != SHK_ECH_INNER)
        return shk_conn_fail_field(conn, "encrypted_client_hello", SHK_E_ECH_INNER);
    shk_extension_get(&inner->extensions, SHK_EXT_supported_versions, SHK_IN_CLIENT_HELLO, &m);
    bool offers_13 = false, offers_less = false;
    for (size_t i = 0; i < m.versions.len / 2; i++) {
        uint16_t version = shk_u16_at(m.versions, i);
        offers_13 |= version == SHK_TLS13;
        offers_less |= version >= SHK_SSL30 && version < SHK_TLS13;
    }
    if (!offers_13 || offers_less)
        return shk_conn_fail_field(conn, "supported_versions", SHK_E_ECH_INNER_VERSION);
    return SHK_OK;
}

/* Writes the inner hello out as the message that the client hashed: with the outer's session id and
 * the extensions they share, of which `raw` receives the block. */
static shk_status write_inner(shk_conn *conn, const shk_client_hello *outer, shk_span encoded,
                              shk_buf *raw, shk_buf *out)
{
    uint8_t header[4] = {shk_message_rows[SHK_MSG_client_hello].value, 0, 0, 0};
    shk_client_hello m;
    SHK_TRY(decode(conn, encoded, &m));
    SHK_TRY(expand(conn, &m.extensions, outer->extensions.raw, raw));
    m.legacy_session_id = outer->legacy_session_id;
    m.extensions = shk_extension_block_of(raw);
    out->len = 0;
    SHK_TRY(shk_buf_append(out, shk_span_of(header, sizeof header)));
    SHK_TRY(shk_encode(shk_message_rows[SHK_MSG_client_hello].layout->shape, NULL, &m, out, NULL));
    size_t len = out->len - sizeof header;
    out->data[1] = (uint8_t)(len >> 16);
    out->data[2] = (uint8_t)(len >> 8);
    out->data[3] = (uint8_t)len;
    return SHK_OK;
}

static shk_status read_inner(shk_conn *conn, shk_span encoded, const shk_received **message)
{
    shk_ech *ech = &conn->handshake->ech;
    const shk_client_hello *outer = SHK_MESSAGE_BODY(*message, client_hello);
    shk_buf extensions = shk_buf_growing(conn->allocator);
    shk_status status = write_inner(conn, outer, encoded, &extensions, &ech->inner);
    shk_buf_free(&extensions);
    SHK_TRY(status);
    shk_span raw = shk_buf_span(&ech->inner);
    SHK_TRY(shk_decode(shk_message_rows[SHK_MSG_client_hello].layout->shape, NULL,
                       shk_span_of(raw.data + 4, raw.len - 4), &ech->inner_hello,
                       &conn->failure.fault));
    SHK_TRY(check_inner(conn, &ech->inner_hello));
    ech->inner_received = (shk_received){SHK_MSG_client_hello, raw,
                                         shk_span_of(raw.data + 4, raw.len - 4), &ech->inner_hello};
    *message = &ech->inner_received;
    if (conn->config->observer != NULL) {
        shk_form form = shk_form_of(conn);
        conn->config->observer(conn->config->observer_context, false, SHK_MSG_client_hello, &form,
                               raw);
    }
    return SHK_OK;
}

/* ech_outer_extensions stands in no outer hello, and so in no inner one that is made of it (§5.1).
 */
static shk_status check_outer(shk_conn *conn, const shk_client_hello *outer)
{
    return shk_extension_in(&outer->extensions, SHK_EXT_ech_outer_extensions)
               ? shk_conn_fail_field(conn, "ech_outer_extensions", SHK_E_EXTENSION_PLACE)
               : SHK_OK;
}

/* `encoded` receives EncodedClientHelloInner, if one of our keys opens it. */
static shk_status open_first(shk_conn *conn, const shk_encrypted_client_hello *m, shk_buf *encoded,
                             const shk_received **message)
{
    shk_ech *ech = &conn->handshake->ech;
    SHK_TRY(find_key(conn, *message, m, encoded));
    ech->config_id = m->config_id;
    if (ech->status != SHK_ECH_ACCEPTED)
        return SHK_OK;
    SHK_TRY(read_inner(conn, shk_buf_span(encoded), message));
    conn->negotiated.ech_accepted = true;
    return SHK_OK;
}

shk_status shk_ech_open(shk_conn *conn, const shk_received **message)
{
    const shk_client_hello *outer = SHK_MESSAGE_BODY(*message, client_hello);
    shk_encrypted_client_hello m;
    if (conn->config->ech_key_count == 0 || conn->max_version < SHK_TLS13 ||
        !shk_extension_get(&outer->extensions, SHK_EXT_encrypted_client_hello, SHK_IN_CLIENT_HELLO,
                           &m))
        return SHK_OK;
    if (m.type == SHK_ECH_INNER)
        return shk_conn_fail_field(conn, "type", SHK_E_ECH_INNER_ALONE);
    SHK_TRY(check_outer(conn, outer));
    shk_buf encoded = shk_buf_growing(conn->allocator);
    shk_status status = open_first(conn, &m, &encoded, message);
    shk_buf_free(&encoded);
    return status;
}

/* The context of the first hello goes on: what it does not open is a failure (§7.1.1). */
static shk_status open_second(shk_conn *conn, const shk_encrypted_client_hello *m, shk_buf *encoded,
                              const shk_received **message)
{
    shk_status status = decrypt(conn, *message, m, encoded);
    if (status == SHK_E_BAD_RECORD_MAC)
        return shk_conn_fail_field(conn, "payload", SHK_E_ECH_DECRYPT);
    SHK_TRY(status);
    return read_inner(conn, shk_buf_span(encoded), message);
}

shk_status shk_ech_open_second(shk_conn *conn, const shk_received **message)
{
    const shk_ech *ech = &conn->handshake->ech;
    const shk_client_hello *outer = SHK_MESSAGE_BODY(*message, client_hello);
    shk_encrypted_client_hello m;
    if (ech->status != SHK_ECH_ACCEPTED)
        return SHK_OK;
    if (!shk_extension_get(&outer->extensions, SHK_EXT_encrypted_client_hello, SHK_IN_CLIENT_HELLO,
                           &m))
        return shk_conn_fail_field(conn, "encrypted_client_hello", SHK_E_MISSING_EXTENSION);
    if (m.type != SHK_ECH_OUTER || m.config_id != ech->config_id || m.enc.len != 0 ||
        m.cipher_suite.kdf_id != ech->suite.kdf_id || m.cipher_suite.aead_id != ech->suite.aead_id)
        return shk_conn_fail_field(conn, "encrypted_client_hello", SHK_E_ECH_SECOND_HELLO);
    SHK_TRY(check_outer(conn, outer));
    shk_buf encoded = shk_buf_growing(conn->allocator);
    shk_status status = open_second(conn, &m, &encoded, message);
    shk_buf_free(&encoded);
    return status;
}

/* Adds a message to `state`; `encoded` receives its body. */
static shk_status hash_message(shk_conn *conn, shk_hash_state *state, shk_message id, void *body,
                               shk_buf *encoded)
{
    shk_form form = shk_form_of(conn);
    SHK_TRY(shk_encode(shk_message_rows[id].layout->shape, &form, body, encoded, NULL));
    const uint8_t header[4] = {shk_message_rows[id].value, (uint8_t)(encoded->len >> 16),
                               (uint8_t)(encoded->len >> 8), (uint8_t)encoded->len};
    SHK_TRY(conn->crypto->hash_update(state, shk_span_of(header, sizeof header)));
    return conn->crypto->hash_update(state, shk_buf_span(encoded));
}

/* `state` is a copy of the transcript's, for us to use. */
static shk_status confirm(shk_conn *conn, shk_hash_state *state, shk_message id, void *body,
                          shk_buf *encoded, uint8_t *at)
{
    memset(at, 0, SHK_ECH_CONFIRMATION);
    SHK_TRY(hash_message(conn, state, id, body, encoded));
    return shk_ech_confirmation(conn, conn->suite->hash, state, id == SHK_MSG_hello_retry_request,
                                at);
}

shk_status shk_ech_confirm(shk_conn *conn, shk_message id, void *body, uint8_t *at)
{
    shk_buf encoded = shk_buf_growing(conn->allocator);
    shk_hash_state *state;
    SHK_TRY(shk_transcript_copy_hash(&conn->handshake->transcript, &state));
    shk_status status = confirm(conn, state, id, body, &encoded, at);
    conn->crypto->hash_free(state);
    shk_buf_free(&encoded);
    return status;
}
