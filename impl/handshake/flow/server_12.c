/* The TLS 1.2 server (RFC 5246 §7.4, RFC 8422 §5). */
#include <string.h>

#include "extensions/supported_groups.h"
#include "handshake/certificates/authentication.h"
#include "handshake/certificates/cert_choice.h"
#include "handshake/certificates/cert_request.h"
#include "handshake/certificates/cert_status.h"
#include "handshake/flow/flow_table.h"
#include "handshake/hello/hello_extensions.h"
#include "handshake/keys/schedule_12.h"
#include "handshake/sessions/resume_12.h"
#include "handshake/sessions/session_trust.h"
#include "handshake/state/key_exchange.h"
#include "handshake/state/negotiated.h"
#include "handshake/state/peer.h"
#include "handshake/state/send.h"
#include "messages/client_key_exchange.h"
#include "messages/server_hello.h"
#include "messages/server_hello_done.h"
#include "messages/server_key_exchange.h"
#include "shakedown/errors.h"
#include "wire/secret.h"

enum { PREMASTER_RSA = 48, FFDHE_HIGH_BYTE = 0x01 };

/* Whether the client lists a finite field, be it one that we do not know (RFC 7919 §4). */
static bool lists_finite_field(const shk_supported_groups *groups)
{
    for (size_t i = 0; i < groups->named_group_list.len / 2; i++)
        if (shk_u16_at(groups->named_group_list, i) >> 8 == FFDHE_HIGH_BYTE)
            return true;
    return false;
}

/* Our most preferred curve, or finite field, among the client's groups. A client without the list
 * takes any; one with it gets a curve of the list or none, whatever else it holds (RFC 8422 §5.1),
 * and any finite field if it has none (RFC 7919 §4). */
static const shk_group_row *choose_group(const shk_conn *conn, bool finite_field)
{
    const shk_u16s *ours = &conn->config->groups;
    shk_supported_groups groups;
    bool listed = shk_extension_get(&conn->handshake->offered.extensions, SHK_EXT_supported_groups,
                                    SHK_IN_CLIENT_HELLO, &groups) &&
                  (!finite_field || lists_finite_field(&groups));
    for (size_t i = 0; i < ours->count; i++) {
        const shk_group_row *row = shk_group_of(ours->values[i]);
        if ((row->kind == SHK_GROUP_FFDHE) == finite_field &&
            shk_group_usable(conn, row->value, SHK_TLS10, SHK_TLS12) &&
            (!listed || shk_u16_list_has(groups.named_group_list, row->value)))
            return row;
    }
    return NULL;
}

/* The group of a suite's key exchange, or NULL: none in common, or none needed. */
static const shk_group_row *group_for(const shk_conn *conn, const shk_suite_row *suite)
{
    return shk_suite_is_ephemeral(suite)
               ? choose_group(conn, (suite->key_exchange & SHK_FORM_DHE) != 0)
               : NULL;
}

static shk_status use_suite(shk_conn *conn, const shk_suite_row *suite)
{
    shk_handshake *hs = conn->handshake;
    shk_set_suite(conn, suite);
    conn->negotiated.encrypt_then_mac =
        !conn->config->no_encrypt_then_mac && shk_cipher_of(suite->cipher)->kind == SHK_KIND_CBC &&
        shk_extension_in(&hs->offered.extensions, SHK_EXT_encrypt_then_mac);
    SHK_TRY(shk_check_etm_unchanged(conn));
    SHK_TRY(shk_check_ems_unchanged(conn));
    return shk_transcript_choose(&hs->transcript, shk_prf_hash(conn));
}

/* A client that must show a certificate can do so in suites with certificates alone. */
static bool allows_client_auth(const shk_conn *conn, const shk_suite_row *suite)
{
    return !shk_requires_client(conn) || (shk_suite_certified(suite) && !shk_suite_has_psk(suite));
}

/* Our most preferred suite for which there is all that it needs, or NULL; `no_ffdhe`: one of DHE
 * fails for want of a group. */
