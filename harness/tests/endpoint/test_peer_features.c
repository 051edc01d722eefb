/* What OpenSSL and GnuTLS negotiate beyond the usual, in every pairing that has it: PSK, anonymous,
 * NULL and DSS suites, second certificates, OCSP, SCTs, raw keys and size limits. */
#include <stdlib.h>

#include "pairings.h"

static const uint8_t psk_key[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

static void give_psk(shk_endpoint_config *client, shk_endpoint_config *server)
{
    client->psk_identity = server->psk_identity = "one";
    client->psk_key = server->psk_key = shk_span_of(psk_key, sizeof psk_key);
}

static void every_psk_exchange_of_tls12_is_agreed_on(void **state)
{
    (void)state;
    static const struct {
        uint16_t suite;
        bool is_signed_for; /* RSA-PSK: the server shows a certificate */
    } rows[] = {
        {0x00a8, false}, /* TLS_PSK_WITH_AES_128_GCM_SHA256 */
        {0x008c, false}, /* TLS_PSK_WITH_AES_128_CBC_SHA */
        {0x00aa, false}, /* TLS_DHE_PSK_WITH_AES_128_GCM_SHA256 */
        {0xc037, false}, /* TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256 */
        {0x00ac, true},  /* TLS_RSA_PSK_WITH_AES_128_GCM_SHA256 */
    };
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++)
        for (size_t p = 0; p < PAIRINGS; p++) {
            shk_endpoint_config client = client_config(0);
            shk_endpoint_config server =
                rows[r].is_signed_for ? rsa_server(0) : server_config(0, NULL, NULL);
            give_psk(&client, &server);
            server.psk_hint = "which one";
            client.suites = server.suites = one(&rows[r].suite);
            const shk_verdict verdict = drive_good(&pairings[p], &client, &server, NULL);
            assert_int_equal(verdict.client.suite, rows[r].suite);
            assert_true(verdict.client.external_psk && verdict.server.external_psk);
            if (rows[r].suite != 0x00aa) /* whose group OpenSSL does not know */
                assert_int_equal(verdict.client.group != 0, rows[r].suite == 0xc037);
            assert_int_equal(verdict.client.scheme, 0);
        }
}

static void a_psk_suite_with_another_key_is_refused(void **state)
{
    (void)state;
    static const uint16_t suite = 0x00a8; /* TLS_PSK_WITH_AES_128_GCM_SHA256 */
    for (size_t p = 0; p < PAIRINGS; p++) {
        shk_endpoint_config client = client_config(0);
        shk_endpoint_config server = server_config(0, NULL, NULL);
        give_psk(&client, &server);
        client.psk_key = shk_span_of(psk_key, 8);
        client.suites = server.suites = one(&suite);
        assert_int_equal(drive(&pairings[p], &client, &server, NULL).kind, SHK_VERDICT_REFUSED);
    }
}

static void anonymous_suites_need_no_certificate(void **state)
{
    (void)state;
    static const uint16_t suites[] = {
        0x00a6, /* TLS_DH_anon_WITH_AES_128_GCM_SHA256 */
        0xc018, /* TLS_ECDH_anon_WITH_AES_128_CBC_SHA */
    };
    for (size_t s = 0; s < sizeof suites / sizeof suites[0]; s++)
        for (size_t p = 0; p < PAIRINGS; p++) {
            shk_endpoint_config client = client_config(0);
            shk_endpoint_config server = server_config(0, NULL, NULL);
            client.suites = server.suites = one(&suites[s]);
            const shk_verdict verdict = drive_good(&pairings[p], &client, &server, NULL);
            assert_int_equal(verdict.client.suite, suites[s]);
            assert_int_equal(verdict.client.scheme, 0);
            assert_int_equal(verdict.server.scheme, 0);
        }
}

