/* What the tests of the harness share (pairings.h). */
#include "pairings.h"

enum { NOON_2025 = 1750161600 };

const pairing pairings[PAIRINGS] = {
    {&shk_endpoint_openssl, &shk_endpoint_openssl},
    {&shk_endpoint_openssl, &shk_endpoint_gnutls},
    {&shk_endpoint_gnutls, &shk_endpoint_openssl},
    {&shk_endpoint_gnutls, &shk_endpoint_gnutls},
};

const pairing all_pairings[ALL_PAIRINGS] = {
    {&shk_endpoint_ours, &shk_endpoint_ours},       {&shk_endpoint_ours, &shk_endpoint_openssl},
    {&shk_endpoint_ours, &shk_endpoint_gnutls},     {&shk_endpoint_openssl, &shk_endpoint_ours},
    {&shk_endpoint_openssl, &shk_endpoint_openssl}, {&shk_endpoint_openssl, &shk_endpoint_gnutls},
    {&shk_endpoint_gnutls, &shk_endpoint_ours},     {&shk_endpoint_gnutls, &shk_endpoint_openssl},
    {&shk_endpoint_gnutls, &shk_endpoint_gnutls},
};

const uint16_t versions[VERSIONS] = {SHK_TLS12, SHK_TLS13};

shk_u16s one(const uint16_t *value)
{
    return (shk_u16s){value, 1};
}

shk_endpoint_config client_config(uint16_t version)
{
    return (shk_endpoint_config){
        .min_version = version,
        .max_version = version,
        .ca_file = PKI "roots.pem",
        .server_name = "server.shakedown.test",
        .time = NOON_2025,
    };
}

shk_endpoint_config server_config(uint16_t version, const char *certificate, const char *key)
{
    return (shk_endpoint_config){
        .server = true,
        .min_version = version,
        .max_version = version,
        .certificate_file = certificate,
        .key_file = key,
        .time = NOON_2025,
    };
}

shk_endpoint_config p256_server(uint16_t version)
{
    return server_config(version, PKI "p256.pem", PKI "p256.key");
}

shk_endpoint_config rsa_server(uint16_t version)
{
    return server_config(version, PKI "rsa2048.pem", PKI "rsa2048.key");
}

void set_up(const pairing *pair, const shk_endpoint_config *client,
            const shk_endpoint_config *server, shk_endpoint_setup *setups[2])
{
    char why[SHK_WHY_SIZE] = "";
    setups[0] = setups[1] = NULL;
    if (!pair->client->setup(client, &setups[0], why) ||
        !pair->server->setup(server, &setups[1], why))
        fail_msg("setup: %s", why);
}

void tear_down(const pairing *pair, shk_endpoint_setup *setups[2])
{
    pair->client->teardown(setups[0]);
    pair->server->teardown(setups[1]);
}

shk_verdict connect_over(const pairing *pair, shk_endpoint_setup *setups[2], uint64_t seed,
                         const shk_drive_options *options)
{
    shk_verdict verdict;
    shk_endpoint *client_end = pair->client->open(setups[0], seed);
    shk_endpoint *server_end = pair->server->open(setups[1], seed + 1);
    assert_non_null(client_end);
    assert_non_null(server_end);
    shk_drive(pair->client, client_end, pair->server, server_end, options, &verdict);
    pair->client->close(client_end);
    pair->server->close(server_end);
    return verdict;
}

shk_verdict drive(const pairing *pair, const shk_endpoint_config *client,
                  const shk_endpoint_config *server, const shk_drive_options *options)
{
    shk_endpoint_setup *setups[2];
    set_up(pair, client, server, setups);
    const shk_verdict verdict = connect_over(pair, setups, 1, options);
    tear_down(pair, setups);
    return verdict;
}

shk_verdict drive_good(const pairing *pair, const shk_endpoint_config *client,
                       const shk_endpoint_config *server, const shk_drive_options *options)
{
    const shk_verdict verdict = drive(pair, client, server, options);
    if (verdict.kind != SHK_VERDICT_GOOD)
        fail_msg("%s client, %s server: %s: %s", pair->client->name, pair->server->name,
                 shk_verdict_name(verdict.kind), verdict.why);
    return verdict;
}