static const shk_suite_row *suite_for(shk_conn *conn, const shk_cert_constraints *constraints,
                                      bool *no_ffdhe)
{
    shk_handshake *hs = conn->handshake;
    const shk_u16s *ours = &conn->config->suites;
    for (size_t i = 0; i < ours->count; i++) {
        const shk_suite_row *suite = shk_suite_of(ours->values[i]);
        if (!shk_suite_usable(conn, suite->value, conn->version, conn->version) ||
            !shk_u16_list_has(hs->offered.cipher_suites, suite->value))
            continue;
        hs->exchange.group = group_for(conn, suite);
        *no_ffdhe |= (suite->key_exchange & SHK_FORM_DHE) != 0 && hs->exchange.group == NULL;
        if (allows_client_auth(conn, suite) &&
            (!shk_suite_is_ephemeral(suite) || hs->exchange.group != NULL) &&
            (!shk_suite_certified(suite) || shk_choose_credential(conn, constraints, suite)))
            return suite;
    }
    return NULL;
}

/* Why there is no suite: a client that lists finite fields is told if it is for want of them (RFC
 * 7919 §4), and one that lists curves alone is not. */
static shk_status no_suite(const shk_conn *conn, bool no_ffdhe)
{
    shk_supported_groups groups;
    return no_ffdhe &&
                   shk_extension_get(&conn->handshake->offered.extensions, SHK_EXT_supported_groups,
                                     SHK_IN_CLIENT_HELLO, &groups) &&
                   lists_finite_field(&groups)
               ? SHK_E_NO_COMMON_FFDHE
               : SHK_E_NO_COMMON_SUITE;
}

/* A suite whose key's certificate covers the name that was asked for, else any. */
static shk_status choose_suite(shk_conn *conn, const shk_suite_row **out)
{
    shk_cert_constraints constraints;
    bool no_ffdhe = false;
    shk_read_cert_constraints(&conn->handshake->offered.extensions, SHK_IN_CLIENT_HELLO,
                              &constraints);
    constraints.named_alone =
        conn->negotiated.server_name.len > 0 && conn->config->credential_count > 1;
    *out = suite_for(conn, &constraints, &no_ffdhe);
    if (*out == NULL && constraints.named_alone) {
        constraints.named_alone = false;
        *out = suite_for(conn, &constraints, &no_ffdhe);
    }
    return *out != NULL ? SHK_OK
                        : shk_conn_fail_field(conn, "cipher_suites", no_suite(conn, no_ffdhe));
}

/* The suite of the session that is resumed, or of a new one. */
static shk_status negotiate(shk_conn *conn, const shk_suite_row **out)
{
    shk_handshake *hs = conn->handshake;
    const shk_config *config = conn->config;
    conn->negotiated.extended_master_secret =
        !config->no_extended_master_secret &&
        shk_extension_in(&hs->offered.extensions, SHK_EXT_extended_master_secret);
    if (config->require_extended_master_secret && !conn->negotiated.extended_master_secret)
        return shk_conn_fail_field(conn, "extended_master_secret", SHK_E_EMS_REQUIRED);
    SHK_TRY(shk_find_session_12(conn));
    *out = shk_suite_of(hs->session.suite);
    if (hs->tls12.resumes)
        return SHK_OK;
    hs->tls12.ticket_due = shk_uses_tickets_12(config) &&
                           shk_extension_in(&hs->offered.extensions, SHK_EXT_session_ticket);
    hs->session_id_len = 0; /* beside a ticket (RFC 5077 §3.4) */
    if (config->session_cache != NULL && !hs->tls12.ticket_due) {
        hs->session_id_len = sizeof hs->session_id;
        conn->random.fill(conn->random.context, hs->session_id, sizeof hs->session_id);
    }
    return choose_suite(conn, out);
}

shk_status shk_do_negotiate_12(shk_conn *conn)
{
    const shk_suite_row *suite = NULL;
    SHK_TRY(shk_conn_fail_message(conn, SHK_MSG_client_hello, negotiate(conn, &suite)));
    return use_suite(conn, suite);
}

static shk_status add_server_hello(shk_conn *conn, shk_flight *flight)
{
    SHK_TRY(shk_answer_extensions(conn, SHK_IN_SERVER_HELLO_12, flight));
    shk_server_hello m = {
        .legacy_version = conn->version,
        .random = shk_span_of(conn->server_random, 32),
        .legacy_session_id_echo =
            shk_span_of(conn->handshake->session_id, conn->handshake->session_id_len),
        .cipher_suite = conn->suite->value,
        .extensions = shk_extension_block_of(&flight->extensions),
    };
    m.extensions.present = flight->extensions.len > 0;
    return shk_add_message(flight, SHK_MSG_server_hello, &m);
}