static void null_suites_are_agreed_on_when_listed(void **state)
{
    (void)state;
    static const uint16_t suites[] = {
        0x003b, /* TLS_RSA_WITH_NULL_SHA256 */
        0xc010, /* TLS_ECDHE_RSA_WITH_NULL_SHA */
    };
    for (size_t s = 0; s < sizeof suites / sizeof suites[0]; s++)
        for (size_t p = 0; p < PAIRINGS; p++) {
            shk_endpoint_config client = client_config(0);
            shk_endpoint_config server = rsa_server(0);
            client.suites = server.suites = one(&suites[s]);
            assert_int_equal(drive_good(&pairings[p], &client, &server, NULL).client.suite,
                             suites[s]);
        }
}

static void dhe_suites_are_agreed_on_for_rsa_and_dss(void **state)
{
    (void)state;
    static const uint16_t rsa = SHK_TLS_DHE_RSA_WITH_AES_128_GCM_SHA256;
    static const uint16_t dss = 0x00a2; /* TLS_DHE_DSS_WITH_AES_128_GCM_SHA256 */
    for (size_t p = 0; p < PAIRINGS; p++) {
        shk_endpoint_config client = client_config(0);
        shk_endpoint_config server = rsa_server(0);
        client.suites = server.suites = one(&rsa);
        assert_int_equal(drive_good(&pairings[p], &client, &server, NULL).client.suite, rsa);
        server = server_config(0, PKI "dsa2048.pem", PKI "dsa2048.key");
        client.suites = server.suites = one(&dss);
        assert_int_equal(drive_good(&pairings[p], &client, &server, NULL).client.suite, dss);
    }
}

/* The client alone decides, by what it offers, which of the two can be used. */
static void the_second_certificate_is_chosen_by_its_kind_of_key(void **state)
{
    (void)state;
    static const uint16_t of_rsa[] = {SHK_rsa_pss_rsae_sha256};
    static const uint16_t of_ecdsa[] = {SHK_ecdsa_secp256r1_sha256};
    for (size_t p = 0; p < PAIRINGS; p++) {
        shk_endpoint_config client = client_config(SHK_TLS13);
        shk_endpoint_config server = server_config(SHK_TLS13, PKI "p256.pem", PKI "p256.key");
        client.ca_file = NULL; /* the chains are signed otherwise */
        server.more_certificate_file = PKI "rsa2048-rsachain.pem";
        server.more_key_file = PKI "rsa2048-rsachain.key";
        client.schemes = (shk_u16s){of_rsa, 1};
        assert_int_equal(drive_good(&pairings[p], &client, &server, NULL).client.scheme, of_rsa[0]);
        client.schemes = (shk_u16s){of_ecdsa, 1};
        assert_int_equal(drive_good(&pairings[p], &client, &server, NULL).client.scheme,
                         of_ecdsa[0]);
    }
}

static void the_second_certificate_is_chosen_by_its_name(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSIONS; v++)
        for (size_t p = 0; p < PAIRINGS; p++) {
            shk_endpoint_config client = client_config(versions[v]);
            shk_endpoint_config server = p256_server(versions[v]);
            server.more_certificate_file = PKI "wrong-name.pem";
            server.more_key_file = PKI "wrong-name.key";
            drive_good(&pairings[p], &client, &server, NULL);
            client.server_name = "other.shakedown.test";
            drive_good(&pairings[p], &client, &server, NULL);
        }
}

static void a_psk_is_used_alone_where_the_client_wants_it_so(void **state)
{
    (void)state;
    static const uint16_t suite = SHK_TLS_AES_128_GCM_SHA256;
    for (size_t p = 0; p < PAIRINGS; p++) {
        if (pairings[p].client == &shk_endpoint_openssl) /* which always offers psk_dhe_ke */
            continue;
        shk_endpoint_config client = client_config(SHK_TLS13);
        shk_endpoint_config server = p256_server(SHK_TLS13);
        give_psk(&client, &server);
        client.suites = server.suites = one(&suite);
        client.psk_mode = SHK_PSK_KE;
        server.psk_mode = SHK_PSK_EITHER;
        const shk_verdict verdict = drive_good(&pairings[p], &client, &server, NULL);
        assert_true(verdict.client.external_psk);
        assert_int_equal(verdict.client.group, 0);
        assert_int_equal(verdict.server.group, 0);
    }
}

