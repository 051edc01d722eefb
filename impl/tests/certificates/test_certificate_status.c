/* OCSP responses and SCTs that come with a server's certificate (RFC 6066 §8, RFC 6962 §3.3).
 * Responses: scripts/make-pki, scripts/make-ocsp. */
#include "conn_pair.h"
#include "scripted_random.h"

#include <stdio.h>
#include <string.h>

#include "crypto/transcript.h"
#include "extensions/status_request.h"
#include "handshake/certificates/authentication.h"
#include "handshake/certificates/cert_request.h"
#include "handshake/certificates/cert_status.h"
#include "handshake/flow/flow_table.h"
#include "handshake/hello/hello_extensions.h"
#include "handshake/state/handshake.h"

/* version 1, a log's id, a time, no extensions, a signature of two bytes */
#define SCT                                                                                        \
    "00"                                                                                           \
    "534bd787d649a01e492daae1a019f75db62b4851534bd787d649a01e492daae1"                             \
    "0000018bcfe56800"                                                                             \
    "0000"                                                                                         \
    "0403"                                                                                         \
    "0002aabb"

static void staple(test_setup *setup, const char *file)
{
    char path[64];
    snprintf(path, sizeof path, "corpora/%s", file);
    shk_buf response = read_source_file(path);
    assert_int_equal(shk_credential_set_status(setup->credential, shk_buf_span(&response)), SHK_OK);
    shk_buf_free(&response);
}

static void setup_status(test_setup *setup, shk_stapling request, uint16_t version)
{
    test_setup_new(setup, "p256");
    setup->client.status_request = request;
    setup->client.min_version = setup->client.max_version = version;
    setup->server.min_version = SHK_TLS10;
}

static void each_ocsp_response_has_its_verdict(void **state)
{
    static const struct {
        const char *name;
        shk_status expected;
    } cases[] = {
        {"pki/p256.ocsp", SHK_OK},
        {"ocsp/good-delegated.der", SHK_OK},
        {"pki/p256-revoked.ocsp", SHK_E_CERTIFICATE_REVOKED},
        {"ocsp/unknown.der", SHK_E_STATUS_UNKNOWN},
        {"pki/p256-stale.ocsp", SHK_E_STATUS_NOT_CURRENT},
        {"ocsp/not-yet.der", SHK_E_STATUS_NOT_CURRENT},
        {"ocsp/good-without-end.der", SHK_E_STATUS_NOT_CURRENT}, /* it is years old */
        {"ocsp/other-leaf.der", SHK_E_STATUS_INVALID},
        {"ocsp/signed-by-the-leaf.der", SHK_E_STATUS_INVALID},
        {"ocsp/signed-by-a-stranger.der", SHK_E_STATUS_INVALID},
        {"ocsp/try-later.der", SHK_E_STATUS_INVALID},
        {"ocsp/good-weak-responder.der", SHK_E_STATUS_INVALID},
        {"ocsp/good-over-sha1.der", SHK_E_STATUS_INVALID},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (uint16_t version = SHK_TLS10; version <= SHK_TLS13; version++) {
            test_setup setup;
            test_pair pair;
            setup_status(&setup, SHK_STAPLING_ASK, version);
            staple(&setup, cases[i].name);
            test_pair_open_and_run(&pair, &setup);
            if (cases[i].expected == SHK_OK) {
                assert_connected(&pair);
                assert_true(shk_conn_info_of(pair.client).status_verified);
            } else {
                assert_refused(NULL, pair.client, cases[i].expected);
                assert_false(shk_conn_info_of(pair.client).status_verified);
            }
            test_pair_close_all(&pair, &setup);
        }
}

static int64_t january_2020(void *context)
{
    (void)context;
    return INT64_C(1578000000000);
}

static void ocsp_response_without_next_update_is_valid_for_a_week(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_status(&setup, SHK_STAPLING_DEMAND, SHK_TLS13);
    staple(&setup, "ocsp/good-without-end.der");
    setup.client.clock.now_ms = january_2020;
    test_pair_connect(&pair, &setup);
    test_pair_close_all(&pair, &setup);
}

static void ocsp_response_with_a_wrong_signature_is_invalid(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    setup_status(&setup, SHK_STAPLING_ASK, SHK_TLS13);
    shk_buf response = read_source_file("corpora/pki/p256.ocsp");
    response.data[response.len - 1] ^= 1;
    assert_int_equal(shk_credential_set_status(setup.credential, shk_buf_span(&response)), SHK_OK);
    test_pair_open_and_run(&pair, &setup);
    assert_refused(NULL, pair.client, SHK_E_STATUS_INVALID);
    shk_buf_free(&response);
    test_pair_close_all(&pair, &setup);
}

static void missing_ocsp_response_is_an_error_if_demanded(void **state)
{
    (void)state;
    for (int demands = 0; demands < 2; demands++)
        for (uint16_t version = SHK_TLS10; version <= SHK_TLS13; version++) {
            test_setup setup;
            test_pair pair;
            setup_status(&setup, demands ? SHK_STAPLING_DEMAND : SHK_STAPLING_ASK, version);
            test_pair_open_and_run(&pair, &setup);
            if (demands)
                assert_refused(NULL, pair.client, SHK_E_STATUS_MISSING);
            else
                assert_connected(&pair);
            test_pair_close_all(&pair, &setup);
        }
}

/* A signature too weak for the default level is valid at level 0. */
static void ocsp_response_must_meet_the_security_level(void **state)
{
    static const char *const files[] = {"ocsp/good-weak-responder.der", "ocsp/good-over-sha1.der"};
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        test_setup setup;
        test_pair pair;
        setup_status(&setup, SHK_STAPLING_DEMAND, SHK_TLS13);
        setup.client.security_level = 0;
        staple(&setup, files[i]);
        test_pair_connect(&pair, &setup);
        test_pair_close_all(&pair, &setup);
    }
}