/* ServerECDHParams (RFC 8422 §5.4) or ServerDHParams (RFC 5246 §7.4.3) of our new key pair. */
static shk_server_key_exchange parameters(const shk_conn *conn)
{
    static const uint8_t two[1] = {2};
    const shk_handshake *hs = conn->handshake;
    shk_server_key_exchange m = {.psk_identity_hint = conn->config->psk_hint, .curve_type = 3};
    if (hs->exchange.group == NULL)
        return m;
    shk_span value = shk_buf_span(&hs->exchange.pairs[0].public_value);
    m.named_curve = hs->exchange.group->value;
    m.point = value;
    if (hs->exchange.group->kind == SHK_GROUP_FFDHE) {
        m.dh_p = conn->crypto->ffdhe_prime(conn->crypto, hs->exchange.group->value);
        m.dh_g = shk_span_of(two, 1);
        m.dh_ys = value;
    }
    return m;
}

/* A signature over both randoms and the parameters, which `content` receives. */
static shk_status sign_parameters(shk_conn *conn, shk_server_key_exchange *m, shk_buf *content,
                                  uint8_t *signature)
{
    shk_form form = shk_form_of(conn);
    size_t len = 0;
    form.key_exchange |= SHK_FORM_ANONYMOUS;
    SHK_TRY(shk_buf_append(content, shk_span_of(conn->client_random, 32)));
    SHK_TRY(shk_buf_append(content, shk_span_of(conn->server_random, 32)));
    SHK_TRY(shk_encode(shk_message_rows[SHK_MSG_server_key_exchange].layout->shape, &form, m,
                       content, NULL));
    SHK_TRY(shk_sign(conn, shk_buf_span(content), signature, &len));
    m->algorithm = conn->handshake->own.scheme->value;
    m->signature = shk_span_of(signature, len);
    return SHK_OK;
}

/* Parameters, signed if there is a certificate to sign with; in PSK suites a hint, if there is one.
 */
static shk_status add_server_key_exchange(shk_conn *conn, shk_flight *flight)
{
    shk_handshake *hs = conn->handshake;
    uint8_t signature[SHK_MAX_SIGNATURE];
    bool has_hint = shk_suite_has_psk(conn->suite) && conn->config->psk_hint.len > 0;
    if (hs->exchange.group == NULL && !has_hint)
        return SHK_OK;
    if (hs->exchange.group != NULL) {
        SHK_TRY(shk_add_key_pair(conn, hs->exchange.group->value));
        conn->negotiated.group = hs->exchange.group->value;
    }
    shk_server_key_exchange m = parameters(conn);
    if (shk_if_may_request_certificate(conn))
        SHK_TRY(sign_parameters(conn, &m, &flight->pieces, signature));
    return shk_add_message(flight, SHK_MSG_server_key_exchange, &m);
}

static shk_status add_server_hello_done(shk_conn *conn, shk_flight *flight)
{
    shk_server_hello_done m = {0};
    (void)conn;
    return shk_add_message(flight, SHK_MSG_server_hello_done, &m);
}

/* The abbreviated handshake: ServerHello, then our Finished at once (RFC 5246 §7.3). */
shk_status shk_do_send_resumed_flight_12(shk_conn *conn)
{
    shk_flight flight = shk_flight_begin(conn);
    conn->negotiated.resumed = true;
    shk_session_restore_peer(conn, &conn->handshake->session);
    shk_transcript_forget(&conn->handshake->transcript);
    shk_flight_add(&flight, add_server_hello);
    SHK_TRY(shk_flight_send(&flight));
    SHK_TRY(shk_schedule_resumed_12(conn, conn->handshake->session.secret));
    return shk_send_finished_12(conn);
}

shk_status shk_do_send_server_flight_12(shk_conn *conn)
{
    shk_flight flight = shk_flight_begin(conn);
    shk_flight_add(&flight, add_server_hello);
    if (shk_suite_certified(conn->suite)) {
        shk_flight_add(&flight, shk_add_certificate);
        shk_flight_add(&flight, shk_add_certificate_status);
    }
    shk_flight_add(&flight, add_server_key_exchange);
    if (shk_if_asks_for_certificate(conn))
        shk_flight_add(&flight, shk_add_certificate_request_12);
    shk_flight_add(&flight, add_server_hello_done);
    shk_status status = shk_flight_send(&flight);
    if (!shk_if_asks_for_certificate(conn)) /* else CertificateVerify covers them */
        shk_transcript_forget(&conn->handshake->transcript);
    return status;
}

