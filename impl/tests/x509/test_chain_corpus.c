/* The chains of corpora/pki/chains in handshakes: each gets the verdict of its row in both roles,
 * in TLS 1.2 and 1.3. */
#include "conn_pair.h"

#include <stdio.h>
#include <string.h>

enum { SERVER = 1, CLIENT = 2, BOTH = SERVER | CLIENT };

typedef struct {
    const char *name;
    unsigned whose;
    const char *reference;
    int64_t time;
    uint8_t level;
    bool strict;
    const char *key;
    const char *anchors;
    shk_status verdict;
} chain_row;

#define SHK_E_OK SHK_OK
static const chain_row rows[] = {
#define SHK_CHAIN(name, whose, reference, time, level, strict, key, anchors, verdict, clause,      \
                  about)                                                                           \
    {name, whose, reference, time, level, strict, key, anchors, SHK_E_##verdict},
#include "../../corpora/pki/chains/chains.def"
#undef SHK_CHAIN
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static int64_t now_ms;

static int64_t row_clock(void *context)
{
    (void)context;
    return now_ms;
}

static shk_buf read_chain_file(const char *name, const char *ending)
{
    char path[128];
    snprintf(path, sizeof path, "corpora/pki/chains/%s.%s", name, ending);
    return read_source_file(path);
}

/* NULL: newer versions of libcrypto cannot read it, so that no end can send it. */
static shk_credential *credential_of(const chain_row *row)
{
    shk_buf chain = read_chain_file(row->name, "pem");
    shk_buf key = read_chain_file(row->key, "key");
    shk_credential *credential = NULL;
    const shk_status status =
        shk_credential_from_pem(shk_buf_span(&chain), shk_buf_span(&key), &credential);
    if (status != SHK_E_NO_CERTIFICATE || row->verdict != SHK_E_CERTIFICATE_PARSE)
        assert_case_fails(row->name, status, SHK_OK);
    shk_buf_free(&chain);
    shk_buf_free(&key);
    return credential;
}

static shk_trust *anchors_of(const chain_row *row)
{
    shk_buf pem = read_chain_file(row->anchors, "pem");
    shk_trust *trust = NULL;
    assert_int_equal(shk_trust_from_pem(shk_buf_span(&pem), &trust), SHK_OK);
    shk_buf_free(&pem);
    return trust;
}

/* The verifying end gets the row's anchors and settings; the other one sends the chain. */
static void play(const chain_row *row, bool by_server, uint16_t version)
{
    test_setup setup;
    test_pair pair;
    shk_credential *credential = credential_of(row);
    if (credential == NULL)
        return;
    test_setup_new(&setup, "p256");
    if (!by_server)
        test_with_client_certificate(&setup, "client-p256");
    shk_cert_info *known = credential->cert_info;
    shk_trust *trust = anchors_of(row);
    const shk_credential *credentials[1] = {credential};
    shk_config *shows = by_server ? &setup.server : &setup.client;
    shk_config *verifies = by_server ? &setup.client : &setup.server;
    now_ms = row->time * 1000;
    if (!by_server) /* whatever issuers the request names */
        credential->cert_info = NULL;
    shows->credentials = credentials;
    shows->credential_count = 1;
    verifies->trust = trust;
    verifies->clock.now_ms = row_clock;
    verifies->security_level = row->level;
    verifies->x509_strict = row->strict;
    setup.client.server_name = by_server ? row->reference : "server.shakedown.test";
    setup.client.max_version = version;
    test_pair_open_and_run(&pair, &setup);
    assert_refused(row->name, by_server ? pair.client : pair.server, row->verdict);
    if (row->verdict == SHK_OK)
        assert_connected(&pair);
    test_pair_close(&pair);
    shk_trust_free(trust);
    credential->cert_info = known;
    shk_credential_free(credential);
    test_setup_free(&setup);
}

static void play_all(unsigned whose, uint16_t version)
{
    for (size_t i = 0; i < ROWS; i++)
        if ((rows[i].whose & whose) != 0)
            play(&rows[i], whose == SERVER, version);
}

static void server_chains_get_their_verdicts_in_tls_12(void **state)
{
    (void)state;
    play_all(SERVER, SHK_TLS12);
}

static void server_chains_get_their_verdicts_in_tls_13(void **state)
{
    (void)state;
    play_all(SERVER, SHK_TLS13);
}

static void client_chains_get_their_verdicts_in_tls_12(void **state)
{
    (void)state;
    play_all(CLIENT, SHK_TLS12);
}

static void client_chains_get_their_verdicts_in_tls_13(void **state)
{
    (void)state;
    play_all(CLIENT, SHK_TLS13);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(server_chains_get_their_verdicts_in_tls_12),
        cmocka_unit_test(server_chains_get_their_verdicts_in_tls_13),
        cmocka_unit_test(client_chains_get_their_verdicts_in_tls_12),
        cmocka_unit_test(client_chains_get_their_verdicts_in_tls_13),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