static shk_verdict drive_with_status(const pairing *pair, uint16_t version, const char *file)
{
    shk_endpoint_config client = client_config(version);
    shk_endpoint_config server = p256_server(version);
    client.status_request = SHK_STAPLING_DEMAND;
    server.status_file = file;
    return drive(pair, &client, &server, NULL);
}

static void a_good_ocsp_response_is_verified(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSIONS; v++)
        for (size_t p = 0; p < PAIRINGS; p++) {
            const shk_verdict verdict =
                drive_with_status(&pairings[p], versions[v], PKI "p256.ocsp");
            assert_int_equal(verdict.kind, SHK_VERDICT_GOOD);
            assert_true(verdict.client.status_verified);
        }
}

/* libssl has one alert for whatever its user finds. */
static void an_ocsp_response_that_is_not_good_is_refused_with_its_alert(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        int gnutls;
    } rows[] = {
        {PKI "p256-revoked.ocsp", SHK_ALERT_certificate_revoked},
        {PKI "p256-stale.ocsp", SHK_ALERT_bad_certificate_status_response},
        {PKI "rsa2048.ocsp", SHK_ALERT_bad_certificate_status_response},
        {NULL, SHK_ALERT_bad_certificate_status_response},
    };
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++)
        for (size_t v = 0; v < VERSIONS; v++)
            for (size_t p = 0; p < PAIRINGS; p++) {
                const int alert = pairings[p].client == &shk_endpoint_gnutls
                                      ? rows[r].gnutls
                                      : SHK_ALERT_bad_certificate_status_response;
                const shk_verdict verdict =
                    drive_with_status(&pairings[p], versions[v], rows[r].file);
                assert_int_not_equal(verdict.kind, SHK_VERDICT_GOOD);
                assert_int_equal(verdict.client.alert_sent, alert);
                assert_false(verdict.client.status_verified);
            }
}

static void a_resumed_handshake_needs_no_ocsp_response(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSIONS; v++)
        for (size_t p = 0; p < PAIRINGS; p++) {
            shk_endpoint_setup *setups[2];
            shk_endpoint_config client = client_config(versions[v]);
            shk_endpoint_config server = p256_server(versions[v]);
            client.status_request = SHK_STAPLING_DEMAND;
            client.resume = true;
            server.status_file = PKI "p256.ocsp";
            set_up(&pairings[p], &client, &server, setups);
            connect_over(&pairings[p], setups, 1, NULL);
            const shk_verdict second = connect_over(&pairings[p], setups, 3, NULL);
            tear_down(&pairings[p], setups);
            assert_int_equal(second.kind, SHK_VERDICT_GOOD);
            assert_true(second.client.resumed);
            assert_false(second.client.status_verified);
        }
}

static void scts_are_counted_by_a_client_that_asked(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSIONS; v++) {
        shk_endpoint_config client = client_config(versions[v]);
        shk_endpoint_config server = p256_server(versions[v]);
        server.sct_file = PKI "two.scts";
        assert_int_equal(drive_good(&pairings[0], &client, &server, NULL).client.sct_count, 0);
        client.signed_certificate_timestamp = true;
        assert_int_equal(drive_good(&pairings[0], &client, &server, NULL).client.sct_count, 2);
    }
}

static const pairing gnutls_alone = {&shk_endpoint_gnutls, &shk_endpoint_gnutls};

static void a_raw_key_is_taken_if_it_is_the_trusted_one(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSIONS; v++) {
        shk_endpoint_config client = client_config(versions[v]);
        shk_endpoint_config server = p256_server(versions[v]);
        client.raw_server_key = server.raw_server_key = true;
        client.peer_key_file = PKI "p256.pem";
        shk_verdict verdict = drive_good(&gnutls_alone, &client, &server, NULL);
        assert_true(verdict.client.raw_public_key && verdict.server.raw_public_key);
        client.peer_key_file = PKI "p384.pem";
        verdict = drive(&gnutls_alone, &client, &server, NULL);
        assert_int_equal(verdict.kind, SHK_VERDICT_REFUSED);
        assert_int_equal(verdict.client.alert_sent, SHK_ALERT_bad_certificate);
    }
}

