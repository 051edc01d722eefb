/* The life of a handshake in progress and the helpers that all machines share
 * (handshake/state/handshake.h). */
#include "handshake/state/handshake.h"

#include <stdio.h>
#include <string.h>

enum { MAX_MESSAGE = 0xffffff /* bytes, in a length of three */ };

shk_status shk_handshake_new(shk_conn *conn)
{
    shk_handshake *hs = (shk_handshake *)shk_new(conn->allocator, sizeof *hs);
    if (hs == NULL)
        return SHK_E_NO_MEMORY;
    shk_transcript_init(&hs->transcript, conn->crypto, conn->allocator);
    hs->hello = shk_buf_growing(conn->allocator);
    shk_ech_init(&hs->ech, conn->allocator);
    hs->cookie = shk_buf_growing(conn->allocator);
    hs->request = shk_buf_growing(conn->allocator);
    hs->peer_chain = shk_buf_growing(conn->allocator);
    hs->peer_share = shk_buf_growing(conn->allocator);
    hs->ticket_bytes = shk_buf_growing(conn->allocator);
    hs->dh_p = shk_buf_growing(conn->allocator);
    hs->dh_g = shk_buf_growing(conn->allocator);
    hs->imported = shk_buf_growing(conn->allocator);
    if (!conn->config->is_server && !shk_session_read(conn->config->session, &hs->session))
        hs->session.version = 0;
    conn->handshake = hs;
    return SHK_OK;
}

void shk_handshake_free(shk_conn *conn)
{
    shk_handshake *hs = conn->handshake;
    if (hs == NULL)
        return;
    for (size_t i = 0; i < hs->pair_count; i++) {
        conn->crypto->ephemeral_free(hs->pairs[i].key);
        shk_buf_free(&hs->pairs[i].public_value);
    }
    conn->crypto->public_key_free(hs->peer_key);
    shk_transcript_free(&hs->transcript);
    shk_ech_free(&hs->ech);
    shk_buf_free(&hs->hello);
    shk_buf_free(&hs->cookie);
    shk_buf_free(&hs->request);
    shk_buf_free(&hs->peer_chain);
    shk_buf_free(&hs->peer_share);
    shk_buf_wipe(&hs->ticket_bytes);
    shk_buf_free(&hs->dh_p);
    shk_buf_free(&hs->dh_g);
    shk_buf_free(&hs->imported);
    shk_protection_free(hs->pending_read);
    shk_protection_free(hs->pending_write);
    shk_wipe(hs, sizeof *hs);
    shk_delete(conn->allocator, hs, sizeof *hs);
    conn->handshake = NULL;
}

shk_form shk_form_of(const shk_conn *conn)
{
    shk_form form = {.version = conn->info.version, .verify_length = SHK_VERIFY_DATA_12};
    if (conn->suite == NULL)
        return form;
    form.key_exchange = shk_suite_form(conn->suite);
    if (conn->info.version >= SHK_TLS13)
        form.verify_length = (uint8_t)shk_hash_size(conn->suite->hash);
    return form;
}

/* What does not fit is no fault of the peer's, which the codec's own errors would tell it. */
static shk_status encode(shk_conn *conn, const shk_message_row *row, const shk_form *form,
                         void *body, shk_buf *out)
{
    shk_fault fault = {SHK_OK, 0, NULL};
    shk_status status = shk_encode(row->layout->shape, form, body, out, &fault);
    if (status == SHK_OK || status == SHK_E_NO_MEMORY)
        return status;
    conn->failure.message = row->name;
    return shk_conn_fail_field(conn, fault.field, SHK_E_OWN_MESSAGE);
}

shk_status shk_add_message(shk_conn *conn, shk_message id, void *body, bool hashed, shk_buf *flight)
{
    const shk_message_row *row = &shk_message_rows[id];
    uint8_t header[4] = {row->value, 0, 0, 0};
    shk_form form = shk_form_of(conn);
    if (id == SHK_MSG_certificate_12)
        form.certificate_type = conn->own_certificate_type;
    size_t start = flight->len;
    SHK_TRY(shk_buf_append(flight, shk_span_of(header, sizeof header)));
    SHK_TRY(encode(conn, row, &form, body, flight));
    size_t len = flight->len - start - sizeof header;
    if (len > MAX_MESSAGE)
        return shk_conn_fail_field(conn, "length", SHK_E_OWN_MESSAGE);
    flight->data[start + 1] = (uint8_t)(len >> 16);
    flight->data[start + 2] = (uint8_t)(len >> 8);
    flight->data[start + 3] = (uint8_t)len;
    if (conn->config->observer != NULL)
        conn->config->observer(conn->config->observer_context, true, id, &form,
                               shk_span_of(flight->data + start, flight->len - start));
    if (!hashed || conn->handshake == NULL)
        return SHK_OK;
    return shk_transcript_add(&conn->handshake->transcript,
                              shk_span_of(flight->data + start, flight->len - start));
}

