/* The TLS 1.2 client after ServerHello (RFC 5246 §7.4, RFC 8422 §5). */
#include <string.h>

#include "handshake/certificates/authentication.h"
#include "handshake/certificates/cert_request.h"
#include "handshake/flow/flow_table.h"
#include "handshake/keys/schedule_12.h"
#include "handshake/sessions/resume_12.h"
#include "handshake/state/deviating.h"
#include "handshake/state/key_exchange.h"
#include "handshake/state/negotiated.h"
#include "handshake/state/send.h"
#include "messages/certificate_verify.h"
#include "messages/client_key_exchange.h"
#include "messages/server_key_exchange.h"
#include "shakedown/errors.h"
#include "wire/u16_list.h"

enum { PREMASTER_RSA = 48 };

shk_status shk_do_read_server_certificate_12(shk_conn *conn, const shk_received *message)
{
    const shk_certificate_12 *m = SHK_MESSAGE_BODY(message, certificate_12);
    if (m->certificate_list.len == 0 && m->subject_public_key_info.len == 0)
        return shk_conn_fail_field(conn, "certificate_list", SHK_E_EMPTY_CERTIFICATE);
    SHK_TRY(shk_read_chain_12(conn, m));
    if (conn->handshake->tls12.status_due)
        SHK_TRY(shk_buf_append(&conn->handshake->peer.chain, m->certificate_list));
    return SHK_OK;
}

/* The group is a named one where its prime is (RFC 7919 §4). */
static shk_status store_dh_parameters(shk_conn *conn, const shk_server_key_exchange *m)
{
    shk_handshake *hs = conn->handshake;
    for (size_t i = 0; i < SHK_GROUP_COUNT; i++)
        if (shk_group_rows[i].kind == SHK_GROUP_FFDHE &&
            conn->crypto->has_group(conn->crypto, shk_group_rows[i].value) &&
            shk_span_equal(m->dh_p,
                           conn->crypto->ffdhe_prime(conn->crypto, shk_group_rows[i].value)))
            conn->negotiated.group = shk_group_rows[i].value;
    SHK_TRY(shk_buf_append(&hs->exchange.dh_p, m->dh_p));
    SHK_TRY(shk_buf_append(&hs->exchange.dh_g, m->dh_g));
    return shk_buf_append(&hs->exchange.peer_share, m->dh_ys);
}

/* The signature is over both randoms and the parameters, which `content` receives. */
static shk_status verify_parameters(shk_conn *conn, const shk_server_key_exchange *m,
                                    shk_buf *content)
{
    SHK_TRY(shk_buf_append(content, shk_span_of(conn->client_random, 32)));
    SHK_TRY(shk_buf_append(content, shk_span_of(conn->server_random, 32)));
    SHK_TRY(shk_buf_append(content, m->params));
    return shk_verify(conn, m->algorithm, shk_buf_span(content), m->signature);
}

static shk_status check_parameters(shk_conn *conn, const shk_server_key_exchange *m)
{
    shk_buf content = shk_buf_growing(conn->allocator);
    shk_status status = verify_parameters(conn, m, &content);
    shk_buf_free(&content);
    return status;
}

/* Without (EC)DHE it holds a hint alone, which our one identity makes no use of (RFC 4279 §5.2). */
shk_status shk_do_read_server_key_exchange(shk_conn *conn, const shk_received *message)
{
    const shk_server_key_exchange *m = SHK_MESSAGE_BODY(message, server_key_exchange);
    shk_handshake *hs = conn->handshake;
    unsigned exchange = conn->suite->key_exchange;
    if (shk_if_may_request_certificate(conn)) /* then the parameters are signed too */
        SHK_TRY(check_parameters(conn, m));
    if ((exchange & SHK_FORM_DHE) != 0)
        return store_dh_parameters(conn, m);
    if ((exchange & SHK_FORM_ECDHE) == 0)
        return SHK_OK;
    hs->exchange.group = shk_group_of(m->named_curve);
    if (hs->exchange.group == NULL ||
        hs->exchange.group->kind == SHK_GROUP_FFDHE || /* which is no curve */
        !shk_group_usable(conn, m->named_curve, SHK_TLS10, SHK_TLS12) ||
        !shk_u16s_have(&conn->config->groups, m->named_curve))
        return shk_conn_fail_field(conn, "named_curve", SHK_E_UNOFFERED_GROUP);
    conn->negotiated.group = m->named_curve;
    return shk_buf_append(&hs->exchange.peer_share, m->point);
}

shk_status shk_do_send_client_certificate_12(shk_conn *conn)
{
    shk_flight flight = shk_flight_begin(conn);
    shk_choose_client_credential(conn);
    shk_flight_add(&flight, shk_add_certificate);
    return shk_flight_send(&flight);
}

/* EncryptedPreMasterSecret (RFC 5246 §7.4.7.1): client_hello.client_version and 46 random bytes,
 * PKCS #1 padding with randomness of the configuration, so that a seed repeats it. `encrypted` has
 * SHK_MAX_RSA bytes. */
