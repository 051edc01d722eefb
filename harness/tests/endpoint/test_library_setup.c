/* The setup of OpenSSL's and GnuTLS's ends: what is not usable is named, and the key log is
 * written. */
#include <stdlib.h>
#include <unistd.h>

#include "pairings.h"

static const shk_endpoint_kind *const libraries[] = {&shk_endpoint_openssl, &shk_endpoint_gnutls};
enum { LIBRARIES = sizeof libraries / sizeof libraries[0] };

static void expect_unusable(const shk_endpoint_config *config, const char *named)
{
    for (size_t i = 0; i < LIBRARIES; i++) {
        char why[SHK_WHY_SIZE] = "";
        shk_endpoint_setup *setup = NULL;
        if (libraries[i]->setup(config, &setup, why))
            fail_msg("%s took it; expected words about %s", libraries[i]->name, named);
        assert_null(setup);
        if (strstr(why, named) == NULL)
            fail_msg("%s does not name %s: %s", libraries[i]->name, named, why);
    }
}

static void a_file_that_is_not_usable_is_named(void **state)
{
    (void)state;
    static const char missing[] = PKI "there-is-no-such-file";
    static const char no_pem[] = PKI "README.md";
    shk_endpoint_config config = server_config(0, missing, PKI "p256.key");
    expect_unusable(&config, missing);
    config = server_config(0, no_pem, PKI "p256.key");
    expect_unusable(&config, no_pem);
    config = server_config(0, PKI "p256.pem", missing);
    expect_unusable(&config, missing);
    config = server_config(0, PKI "p256.pem", no_pem);
    expect_unusable(&config, no_pem);
    config = client_config(0);
    config.ca_file = missing;
    expect_unusable(&config, missing);
    config.ca_file = no_pem;
    expect_unusable(&config, no_pem);
    config = client_config(0);
    config.key_log_file = PKI "no-such-folder/keys";
    expect_unusable(&config, config.key_log_file);
}

static void a_key_of_another_certificate_is_named(void **state)
{
    (void)state;
    shk_endpoint_config config = server_config(0, PKI "p256.pem", PKI "expired.key");
    expect_unusable(&config, "expired.key");
    config = server_config(0, PKI "p256.pem", PKI "rsa2048.key");
    expect_unusable(&config, "rsa2048.key");
}

static void a_server_without_a_certificate_is_not_set_up(void **state)
{
    (void)state;
    const shk_endpoint_config config = server_config(0, NULL, NULL);
    expect_unusable(&config, "certificate file");
}

static void a_code_point_that_is_not_known_is_named(void **state)
{
    (void)state;
    static const uint16_t suites[] = {SHK_TLS_AES_128_GCM_SHA256, 0xfafa};
    static const uint16_t groups[] = {SHK_x25519, 0xfefe};
    static const uint16_t schemes[] = {SHK_ed25519, 0xfdfd};
    shk_endpoint_config config = client_config(0);
    config.suites = (shk_u16s){suites, 2};
    expect_unusable(&config, "suite 0xfafa");
    config = client_config(0);
    config.groups = (shk_u16s){groups, 2};
    expect_unusable(&config, "group 0xfefe");
    config = client_config(0);
    config.schemes = (shk_u16s){schemes, 2};
    expect_unusable(&config, "signature scheme 0xfdfd");
    config = client_config(0x0399);
    expect_unusable(&config, "0x0399");
}

static void suites_without_a_version_are_not_set_up(void **state)
{
    (void)state;
    static const uint16_t suite = SHK_TLS_AES_128_GCM_SHA256;
    shk_endpoint_config config = client_config(SHK_TLS12);
    config.suites = one(&suite);
    expect_unusable(&config, "no version is left: of TLS 1.2 to TLS 1.2, and suites of TLS 1.3");
}