/* RFC 7633 §4.2.3.1: a client that requested a status refuses such a certificate without a
 * response. */
static void must_staple_certificate_needs_its_ocsp_response(void **state)
{
    static const shk_stapling requests[] = {SHK_STAPLING_NONE, SHK_STAPLING_ASK};
    shk_buf chain = read_source_file("corpora/pki/chains/must-staple.pem");
    shk_buf key = read_source_file("corpora/pki/chains/p256-leaf.key");
    shk_buf anchors = read_source_file("corpora/pki/chains/anchors.pem");
    shk_credential *credential = NULL;
    shk_trust *trust = NULL;
    (void)state;
    assert_int_equal(shk_credential_from_pem(shk_buf_span(&chain), shk_buf_span(&key), &credential),
                     SHK_OK);
    assert_int_equal(shk_trust_from_pem(shk_buf_span(&anchors), &trust), SHK_OK);
    for (size_t i = 0; i < 2; i++)
        for (uint16_t version = SHK_TLS10; version <= SHK_TLS13; version++) {
            test_setup setup;
            test_pair pair;
            setup_status(&setup, requests[i], version);
            setup.credentials[0] = credential;
            setup.client.trust = trust;
            setup.client.server_name = "server.chains.test";
            test_pair_open_and_run(&pair, &setup);
            if (requests[i] == SHK_STAPLING_ASK)
                assert_refused(NULL, pair.client, SHK_E_MUST_STAPLE);
            else
                assert_connected(&pair);
            test_pair_close_all(&pair, &setup);
        }
    shk_trust_free(trust);
    shk_credential_free(credential);
    shk_buf_free(&chain);
    shk_buf_free(&key);
    shk_buf_free(&anchors);
}

/* A client that has not requested a status gets none: it would refuse it. */
static void server_staples_only_on_request(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS10; version <= SHK_TLS13; version++) {
        test_setup setup;
        test_pair pair;
        test_bytes list = from_hex("0033"
                                   "0031" SCT);
        setup_status(&setup, SHK_STAPLING_NONE, version);
        staple(&setup, "pki/p256.ocsp");
        assert_int_equal(shk_credential_set_timestamps(setup.credential, span_of(&list)), SHK_OK);
        test_pair_connect(&pair, &setup);
        assert_false(shk_conn_info_of(pair.client).status_verified);
        assert_int_equal(shk_conn_info_of(pair.client).timestamps, 0);
        test_pair_close_all(&pair, &setup);
    }
}

static void keep_session(void *context, shk_span session)
{
    test_bytes *kept = (test_bytes *)context;
    assert_true(session.len <= MAX_VECTOR);
    memcpy(kept->data, session.data, session.len);
    kept->len = session.len;
}