static void a_client_authenticates_by_a_raw_key(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSIONS; v++) {
        shk_endpoint_config client = client_config(versions[v]);
        shk_endpoint_config server = p256_server(versions[v]);
        client.raw_server_key = server.raw_server_key = true;
        client.certificate_file = server.peer_key_file = PKI "client-p256.pem";
        client.key_file = PKI "client-p256.key";
        server.client_auth = SHK_CLIENT_AUTH_REQUIRE;
        assert_true(drive_good(&gnutls_alone, &client, &server, NULL).server.client_authenticated);
    }
}

/* A GnuTLS client sends record_size_limit, too. Without it, a GnuTLS server of TLS 1.2 agrees to
 * the length and sends what it likes. */
static void max_fragment_length_limits_what_the_server_sends(void **state)
{
    (void)state;
    for (size_t v = 0; v < VERSIONS; v++)
        for (size_t p = 0; p < PAIRINGS; p++) {
            const bool heeded = pairings[p].client == &shk_endpoint_gnutls ||
                                pairings[p].server == &shk_endpoint_openssl ||
                                versions[v] == SHK_TLS13;
            const shk_drive_options options = {.data = heeded ? 5000 : 1000};
            shk_endpoint_config client = client_config(versions[v]);
            const shk_endpoint_config server = p256_server(versions[v]);
            client.max_fragment_length = 1024;
            const shk_verdict verdict = drive_good(&pairings[p], &client, &server, &options);
            assert_int_equal(verdict.server.send_limit, 1024);
        }
}

static void record_size_limit_limits_what_the_peer_sends(void **state)
{
    (void)state;
    const shk_drive_options options = {.data = 5000};
    for (size_t v = 0; v < VERSIONS; v++) {
        shk_endpoint_config client = client_config(versions[v]);
        shk_endpoint_config server = p256_server(versions[v]);
        client.record_size_limit = 1000;
        server.record_size_limit = 2000;
        const shk_verdict verdict = drive_good(&gnutls_alone, &client, &server, &options);
        const uint16_t type = versions[v] == SHK_TLS13; /* whose byte counts, too */
        assert_int_equal(verdict.server.send_limit, 1000 - type);
        assert_int_equal(verdict.client.send_limit, 2000 - type);
    }
}

/* The largest record of each end. */
typedef struct {
    shk_buf streams[2];
} record_sizes;

static void note_flight(void *context, bool from_server, shk_span bytes)
{
    record_sizes *sizes = context;
    assert_int_equal(shk_buf_append(&sizes->streams[from_server], bytes), SHK_OK);
}

static size_t largest_record(const shk_buf *stream)
{
    enum { HEADER = 5 };
    size_t largest = 0;
    for (size_t at = 0; at + HEADER <= stream->len;) {
        const size_t len = (size_t)(stream->data[at + 3] << 8 | stream->data[at + 4]);
        largest = len > largest ? len : largest;
        at += HEADER + len;
    }
    return largest;
}

static void max_send_fragment_limits_the_records_that_are_sent(void **state)
{
    (void)state;
    enum { LIMIT = 2000, OVERHEAD = 64 };
    for (size_t v = 0; v < VERSIONS; v++)
        for (size_t p = 0; p < PAIRINGS; p++) {
            record_sizes sizes = {
                {shk_buf_growing(&shk_libc_allocator), shk_buf_growing(&shk_libc_allocator)}};
            const shk_drive_options options = {
                .data = 10000, .observer = note_flight, .observer_context = &sizes};
            shk_endpoint_config client = client_config(versions[v]);
            shk_endpoint_config server = p256_server(versions[v]);
            client.max_send_fragment = server.max_send_fragment = LIMIT;
            drive_good(&pairings[p], &client, &server, &options);
            for (size_t end = 0; end < 2; end++) {
                const size_t largest = largest_record(&sizes.streams[end]);
                assert_true(largest >= LIMIT && largest <= LIMIT + OVERHEAD);
                shk_buf_free(&sizes.streams[end]);
            }
        }
}