/* A client that has no suite to offer is refused at set-up. */
static void suites_that_our_client_cannot_offer_are_not_set_up(void **state)
{
    (void)state;
    static const uint16_t suites[] = {SHK_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
                                      SHK_TLS_PSK_WITH_AES_128_CBC_SHA};
    static const uint8_t key[16] = {1};
    char why[SHK_WHY_SIZE] = "";
    shk_endpoint_setup *setup = NULL;
    shk_endpoint_config config = client_config(SHK_TLS11);
    config.suites = (shk_u16s){suites, 2};
    assert_false(shk_endpoint_ours.setup(&config, &setup, why));
    assert_non_null(strstr(why, "none of the suites (--suites), without a PSK, is of use"));
    config.psk_identity = "one";
    config.psk_key = shk_span_of(key, sizeof key);
    assert_true(shk_endpoint_ours.setup(&config, &setup, why));
    shk_endpoint_ours.teardown(setup);
    config.suites.count = 1;
    assert_false(shk_endpoint_ours.setup(&config, &setup, why));
    assert_non_null(strstr(why, "none of the suites (--suites) is of use from TLS 1.1 to TLS 1.1"));
}

static void a_list_of_protocols_with_an_empty_one_is_named(void **state)
{
    (void)state;
    shk_endpoint_config config = client_config(0);
    config.alpn = "h2,,http/1.1";
    expect_unusable(&config, "h2,,http/1.1");
}

static void an_identity_of_a_psk_without_its_key_is_refused(void **state)
{
    (void)state;
    shk_endpoint_config config = client_config(0);
    config.psk_identity = "one";
    expect_unusable(&config, "no key");
}

/* Lines of `file` that start with `label` and a space. */
static size_t count_lines(const char *file, const char *label)
{
    char line[512];
    size_t count = 0;
    FILE *stream = fopen(file, "r");
    assert_non_null(stream);
    while (fgets(line, sizeof line, stream) != NULL)
        if (strncmp(line, label, strlen(label)) == 0 && line[strlen(label)] == ' ')
            count++;
    fclose(stream);
    return count;
}

static void both_ends_log_the_keys_of_both_versions(void **state)
{
    (void)state;
    char file[] = "/tmp/shakedown-keys-XXXXXX";
    const int descriptor = mkstemp(file);
    assert_true(descriptor >= 0);
    close(descriptor);
    for (size_t v = 0; v < VERSIONS; v++)
        for (size_t p = 0; p < PAIRINGS; p++) {
            shk_endpoint_config client = client_config(versions[v]);
            shk_endpoint_config server = p256_server(versions[v]);
            client.key_log_file = file;
            server.key_log_file = file;
            drive_good(&pairings[p], &client, &server, NULL);
        }
    const size_t tls12 = count_lines(file, "CLIENT_RANDOM");
    const size_t handshake = count_lines(file, "SERVER_HANDSHAKE_TRAFFIC_SECRET");
    const size_t traffic = count_lines(file, "CLIENT_TRAFFIC_SECRET_0");
    const size_t exporter = count_lines(file, "EXPORTER_SECRET");
    unlink(file);
    assert_int_equal(tls12, 2 * PAIRINGS);
    assert_int_equal(handshake, 2 * PAIRINGS);
    assert_int_equal(traffic, 2 * PAIRINGS);
    assert_int_equal(exporter, 2 * PAIRINGS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_that_is_not_usable_is_named),
        cmocka_unit_test(a_key_of_another_certificate_is_named),
        cmocka_unit_test(a_server_without_a_certificate_is_not_set_up),
        cmocka_unit_test(a_code_point_that_is_not_known_is_named),
        cmocka_unit_test(suites_without_a_version_are_not_set_up),
        cmocka_unit_test(suites_that_our_client_cannot_offer_are_not_set_up),
        cmocka_unit_test(a_list_of_protocols_with_an_empty_one_is_named),
        cmocka_unit_test(an_identity_of_a_psk_without_its_key_is_refused),
        cmocka_unit_test(both_ends_log_the_keys_of_both_versions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
