/* Which signature schemes a client and a server's CertificateRequest list: those that are defined
 * for the versions (RFC 8446 §4.2.3, RFC 5246 §7.4.4). */
#include "conn_pair.h"
#include "scripted_random.h"

#include <string.h>

#include "extensions/extension_block.h"
#include "extensions/signature_algorithms.h"
#include "extensions/signature_algorithms_cert.h"
#include "messages/certificate_request.h"
#include "messages/certificate_request_12.h"
#include "messages/client_hello.h"

static const uint16_t all[] = {SHK_dsa_sha256,          SHK_ecdsa_secp256r1_sha256,
                               SHK_rsa_pss_rsae_sha256, SHK_rsa_pkcs1_sha256,
                               SHK_rsa_pkcs1_sha1,      SHK_ecdsa_brainpoolP256r1tls13_sha256};

/* The last message of a kind, as it went out. */
typedef struct {
    shk_message id;
    test_bytes body;
} kept_message;

static void keep_message(void *context, bool sent, shk_message id, const shk_form *form,
                         shk_span raw)
{
    kept_message *kept = (kept_message *)context;
    (void)form;
    if (!sent || id != kept->id)
        return;
    kept->body.len = raw.len - 4;
    assert_true(kept->body.len <= MAX_VECTOR);
    memcpy(kept->body.data, raw.data + 4, kept->body.len);
}

/* A handshake of the versions with all these schemes, in which an end sends the message. */
static void run(kept_message *kept, uint16_t min, uint16_t max, shk_u16s schemes)
{
    test_setup setup;
    test_pair pair;
    test_setup_new(&setup, "p256");
    test_with_client_certificate(&setup, "client-p256");
    shk_config *ends[] = {&setup.client, &setup.server};
    for (size_t i = 0; i < 2; i++) {
        ends[i]->min_version = min;
        ends[i]->max_version = max;
        ends[i]->schemes = ends[i]->chain_schemes = schemes;
        ends[i]->observer = keep_message;
        ends[i]->observer_context = kept;
    }
    test_pair_connect(&pair, &setup);
    test_pair_close_all(&pair, &setup);
}

static void assert_extension_lists(const shk_extension_block *block, uint16_t place,
                                   const test_bytes *expected)
{
    shk_signature_algorithms m;
    shk_signature_algorithms_cert of_chain;
    assert_true(shk_extension_get(block, SHK_EXT_signature_algorithms, place, &m));
    assert_bytes(m.supported_signature_algorithms, expected);
    assert_true(shk_extension_get(block, SHK_EXT_signature_algorithms_cert, place, &of_chain));
    assert_bytes(of_chain.supported_signature_algorithms, expected);
}

static void client_lists_schemes_of_its_versions(void **state)
{
    static const struct {
        uint16_t min, max;
        const char *expected;
    } cases[] = {
        {SHK_TLS12, SHK_TLS13, "0402 0403 0804 0401 081a 0201"},
        {SHK_TLS12, SHK_TLS12, "0402 0403 0804 0401 0201"},
        {SHK_TLS13, SHK_TLS13, "0403 0804 0401 081a 0201"}, /* DSA is not of TLS 1.3 */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kept_message kept = {.id = SHK_MSG_client_hello};
        shk_client_hello m;
        test_bytes expected = from_hex(cases[i].expected);
        run(&kept, cases[i].min, cases[i].max, (shk_u16s){all, 6});
        assert_int_equal(shk_decode(shk_message_rows[kept.id].layout->shape, NULL,
                                    span_of(&kept.body), &m, NULL),
                         SHK_OK);
        assert_extension_lists(&m.extensions, SHK_IN_CLIENT_HELLO, &expected);
    }
}

static void tls_13_certificate_request_lists_tls_13_schemes(void **state)
{
    kept_message kept = {.id = SHK_MSG_certificate_request};
    shk_certificate_request m;
    test_bytes expected = from_hex("0403 0804 0401 081a 0201");
    (void)state;
    run(&kept, SHK_TLS12, SHK_TLS13, (shk_u16s){all, 6});
    assert_int_equal(
        shk_decode(shk_message_rows[kept.id].layout->shape, NULL, span_of(&kept.body), &m, NULL),
        SHK_OK);
    assert_extension_lists(&m.extensions, SHK_IN_CERTIFICATE_REQUEST, &expected);
}

static void certificate_request_below_tls_13_lists_schemes_and_types(void **state)
{
    static const uint16_t ecdsa[] = {SHK_ecdsa_secp256r1_sha256,
                                     SHK_ecdsa_brainpoolP256r1tls13_sha256};
    static const struct {
        uint16_t version;
        shk_u16s schemes;
        const char *expected; /* empty: TLS 1.1 has no such list */
        const char *types;
    } cases[] = {
        {SHK_TLS12, {all, 6}, "0402 0403 0804 0401 0201", "010240"},
        {SHK_TLS12, {all + 1, 5}, "0403 0804 0401 0201", "0140"},
        {SHK_TLS12, {ecdsa, 2}, "0403", "40"},
        {SHK_TLS11, {all, 6}, "", "010240"},
        {SHK_TLS11, {all + 1, 5}, "", "0140"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kept_message kept = {.id = SHK_MSG_certificate_request_12};
        shk_certificate_request_12 m;
        shk_form form = {.version = cases[i].version};
        test_bytes expected = from_hex(cases[i].expected);
        test_bytes types = from_hex(cases[i].types);
        run(&kept, cases[i].version, cases[i].version, cases[i].schemes);
        memset(&m, 0, sizeof m);
        assert_int_equal(shk_decode(shk_message_rows[kept.id].layout->shape, &form,
                                    span_of(&kept.body), &m, NULL),
                         SHK_OK);
        assert_bytes(m.certificate_types, &types);
        if (expected.len > 0)
            assert_bytes(m.supported_signature_algorithms, &expected);
    }
}

/* The RSA signature below TLS 1.2 has a table row, but no code point. */
static void scheme_without_a_code_point_is_refused_in_configuration(void **state)
{
    static const uint16_t schemes[] = {SHK_ecdsa_secp256r1_sha256, SHK_rsa_pkcs1_md5_sha1};
    uint64_t seed = 1;
    shk_random random = counting(&seed);
    test_setup setup;
    shk_conn *conn = NULL;
    (void)state;
    test_setup_new(&setup, "p256");
    shk_config bad[] = {setup.client, setup.client};
    bad[0].schemes = (shk_u16s){schemes, 2};
    bad[1].chain_schemes = (shk_u16s){schemes, 2};
    for (size_t i = 0; i < 2; i++)
        assert_fails(shk_conn_new(&bad[i], &random, &conn), SHK_E_CONFIG);
    test_setup_free(&setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_lists_schemes_of_its_versions),
        cmocka_unit_test(tls_13_certificate_request_lists_tls_13_schemes),
        cmocka_unit_test(certificate_request_below_tls_13_lists_schemes_and_types),
        cmocka_unit_test(scheme_without_a_code_point_is_refused_in_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