/* A resumption has no certificate, so that a client that demands a response does not miss it. */
static void resumption_has_neither_ocsp_response_nor_scts(void **state)
{
    static const shk_ticket_key key = {.name = {1}, .key = {2}};
    test_bytes list = from_hex("0004000201aa");
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        test_setup setup;
        test_bytes kept = {.len = 0}, offered;
        setup_status(&setup, SHK_STAPLING_DEMAND, version);
        staple(&setup, "pki/p256.ocsp");
        assert_int_equal(shk_credential_set_timestamps(setup.credential, span_of(&list)), SHK_OK);
        setup.client.request_timestamps = true;
        setup.client.session_sink = keep_session;
        setup.client.session_sink_context = &kept;
        setup.server.clock = setup.client.clock;
        setup.server.ticket_keys = &key;
        setup.server.ticket_key_count = 1;
        for (int resumes = 0; resumes < 2; resumes++) {
            test_pair pair;
            offered = kept;
            setup.client.session = span_of(&offered);
            test_pair_connect(&pair, &setup);
            assert_int_equal(shk_conn_info_of(pair.client).resumed, resumes);
            assert_int_equal(shk_conn_info_of(pair.client).timestamps, !resumes);
            assert_int_equal(shk_conn_info_of(pair.client).status_verified, !resumes);
            test_pair_close(&pair);
        }
        test_setup_free(&setup);
    }
}

/* RFC 6066 §8: ocsp is the only known status_type. */
static void status_request_of_unknown_type_is_not_answered(void **state)
{
    test_setup setup;
    (void)state;
    setup_status(&setup, SHK_STAPLING_NONE, SHK_TLS12);
    staple(&setup, "pki/p256.ocsp");
    for (uint8_t type = 1; type <= 2; type++) {
        shk_conn *conn = test_conn_in(&setup.server, SHK_STATE_s12_send_flight);
        shk_status_request asked = {.status_type = type};
        shk_status_request answer = {0};
        shk_draft draft = {SHK_EXT_status_request, &answer, SHK_IN_SERVER_HELLO_12, NULL, false};
        shk_extension_body in = {SHK_EXT_status_request, &asked};
        conn->handshake->own.credential = setup.credential;
        assert_int_equal(shk_hello_status_request.read(conn, &in), SHK_OK);
        assert_int_equal(shk_hello_status_request.answer(conn, &draft), SHK_OK);
        assert_int_equal(draft.send, type == 1);
        shk_conn_free(conn);
    }
    test_setup_free(&setup);
}

static void demanding_ocsp_responses_needs_trust_anchors(void **state)
{
    test_setup setup;
    uint64_t seed = 1;
    shk_random random = counting(&seed);
    shk_conn *conn = NULL;
    (void)state;
    setup_status(&setup, SHK_STAPLING_DEMAND, SHK_TLS13);
    setup.client.trust = NULL;
    assert_fails(shk_conn_new(&setup.client, &random, &conn), SHK_E_CONFIG);
    test_setup_free(&setup);
}

/* RFC 6066 §8: CertificateStatus needs an answer in ServerHello, and follows Certificate. */
static void certificate_status_is_accepted_only_where_promised(void **state)
{
    static const unsigned states[] = {
        SHK_STATE_c12_wait_server_key_exchange, SHK_STATE_c12_wait_certificate,
        SHK_STATE_c12_wait_certificate_request, SHK_STATE_c13_wait_certificate};
    test_bytes status = from_hex("01000001aa");
    test_setup setup;
    (void)state;
    setup_status(&setup, SHK_STAPLING_ASK, SHK_TLS13);
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        shk_conn *conn = test_conn_in(&setup.client, states[i]);
        conn->handshake->tls12.status_due = true;
        shk_status got = test_message(conn, SHK_MSG_certificate_status, &status);
        assert_int_equal(shk_error(got)->alert, SHK_ALERT_unexpected_message);
        shk_conn_free(conn);
    }
    test_setup_free(&setup);
}

/* RFC 6066 §8: CertificateStatus may be omitted although it was promised. A second one is refused.
 */
