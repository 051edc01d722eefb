/* Certificates that a client refuses, each with its own error row, and accepts. Chains:
 * corpora/pki/README.md. */
#include "message_changes.h"

#include <string.h>

typedef struct {
    const char *file;
    shk_status expected;
} certificate_case;

static void run(const certificate_case *c, uint16_t version)
{
    test_setup setup;
    test_pair pair;
    test_setup_new(&setup, c->file);
    setup.client.max_version = version;
    test_pair_open_and_run(&pair, &setup);
    assert_refused(c->file, pair.client, c->expected);
    assert_int_equal(shk_conn_failure_of(pair.server)->alert_received,
                     shk_conn_failure_of(pair.client)->alert_sent);
    test_pair_close_all(&pair, &setup);
}

static void each_broken_chain_is_refused_with_its_error(void **state)
{
    static const certificate_case cases[] = {
        {"rsa2048", SHK_OK},
        {"rsa2048-rsachain", SHK_OK},
        {"p256", SHK_OK},
        {"p384", SHK_OK},
        {"ed25519", SHK_OK},
        {"expired", SHK_E_CERTIFICATE_EXPIRED},
        {"not-yet-valid", SHK_E_CERTIFICATE_NOT_YET_VALID},
        {"wrong-name", SHK_E_NAME_MISMATCH},
        {"no-san", SHK_E_NAME_MISMATCH},
        {"unknown-issuer", SHK_E_UNKNOWN_ISSUER},
        {"self-signed", SHK_E_SELF_SIGNED},
        {"broken-signature", SHK_E_CERTIFICATE_SIGNATURE},
        {"no-server-auth", SHK_E_EXTENDED_KEY_USAGE},
        {"no-digital-signature", SHK_E_KEY_USAGE},
        {"not-a-ca-issuer", SHK_E_ISSUER_NOT_CA},
        {"weak-key", SHK_E_WEAK_CERTIFICATE},
        {"md5-signature", SHK_E_WEAK_CERTIFICATE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++)
            run(&cases[i], version);
}

static void private_key_of_another_certificate_is_refused(void **state)
{
    shk_buf chain = read_source_file("corpora/pki/p256.pem");
    shk_buf key = read_source_file("corpora/pki/p384.key");
    shk_credential *credential = NULL;
    (void)state;
    assert_fails(shk_credential_from_pem(shk_buf_span(&chain), shk_buf_span(&key), &credential),
                 SHK_E_KEY_MISMATCH);
    assert_fails(shk_credential_from_pem(shk_buf_span(&key), shk_buf_span(&key), &credential),
                 SHK_E_NO_CERTIFICATE);
    assert_fails(shk_credential_from_pem(shk_buf_span(&chain), shk_buf_span(&chain), &credential),
                 SHK_E_NO_KEY);
    shk_buf_free(&chain);
    shk_buf_free(&key);
}

static void credential_with_an_unknown_key_type_is_refused(void **state)
{
    shk_buf chain = read_source_file("corpora/pki/unknown-key.pem");
    shk_buf key = read_source_file("corpora/pki/unknown-key.key");
    shk_credential *credential = NULL;
    (void)state;
    assert_fails(shk_credential_from_pem(shk_buf_span(&chain), shk_buf_span(&key), &credential),
                 SHK_E_CERTIFICATE_KEY);
    shk_buf_free(&chain);
    shk_buf_free(&key);
}

/* prime256v1 as its SubjectPublicKeyInfo names it becomes a curve that TLS does not have. */
static void peer_certificate_with_an_unknown_key_type_is_refused(void **state)
{
    static const uint8_t curve[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        test_setup setup;
        test_pair pair;
        int at = 0;
        test_setup_new(&setup, "p256");
        setup.client.max_version = version;
        setup.client.trust = NULL;
        while (memcmp(setup.credential->chain[0].data + at, curve, sizeof curve) != 0)
            at++;
        at += (int)sizeof curve - 1;
        test_change change = {SHK_MSG_certificate, 0, 7 + at, 1, "04"};
        if (version < SHK_TLS13)
            change = (test_change){SHK_MSG_certificate_12, 0, 6 + at, 1, "04"};
        test_change_messages(&change);
        test_pair_open_and_run(&pair, &setup);
        assert_true(test_change_was_made());
        assert_refused(NULL, pair.client, SHK_E_CERTIFICATE_KEY);
        test_pair_close_all(&pair, &setup);
    }
}

static void ip_address_is_matched_as_an_address(void **state)
{
    static const struct {
        const char *address;
        shk_status expected;
    } cases[] = {{"127.0.0.1", SHK_OK}, {"127.0.0.2", SHK_E_NAME_MISMATCH}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        test_setup setup;
        test_pair pair;
        test_setup_new(&setup, "p256");
        setup.client.server_name = cases[i].address;
        test_pair_open_and_run(&pair, &setup);
        assert_refused(cases[i].address, pair.client, cases[i].expected);
        test_pair_close_all(&pair, &setup);
    }
}

static void trust_anchors_must_be_certificates(void **state)
{
    shk_buf key = read_source_file("corpora/pki/p256.key");
    shk_trust *trust = NULL;
    (void)state;
    assert_fails(shk_trust_from_pem(shk_buf_span(&key), &trust), SHK_E_NO_CERTIFICATE);
    shk_buf_free(&key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_broken_chain_is_refused_with_its_error),
        cmocka_unit_test(private_key_of_another_certificate_is_refused),
        cmocka_unit_test(ip_address_is_matched_as_an_address),
        cmocka_unit_test(trust_anchors_must_be_certificates),
        cmocka_unit_test(credential_with_an_unknown_key_type_is_refused),
        cmocka_unit_test(peer_certificate_with_an_unknown_key_type_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