shk_status shk_send_flight(shk_conn *conn, shk_buf *flight)
{
    shk_status status = shk_conn_send(conn, SHK_HANDSHAKE, shk_buf_span(flight));
    shk_buf_free(flight);
    return status;
}

/* Messages that no Finished covers (RFC 8446 §4.4, RFC 5246 §7.4.1.1). */
static bool is_hashed(shk_message id)
{
    return id != SHK_MSG_key_update && id != SHK_MSG_new_session_ticket &&
           id != SHK_MSG_hello_request;
}

shk_status shk_send_message(shk_conn *conn, shk_message id, void *body)
{
    shk_buf flight = shk_buf_growing(conn->allocator);
    shk_status status = shk_add_message(conn, id, body, is_hashed(id), &flight);
    if (status == SHK_OK)
        return shk_send_flight(conn, &flight);
    shk_buf_free(&flight);
    return status;
}

shk_status shk_new_key_pair(shk_conn *conn, size_t share, shk_key_pair **out)
{
    shk_handshake *hs = conn->handshake;
    if (hs->pair_count == SHK_MAX_KEY_SHARES)
        return SHK_E_INTERNAL;
    shk_key_pair *pair = &hs->pairs[hs->pair_count++];
    pair->public_value = shk_buf_growing(conn->allocator);
    SHK_TRY(shk_buf_reserve(&pair->public_value, share));
    pair->public_value.len = share;
    *out = pair;
    return SHK_OK;
}

shk_status shk_add_key_pair(shk_conn *conn, uint16_t group)
{
    shk_key_pair *pair;
    SHK_TRY(shk_new_key_pair(conn, shk_group_of(group)->share, &pair));
    pair->group = group;
    return conn->crypto->ephemeral_new(conn->crypto, group, &conn->random, &pair->key,
                                       pair->public_value.data);
}

shk_status shk_agree(shk_conn *conn, uint16_t group, shk_span peer)
{
    shk_handshake *hs = conn->handshake;
    for (size_t i = 0; i < hs->pair_count; i++) {
        if (hs->pairs[i].group != group)
            continue;
        hs->shared_secret_len = shk_group_of(group)->secret;
        return conn->crypto->ephemeral_agree(hs->pairs[i].key, peer, hs->shared_secret);
    }
    return SHK_E_INTERNAL;
}

shk_status shk_answer_share(shk_conn *conn, const shk_group_row *group, shk_span peer)
{
    shk_handshake *hs = conn->handshake;
    shk_key_pair *pair;
    if (peer.len != group->share) /* RFC 8446 §4.2.8.1: with leading zeros */
        return SHK_E_BAD_KEY_SHARE;
    if (group->kind != SHK_GROUP_HYBRID) {
        SHK_TRY(shk_add_key_pair(conn, group->value));
        return shk_agree(conn, group->value, peer);
    }
    SHK_TRY(shk_new_key_pair(conn, group->answer, &pair));
    pair->group = group->value;
    hs->shared_secret_len = group->secret;
    return conn->crypto->encapsulate(conn->crypto, group->value, &conn->random, peer,
                                     pair->public_value.data, hs->shared_secret);
}

void shk_set_suite(shk_conn *conn, const shk_suite_row *suite)
{
    conn->suite = suite;
    conn->info.suite = suite->value;
}

void shk_authenticated_by_psk(shk_conn *conn, const shk_external_psk *psk)
{
    conn->info.external_psk = true;
    conn->info.peer_verified = true;
    conn->peer.by_external_psk = true;
    conn->peer.psk = psk;
}

void shk_connected(shk_conn *conn)
{
    conn->info.connected = true;
    if (conn->renegotiating) {
        conn->info.renegotiations++;
        shk_use_new_limits(conn);
    }
    conn->renegotiating = false;
    shk_keep_transcript(conn);
    shk_handshake_free(conn);
    shk_buf_free(&conn->reassembly);
}

const uint8_t shk_downgrade_mark[7] = {0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44};

int64_t shk_conn_now_ms(shk_conn *conn)
{
    const shk_clock *clock = &conn->config->clock;
    if (!conn->clock_read)
        conn->now_ms = clock->now_ms(clock->context);
    conn->clock_read = true;
    return conn->now_ms;
}

shk_hash shk_prf_hash(const shk_conn *conn)
{
    return conn->info.version < SHK_TLS12 ? SHK_HASH_MD5_SHA1 : conn->suite->hash;
}