static void second_certificate_status_is_refused(void **state)
{
    test_bytes status = from_hex("01000001aa");
    test_setup setup;
    (void)state;
    setup_status(&setup, SHK_STAPLING_ASK, SHK_TLS12);
    setup.client.trust = NULL; /* so that its content is not checked */
    shk_conn *conn = test_conn_in(&setup.client, SHK_STATE_c12_wait_certificate_status);
    conn->handshake->tls12.status_due = true;
    assert_int_equal(test_message(conn, SHK_MSG_certificate_status, &status), SHK_OK);
    assert_fails(test_message(conn, SHK_MSG_certificate_status, &status), SHK_E_UNEXPECTED_MESSAGE);
    shk_conn_free(conn);
    test_setup_free(&setup);
}

static void certificate_status_is_in_the_transcript(void **state)
{
    test_bytes status = from_hex("01000001aa");
    uint8_t before[SHK_MAX_HASH] = {0}, after[SHK_MAX_HASH] = {0};
    test_setup setup;
    (void)state;
    setup_status(&setup, SHK_STAPLING_ASK, SHK_TLS12);
    setup.client.trust = NULL;
    shk_conn *conn = test_conn_in(&setup.client, SHK_STATE_c12_wait_certificate_status);
    conn->handshake->tls12.status_due = true;
    assert_int_equal(shk_transcript_digest(&conn->handshake->transcript, before), SHK_OK);
    assert_int_equal(test_message(conn, SHK_MSG_certificate_status, &status), SHK_OK);
    assert_int_equal(shk_transcript_digest(&conn->handshake->transcript, after), SHK_OK);
    assert_memory_not_equal(before, after, sizeof before);
    shk_conn_free(conn);
    test_setup_free(&setup);
}

static void scts_are_counted(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS10; version <= SHK_TLS13; version++) {
        test_setup setup;
        test_pair pair;
        test_bytes list = from_hex("0037"
                                   "0031" SCT "000201aa"); /* another version's too */
        setup_status(&setup, SHK_STAPLING_NONE, version);
        setup.client.request_timestamps = true;
        assert_int_equal(shk_credential_set_timestamps(setup.credential, span_of(&list)), SHK_OK);
        test_pair_connect(&pair, &setup);
        assert_int_equal(shk_conn_info_of(pair.client).timestamps, 2);
        test_pair_close_all(&pair, &setup);
    }
}

static void sct_v1_syntax_is_checked(void **state)
{
    static const struct {
        const char *hex;
        shk_status expected;
    } cases[] = {{"0033"
                  "0031" SCT,
                  SHK_OK},
                 {"0034"
                  "0032" SCT "ff",
                  SHK_E_TRAILING_DATA},
                 {"0004"
                  "00020000",
                  SHK_E_TRUNCATED},
                 {"0000", SHK_E_VECTOR_LENGTH},
                 {"0002"
                  "0000",
                  SHK_E_VECTOR_LENGTH}};
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        test_bytes list = from_hex(cases[i].hex);
        assert_fails(shk_credential_set_timestamps(setup.credential, span_of(&list)),
                     cases[i].expected);
    }
    test_setup_free(&setup);
}

/* A Certificate of TLS 1.3 whose entry is one byte with extensions, which are checked first. */
static void unsolicited_certificate_entry_extensions_are_refused(void **state)
{
    static const struct {
        const char *name;
        const char *extensions;
        shk_status expected;
    } cases[] = {
        {"asked_for_neither", "0005000501000001aa", SHK_E_UNSOLICITED_EXTENSION},
        {"timestamps",
         "00120006"
         "0004"
         "0002"
         "01aa",
         SHK_E_UNSOLICITED_EXTENSION},
        {"of_another_message", "00230000", SHK_E_EXTENSION_PLACE},
        {"status_of_another_type", "0005000502000001aa", SHK_E_STATUS_TYPE},
    };
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        shk_conn *conn = test_conn_in(&setup.client, SHK_STATE_c13_wait_certificate);
        test_bytes extensions = from_hex(cases[i].extensions);
        test_bytes body = from_hex("00000000000001aa0000");
        body.data[3] = (uint8_t)(6 + extensions.len);
        body.data[9] = (uint8_t)extensions.len;
        memcpy(body.data + body.len, extensions.data, extensions.len);
        body.len += extensions.len;
        shk_status got = test_message(conn, SHK_MSG_certificate, &body);
        assert_case_fails(cases[i].name, got, cases[i].expected);
        shk_conn_free(conn);
    }
    test_setup_free(&setup);
}