shk_status shk_do_read_client_certificate_12(shk_conn *conn, const shk_received *message)
{
    const shk_certificate_12 *m = SHK_MESSAGE_BODY(message, certificate_12);
    if (m->certificate_list.len == 0 && m->subject_public_key_info.len == 0 &&
        conn->config->client_auth == SHK_CLIENT_AUTH_REQUIRE)
        return shk_conn_fail_field(conn, "certificate_list", SHK_E_CERTIFICATE_REQUIRED_12);
    return shk_read_chain_12(conn, m);
}

/* The pre-master secret of an RSA key exchange (RFC 5246 §7.4.7.1). Whatever the block holds, the
 * same is done: a random secret is drawn first and stays in place unless padding, length and
 * version are right; Finished then tells. The block is only touched with masks, and no result of
 * the check leaves this function. */
static void select_premaster(const uint8_t *block, size_t size, uint16_t version,
                             const uint8_t *random, uint8_t *premaster)
{
    size_t start = size - PREMASTER_RSA;
    uint32_t good = shk_mask_eq(block[0], 0) & shk_mask_eq(block[1], 2);
    for (size_t i = 2; i < start - 1; i++)
        good &= ~shk_mask_eq(block[i], 0);
    good &= shk_mask_eq(block[start - 1], 0);
    good &= shk_mask_eq(block[start], version >> 8);
    good &= shk_mask_eq(block[start + 1], version & 0xff);
    for (size_t i = 0; i < PREMASTER_RSA; i++)
        premaster[i] = (uint8_t)((block[start + i] & good) | (random[i] & ~good));
}

static shk_status read_rsa(shk_conn *conn, shk_span encrypted)
{
    shk_handshake *hs = conn->handshake;
    uint8_t block[SHK_MAX_RSA] = {0};
    uint8_t random[PREMASTER_RSA];
    size_t size = hs->own.credential->key_size;
    conn->random.fill(conn->random.context, random, sizeof random);
    if (encrypted.len != size || size < PREMASTER_RSA + 11 ||
        conn->crypto->rsa_private(hs->own.credential->key, encrypted.data, block) != SHK_OK)
        memset(block, 0, sizeof block); /* the length and the range are public; the answer is the
                                           same all the same */
    select_premaster(block, size, hs->offered.legacy_version, random, hs->exchange.secret);
    shk_wipe(random, sizeof random);
    hs->exchange.secret_len = PREMASTER_RSA;
    shk_wipe(block, sizeof block);
    return SHK_OK;
}

/* RFC 4279 §2 */
static shk_status read_psk_identity(shk_conn *conn, shk_span identity)
{
    for (size_t i = 0; i < conn->config->psk_count; i++)
        if (shk_span_equal(identity, conn->config->psks[i].identity)) {
            conn->handshake->tls12.psk = &conn->config->psks[i];
            return SHK_OK;
        }
    return shk_conn_fail_field(conn, "psk_identity", SHK_E_UNKNOWN_PSK_IDENTITY);
}

shk_status shk_do_read_client_key_exchange(shk_conn *conn, const shk_received *message)
{
    const shk_client_key_exchange *m = SHK_MESSAGE_BODY(message, client_key_exchange);
    const shk_suite_row *suite = conn->suite;
    if (shk_suite_has_psk(suite))
        SHK_TRY(read_psk_identity(conn, m->psk_identity));
    if ((suite->key_exchange & SHK_FORM_RSA) != 0)
        SHK_TRY(read_rsa(conn, m->encrypted_pre_master_secret));
    if (shk_suite_is_ephemeral(suite)) {
        bool finite_field = (suite->key_exchange & SHK_FORM_DHE) != 0;
        shk_status status = shk_agree(conn, conn->handshake->exchange.group->value,
                                      finite_field ? m->dh_yc : m->ecdh_yc);
        if (status == SHK_E_BAD_KEY_SHARE)
            return finite_field ? shk_conn_fail_field(conn, "dh_Yc", SHK_E_DH_VALUE)
                                : shk_conn_fail_field(conn, "ecdh_Yc", SHK_E_BAD_ECDHE_POINT);
        SHK_TRY(status);
    }
    return shk_schedule_12(conn);
}

shk_status shk_do_read_finished_12(shk_conn *conn, const shk_received *message)
{
    return shk_check_finished_12(conn, message);
}

shk_status shk_do_send_finished_12_last(shk_conn *conn)
{
    SHK_TRY(shk_send_finished_12(conn));
    return shk_finish_12(conn);
}
