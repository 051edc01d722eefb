/* What the tests of the harness share (support.h). */
#include "support.h"

enum { NOON_2025 = 1750161600 };

const pairing pairings[PAIRINGS] = {
    {&shk_endpoint_openssl, &shk_endpoint_openssl},
    {&shk_endpoint_openssl, &shk_endpoint_gnutls},
    {&shk_endpoint_gnutls, &shk_endpoint_openssl},
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

/* Both ends set up, opened, driven and closed. */
shk_verdict drive(const pairing *pair, const shk_endpoint_config *client,
                  const shk_endpoint_config *server, const shk_drive_options *options)
{
    char why[SHK_WHY_SIZE] = "";
    shk_endpoint_setup *setups[2] = {NULL, NULL};
    shk_verdict verdict;
    if (!pair->client->setup(client, &setups[0], why) ||
        !pair->server->setup(server, &setups[1], why))
        fail_msg("setup: %s", why);
    shk_endpoint *client_end = pair->client->open(setups[0], 1);
    shk_endpoint *server_end = pair->server->open(setups[1], 2);
    assert_non_null(client_end);
    assert_non_null(server_end);
    shk_drive(pair->client, client_end, pair->server, server_end, options, &verdict);
    pair->client->close(client_end);
    pair->server->close(server_end);
    pair->client->teardown(setups[0]);
    pair->server->teardown(setups[1]);
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