static shk_status exchange_rsa(shk_conn *conn, uint8_t *encrypted, shk_client_key_exchange *m)
{
    shk_handshake *hs = conn->handshake;
    uint8_t block[SHK_MAX_RSA];
    size_t size = conn->crypto->public_key_size(hs->peer.key);
    if (size < PREMASTER_RSA + 11 || size > sizeof block)
        return SHK_E_CERTIFICATE_KEY;
    uint8_t *premaster = block + size - PREMASTER_RSA;
    conn->random.fill(conn->random.context, block, size);
    block[0] = 0;
    block[1] = 2;
    for (uint8_t *at = block + 2; at < premaster - 1; at++)
        while (*at == 0)
            conn->random.fill(conn->random.context, at, 1);
    premaster[-1] = 0;
    premaster[0] = (uint8_t)(hs->offered.legacy_version >> 8);
    premaster[1] = (uint8_t)hs->offered.legacy_version;
    memcpy(hs->exchange.secret, premaster, PREMASTER_RSA);
    hs->exchange.secret_len = PREMASTER_RSA;
    shk_status status = conn->crypto->rsa_public(hs->peer.key, block, encrypted);
    shk_wipe(block, sizeof block);
    m->encrypted_pre_master_secret = shk_span_of(encrypted, size);
    return status;
}

/* Our half of the agreement, whose other half came in ServerKeyExchange. */
static shk_status agree(shk_conn *conn, shk_key_pair *pair)
{
    shk_handshake *hs = conn->handshake;
    shk_status status = conn->crypto->ephemeral_agree(
        pair->key, shk_buf_span(&hs->exchange.peer_share), hs->exchange.secret);
    shk_deviate_shared(conn);
    if (status != SHK_E_BAD_KEY_SHARE)
        return status;
    return (conn->suite->key_exchange & SHK_FORM_DHE) != 0 ? SHK_E_DH_VALUE : SHK_E_BAD_ECDHE_POINT;
}

static shk_status exchange_ecdhe(shk_conn *conn, shk_client_key_exchange *m)
{
    shk_handshake *hs = conn->handshake;
    SHK_TRY(shk_add_key_pair(conn, hs->exchange.group->value));
    shk_key_pair *pair = &hs->exchange.pairs[hs->exchange.pair_count - 1];
    hs->exchange.secret_len = hs->exchange.group->secret;
    m->ecdh_yc = shk_buf_span(&pair->public_value);
    return agree(conn, pair);
}

static shk_status exchange_dhe(shk_conn *conn, shk_client_key_exchange *m)
{
    shk_handshake *hs = conn->handshake;
    shk_key_pair *pair;
    SHK_TRY(shk_new_key_pair(conn, hs->exchange.dh_p.len, &pair));
    SHK_TRY(conn->crypto->dh_new(conn->crypto, shk_buf_span(&hs->exchange.dh_p),
                                 shk_buf_span(&hs->exchange.dh_g), &conn->random, &pair->key,
                                 pair->public_value.data));
    hs->exchange.secret_len = hs->exchange.dh_p.len;
    m->dh_yc = shk_buf_span(&pair->public_value);
    return agree(conn, pair);
}

/* A PSK and any of the other exchanges go together (RFC 4279 §2 to §4). */
shk_status shk_do_send_client_key_exchange(shk_conn *conn)
{
    shk_handshake *hs = conn->handshake;
    unsigned exchange = conn->suite->key_exchange;
    uint8_t encrypted[SHK_MAX_RSA];
    shk_client_key_exchange m = {{NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}};
    if ((exchange & SHK_FORM_PSK) != 0) {
        hs->tls12.psk = &conn->config->psks[0];
        m.psk_identity = hs->tls12.psk->identity;
    }
    if ((exchange & SHK_FORM_RSA) != 0)
        SHK_TRY(exchange_rsa(conn, encrypted, &m));
    if ((exchange & SHK_FORM_ECDHE) != 0)
        SHK_TRY(exchange_ecdhe(conn, &m));
    if ((exchange & SHK_FORM_DHE) != 0)
        SHK_TRY(exchange_dhe(conn, &m));
    SHK_TRY(shk_send_message(conn, SHK_MSG_client_key_exchange, &m));
    return shk_schedule_12(conn);
}

/* The signature covers all messages so far, as they are (RFC 5246 §7.4.8). */
shk_status shk_do_send_certificate_verify_12(shk_conn *conn)
{
    shk_handshake *hs = conn->handshake;
    uint8_t signature[SHK_MAX_SIGNATURE];
    size_t len;
    SHK_TRY(shk_sign(conn, shk_transcript_messages(&hs->transcript), signature, &len));
    shk_certificate_verify m = {hs->own.scheme->value, shk_span_of(signature, len)};
    return shk_send_message(conn, SHK_MSG_certificate_verify, &m);
}

shk_status shk_do_send_finished_12(shk_conn *conn)
{
    shk_transcript_forget(&conn->handshake->transcript);
    return shk_send_finished_12(conn);
}

shk_status shk_do_read_finished_12_last(shk_conn *conn, const shk_received *message)
{
    SHK_TRY(shk_check_finished_12(conn, message));
    return shk_finish_12(conn);
}

/* RFC 5246 §7.4.4 */
shk_status shk_do_refuse_anonymous_request(shk_conn *conn)
{
    (void)conn;
    return SHK_E_ANONYMOUS_REQUEST;
}