static void expect_missing(const shk_endpoint_kind *kind, const shk_endpoint_config *config,
                           const char *option)
{
    char why[SHK_WHY_SIZE] = "";
    shk_endpoint_setup *setup = NULL;
    if (kind->setup(config, &setup, why))
        fail_msg("%s took %s", kind->name, option);
    if (strstr(why, option) == NULL)
        fail_msg("%s does not name %s: %s", kind->name, option, why);
}

/* Whether the linked GnuTLS is one before 3.8.1. */
static bool is_old_gnutls(void)
{
    char *rest;
    const long major = strtol(shk_endpoint_gnutls.library_version(), &rest, 10);
    const long minor = strtol(rest + 1, &rest, 10), patch = strtol(rest + 1, &rest, 10);
    return major * 10000 + minor * 100 + patch < 30801;
}

#define GIVE_FLAG(field) config.field = true;
#define GIVE_TEXT(field) config.field = "some";
#define GIVE_NUMBER(field) config.field = 1;
#define GIVE_OPTIONAL(field) config.field.is_given = true;
#define GIVE_CODE_POINTS(field) config.field = (shk_u16s){versions, 1};
#define GIVE_BYTES(field) config.field = shk_span_of_text("some");
#define GIVE_CHOICE(field) fail_msg("no value is written for %s", #field);
#define GIVE_OWN(field) GIVE_CHOICE(field)