/* Our server requests neither, so that they are unsolicited in a client's certificate. */
static void extensions_in_a_client_certificate_entry_are_unsolicited(void **state)
{
    test_bytes body = from_hex("0000000f000001aa0009"
                               "0005000501000001aa");
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    shk_conn *conn = test_conn_in(&setup.server, SHK_STATE_s13_wait_certificate);
    /* what the client's hello has asked for is not what we have */
    conn->handshake->offered.extensions.seen |= UINT64_C(1) << SHK_EXT_status_request;
    assert_fails(test_message(conn, SHK_MSG_certificate, &body), SHK_E_UNSOLICITED_EXTENSION);
    shk_conn_free(conn);
    test_setup_free(&setup);
}

/* A CertificateRequest may ask for both (RFC 8446 §4.4.2.1). */
static void client_staples_if_the_request_asks(void **state)
{
    test_bytes list = from_hex("0033"
                               "0031" SCT);
    test_bytes request = from_hex("00"
                                  "0010"
                                  "000d000400020403"
                                  "00050000"
                                  "00120000");
    test_setup setup;
    shk_buf raw = shk_buf_growing(&shk_libc_allocator);
    (void)state;
    test_setup_new(&setup, "client-p256");
    setup.client.credentials = setup.credentials;
    setup.client.credential_count = 1;
    staple(&setup, "pki/p256.ocsp");
    assert_int_equal(shk_credential_set_timestamps(setup.credential, span_of(&list)), SHK_OK);
    shk_conn *conn = test_conn_in(&setup.client, SHK_STATE_c13_wait_certificate_or_request);
    assert_int_equal(test_message(conn, SHK_MSG_certificate_request, &request), SHK_OK);
    assert_true(shk_choose_client_credential(conn));
    assert_int_equal(shk_add_entry_extensions(conn, &raw), SHK_OK);
    assert_int_equal(raw.len, 4 + 4 + setup.credential->status.len + 4 + 2 + 2 + 0x31);
    shk_buf_free(&raw);
    shk_conn_free(conn);
    test_setup_free(&setup);
}

static void stapled_bytes_must_be_an_ocsp_response(void **state)
{
    static const uint8_t other[] = {2, 0, 0, 1, 0xaa};
    static const uint8_t too_long = 0;
    const shk_form form = {.place = SHK_IN_CERTIFICATE};
    shk_status_request m;
    test_setup setup;
    (void)state;
    assert_fails(shk_decode(shk_extension_rows[SHK_EXT_status_request].layout->shape, &form,
                            shk_span_of(other, sizeof other), &m, NULL),
                 SHK_E_STATUS_TYPE);
    test_setup_new(&setup, "p256");
    assert_fails(shk_credential_set_status(setup.credential, shk_span_of(NULL, 0)),
                 SHK_E_VECTOR_LENGTH);
    assert_fails(shk_credential_set_status(setup.credential, shk_span_of(&too_long, 0x1000000)),
                 SHK_E_VECTOR_LENGTH); /* only the length is checked */
    test_setup_free(&setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_ocsp_response_has_its_verdict),
        cmocka_unit_test(ocsp_response_without_next_update_is_valid_for_a_week),
        cmocka_unit_test(ocsp_response_with_a_wrong_signature_is_invalid),
        cmocka_unit_test(missing_ocsp_response_is_an_error_if_demanded),
        cmocka_unit_test(ocsp_response_must_meet_the_security_level),
        cmocka_unit_test(must_staple_certificate_needs_its_ocsp_response),
        cmocka_unit_test(server_staples_only_on_request),
        cmocka_unit_test(resumption_has_neither_ocsp_response_nor_scts),
        cmocka_unit_test(status_request_of_unknown_type_is_not_answered),
        cmocka_unit_test(demanding_ocsp_responses_needs_trust_anchors),
        cmocka_unit_test(certificate_status_is_accepted_only_where_promised),
        cmocka_unit_test(second_certificate_status_is_refused),
        cmocka_unit_test(certificate_status_is_in_the_transcript),
        cmocka_unit_test(scts_are_counted),
        cmocka_unit_test(sct_v1_syntax_is_checked),
        cmocka_unit_test(unsolicited_certificate_entry_extensions_are_refused),
        cmocka_unit_test(extensions_in_a_client_certificate_entry_are_unsolicited),
        cmocka_unit_test(client_staples_if_the_request_asks),
        cmocka_unit_test(stapled_bytes_must_be_an_ocsp_response),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