bool shk_suite_usable(const shk_conn *conn, uint16_t suite, uint16_t min, uint16_t max)
{
    const shk_suite_row *row = shk_suite_of(suite);
    return row->min_version <= max && row->max_version >= min &&
           (!shk_suite_has_psk(row) || conn->config->psk_count > 0) &&
           conn->crypto->has_cipher(conn->crypto, row->cipher);
}

bool shk_group_usable(const shk_conn *conn, uint16_t group, uint16_t min, uint16_t max)
{
    const shk_group_row *row = shk_group_of(group);
    return row->min_version <= max && row->max_version >= min &&
           conn->crypto->has_group(conn->crypto, group);
}

bool shk_u16s_have(const shk_u16s *list, uint16_t value)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->values[i] == value)
            return true;
    return false;
}

bool shk_version_enabled(const shk_conn *conn, uint16_t version)
{
    return version >= conn->min_version && version <= conn->max_version;
}

shk_status shk_send_change_cipher_spec(shk_conn *conn)
{
    static const uint8_t one[1] = {1};
    return shk_conn_send(conn, SHK_CHANGE_CIPHER_SPEC, shk_span_of(one, 1));
}

shk_status shk_send_compatibility(shk_conn *conn)
{
    shk_handshake *hs = conn->handshake;
    if (hs->session_id_len == 0 || hs->compatibility_sent)
        return SHK_OK;
    hs->compatibility_sent = true;
    return shk_send_change_cipher_spec(conn);
}

/* NSS key log format: label, client random, secret, in hex. */
void shk_log_secret(const shk_conn *conn, const char *label, const uint8_t *secret, size_t len)
{
    char line[32 + 2 * 32 + 2 * SHK_MAX_HASH + 4];
    if (conn->config->key_log == NULL)
        return;
    int at = snprintf(line, sizeof line, "%s ", label);
    for (size_t i = 0; i < sizeof conn->client_random; i++)
        at += snprintf(line + at, sizeof line - (size_t)at, "%02x", conn->client_random[i]);
    at += snprintf(line + at, sizeof line - (size_t)at, " ");
    for (size_t i = 0; i < len; i++)
        at += snprintf(line + at, sizeof line - (size_t)at, "%02x", secret[i]);
    conn->config->key_log(conn->config->key_log_context, line);
    shk_wipe(line, sizeof line);
}

shk_status shk_give_session(shk_conn *conn, shk_session *session)
{
    shk_buf bytes = shk_buf_growing(conn->allocator);
    shk_status status = shk_encode(shk_session_shape, NULL, session, &bytes, NULL);
    if (status == SHK_OK)
        conn->config->session_sink(conn->config->session_sink_context, shk_buf_span(&bytes));
    conn->has_session |= status == SHK_OK;
    shk_buf_wipe(&bytes);
    return status;
}

/* Conditions of the flow tables. */

bool shk_if_always(const shk_conn *conn)
{
    (void)conn;
    return true;
}

/* Our close_notify is sent: what would have to be answered is read, and not (RFC 8446 §6.1). */
bool shk_if_write_closed(const shk_conn *conn)
{
    return conn->close_sent;
}

bool shk_if_tls13(const shk_conn *conn)
{
    return conn->info.version >= SHK_TLS13;
}

bool shk_if_with_psk(const shk_conn *conn)
{
    return conn->handshake->psk_len > 0;
}

bool shk_if_certificate_requested(const shk_conn *conn)
{
    return conn->handshake->client_authentication;
}

bool shk_if_certificate_sent(const shk_conn *conn)
{
    return conn->handshake->credential != NULL; /* which is chosen where one is asked for */
}

bool shk_if_certified(const shk_conn *conn)
{
    return shk_suite_certified(conn->suite);
}

/* ServerKeyExchange: always with (EC)DHE, with a hint else in PSK suites (RFC 4279 §2 to §4), never
 * with RSA. */
bool shk_if_may_have_parameters(const shk_conn *conn)
{
    return conn->suite->key_exchange != SHK_KX_RSA;
}

bool shk_if_never_has_parameters(const shk_conn *conn)
{
    return conn->suite->key_exchange == SHK_KX_RSA;
}

bool shk_if_needs_no_parameters(const shk_conn *conn)
{
    return !shk_suite_is_ephemeral(conn->suite);
}

bool shk_if_anonymous(const shk_conn *conn)
{
    return conn->suite->auth == SHK_AUTH_ANON;
}

/* Who shows a certificate may ask for one, but not in a PSK suite (RFC 4279 §2, RFC 5246 §7.4.4).
 */
bool shk_if_may_request_certificate(const shk_conn *conn)
{
    return shk_suite_certified(conn->suite) && !shk_suite_has_psk(conn->suite);
}

shk_status shk_do_nothing(shk_conn *conn, const shk_received *message)
{
    (void)conn;
    (void)message;
    return SHK_OK;
}