static void expect_lacking_settings_named(const shk_endpoint_kind *library, unsigned kind)
{
    shk_endpoint_config config;
#define SHK_SETTING(option, field, type, of, argument, whose, kinds, versions, ours, help)         \
    if ((SHK_KINDS_##kinds & kind) == 0) {                                                         \
        config = client_config(0);                                                                 \
        GIVE_##type(field) expect_missing(library, &config, #field);                               \
    }
#include "endpoint/settings.def"
}

static void a_setting_that_a_library_lacks_is_named(void **state)
{
    (void)state;
    expect_lacking_settings_named(&shk_endpoint_openssl, SHK_KINDS_OPENSSL);
    expect_lacking_settings_named(&shk_endpoint_gnutls, SHK_KINDS_GNUTLS);
}

/* Some values of a setting that it has, or by its version. */
static void a_value_that_a_library_lacks_is_named(void **state)
{
    (void)state;
    shk_endpoint_config config = client_config(0);
    config.psk_import = true;
    if (is_old_gnutls())
        expect_missing(&shk_endpoint_gnutls, &config, "psk_import");
    config = client_config(0);
    config.require_extended_master_secret = true;
    if (is_old_gnutls())
        expect_missing(&shk_endpoint_gnutls, &config, "require_extended_master_secret");
    config = client_config(0);
    config.more_psks[0] = (shk_endpoint_psk){"two", shk_span_of(psk_key, 8)};
    expect_missing(&shk_endpoint_openssl, &config, "a second PSK");
    expect_missing(&shk_endpoint_gnutls, &config, "a second PSK");
    config = client_config(0);
    config.key_shares = 2;
    expect_missing(&shk_endpoint_openssl, &config, "key_shares");
    config = client_config(0);
    config.psk_mode = SHK_PSK_KE;
    expect_missing(&shk_endpoint_openssl, &config, "psk_mode");
    config = client_config(0);
    config.compress_certificate = "lzma";
    expect_missing(&shk_endpoint_openssl, &config, "compress_certificate");
    expect_missing(&shk_endpoint_gnutls, &config, "compress_certificate");
}

/* Which methods a library has is for it to say; where it takes one, it must use it. */
static void certificates_are_compressed_where_the_library_can(void **state)
{
    (void)state;
    static const char *const methods[] = {"zlib", "brotli", "zstd"};
    for (size_t m = 0; m < sizeof methods / sizeof methods[0]; m++)
        for (size_t p = 0; p < PAIRINGS; p++) {
            char why[2][SHK_WHY_SIZE] = {"", ""};
            shk_endpoint_setup *setups[2] = {NULL, NULL};
            shk_endpoint_config client = client_config(SHK_TLS13);
            shk_endpoint_config server = p256_server(SHK_TLS13);
            client.compress_certificate = server.compress_certificate = methods[m];
            const bool good[2] = {pairings[p].client->setup(&client, &setups[0], why[0]),
                                  pairings[p].server->setup(&server, &setups[1], why[1])};
            if (good[0] && good[1])
                assert_true(
                    connect_over(&pairings[p], setups, 1, NULL).client.certificate_compressed);
            for (size_t end = 0; end < 2; end++)
                assert_true(good[end] || strstr(why[end], "compress_certificate") != NULL);
            tear_down(&pairings[p], setups);
        }
}

/* Of several, the server takes the one that the client has. */
static void each_of_several_psks_is_agreed_on(void **state)
{
    (void)state;
    static const char *const names[] = {"one", "two", "three", "four"};
    for (size_t p = 0; p < ALL_PAIRINGS; p++)
        for (size_t n = 0; n < SHK_MAX_PSKS; n++) {
            shk_endpoint_config client = client_config(SHK_TLS13);
            shk_endpoint_config server = p256_server(SHK_TLS13);
            if (all_pairings[p].server != &shk_endpoint_ours)
                continue;
            server.psk_identity = names[0];
            server.psk_key = shk_span_of(psk_key, sizeof psk_key);
            for (size_t i = 1; i < SHK_MAX_PSKS; i++)
                server.more_psks[i - 1] =
                    (shk_endpoint_psk){names[i], shk_span_of(psk_key + i, sizeof psk_key - i)};
            client.psk_identity = names[n];
            client.psk_key = shk_span_of(psk_key + n, sizeof psk_key - n);
            const shk_verdict verdict = drive_good(&all_pairings[p], &client, &server, NULL);
            assert_true(verdict.client.external_psk && verdict.server.external_psk);
        }
}

static void both_ends_tell_the_name_that_the_client_asks_for(void **state)
{
    (void)state;
    for (size_t p = 0; p < ALL_PAIRINGS; p++)
        for (size_t v = 0; v < VERSIONS; v++) {
            const shk_endpoint_config client = client_config(versions[v]);
            const shk_endpoint_config server = p256_server(versions[v]);
            const shk_verdict verdict = drive_good(&all_pairings[p], &client, &server, NULL);
            assert_string_equal(verdict.client.server_name, "server.shakedown.test");
            assert_string_equal(verdict.server.server_name, "server.shakedown.test");
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_psk_exchange_of_tls12_is_agreed_on),
        cmocka_unit_test(a_psk_suite_with_another_key_is_refused),
        cmocka_unit_test(each_of_several_psks_is_agreed_on),
        cmocka_unit_test(both_ends_tell_the_name_that_the_client_asks_for),
        cmocka_unit_test(anonymous_suites_need_no_certificate),
        cmocka_unit_test(null_suites_are_agreed_on_when_listed),
        cmocka_unit_test(dhe_suites_are_agreed_on_for_rsa_and_dss),
        cmocka_unit_test(the_second_certificate_is_chosen_by_its_kind_of_key),
        cmocka_unit_test(the_second_certificate_is_chosen_by_its_name),
        cmocka_unit_test(a_psk_is_used_alone_where_the_client_wants_it_so),
        cmocka_unit_test(a_good_ocsp_response_is_verified),
        cmocka_unit_test(an_ocsp_response_that_is_not_good_is_refused_with_its_alert),
        cmocka_unit_test(a_resumed_handshake_needs_no_ocsp_response),
        cmocka_unit_test(scts_are_counted_by_a_client_that_asked),
        cmocka_unit_test(a_raw_key_is_taken_if_it_is_the_trusted_one),
        cmocka_unit_test(a_client_authenticates_by_a_raw_key),
        cmocka_unit_test(max_fragment_length_limits_what_the_server_sends),
        cmocka_unit_test(record_size_limit_limits_what_the_peer_sends),
        cmocka_unit_test(max_send_fragment_limits_the_records_that_are_sent),
        cmocka_unit_test(a_setting_that_a_library_lacks_is_named),
        cmocka_unit_test(a_value_that_a_library_lacks_is_named),
        cmocka_unit_test(certificates_are_compressed_where_the_library_can),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
