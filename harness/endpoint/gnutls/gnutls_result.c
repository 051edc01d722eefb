/* The result of a GnuTLS connection (gnutls_kind.h). */
#include <stdio.h>
#include <string.h>

#include "endpoint/facts.h"
#include "endpoint/gnutls/gnutls_kind.h"
#include "endpoint/gnutls/gnutls_priority.h"
#include "endpoint/printable.h"

/* GnuTLS has a function for the suite from 3.7.4 on; this works with all versions. */
static uint16_t suite_of(gnutls_session_t session, uint16_t version)
{
    const gnutls_cipher_algorithm_t cipher = gnutls_cipher_get(session);
    const gnutls_mac_algorithm_t mac = gnutls_mac_get(session);
    const gnutls_kx_algorithm_t kx = gnutls_kx_get(session);
    unsigned char id[2];
    gnutls_kx_algorithm_t row_kx;
    gnutls_cipher_algorithm_t row_cipher;
    gnutls_mac_algorithm_t row_mac;
    gnutls_protocol_t row_min;
    for (size_t i = 0; gnutls_cipher_suite_info(i, id, &row_kx, &row_cipher, &row_mac, &row_min);
         i++)
        if (row_cipher == cipher && row_mac == mac &&
            (version == SHK_TLS13 ? row_min == GNUTLS_TLS1_3
                                  : row_min != GNUTLS_TLS1_3 && row_kx == kx))
            return (uint16_t)(id[0] << 8 | id[1]);
    return 0;
}

static uint16_t group_of(gnutls_session_t session)
{
    static const struct {
        gnutls_group_t id;
        uint16_t group;
    } rows[] = {
        {GNUTLS_GROUP_SECP256R1, 0x0017}, {GNUTLS_GROUP_SECP384R1, 0x0018},
        {GNUTLS_GROUP_SECP521R1, 0x0019}, {GNUTLS_GROUP_X25519, 0x001d},
        {GNUTLS_GROUP_X448, 0x001e},      {GNUTLS_GROUP_FFDHE2048, 0x0100},
        {GNUTLS_GROUP_FFDHE3072, 0x0101}, {GNUTLS_GROUP_FFDHE4096, 0x0102},
        {GNUTLS_GROUP_FFDHE6144, 0x0103}, {GNUTLS_GROUP_FFDHE8192, 0x0104},
    };
    const gnutls_group_t id = gnutls_group_get(session);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].id == id)
            return rows[i].group;
    return 0;
}

static bool is_psk_exchange(gnutls_kx_algorithm_t kx)
{
    return kx == GNUTLS_KX_PSK || kx == GNUTLS_KX_ECDHE_PSK || kx == GNUTLS_KX_DHE_PSK ||
           kx == GNUTLS_KX_RSA_PSK;
}

/* Whether the key exchange includes Diffie-Hellman. */
static bool is_exchanged(gnutls_kx_algorithm_t kx)
{
    return kx != GNUTLS_KX_RSA && kx != GNUTLS_KX_PSK && kx != GNUTLS_KX_RSA_PSK;
}

static bool is_anonymous(gnutls_kx_algorithm_t kx)
{
    return kx == GNUTLS_KX_ANON_DH || kx == GNUTLS_KX_ANON_ECDH;
}

/* The name that the client asked for; as a client, our own. At most one (RFC 6066 §3). */
static void note_server_name(shk_endpoint *end)
{
    shk_endpoint_result *result = &end->result;
    const shk_endpoint_config *config = &end->setup->config;
    char asked[SHK_MAX_NAME + 1];
    size_t len = sizeof asked;
    unsigned type = 0;
    if (config->server && gnutls_server_name_get(end->session, asked, &len, &type, 0) == 0)
        shk_printable_text(shk_span_of(asked, len), result->server_name,
                           sizeof result->server_name);
    else if (!config->server && config->server_name != NULL && !end->setup->name_is_address)
        shk_printable_text(shk_span_of_text(config->server_name), result->server_name,
                           sizeof result->server_name);
}

void shk_gnutls_note_negotiated(shk_endpoint *end)
{
    gnutls_session_t session = end->session;
    shk_endpoint_result *result = &end->result;
    const unsigned flags = gnutls_session_get_flags(session);
    const unsigned version = gnutls_protocol_get_version(session);
    const gnutls_kx_algorithm_t kx = gnutls_kx_get(session);
    gnutls_datum_t alpn = {NULL, 0};
    result->version = (uint16_t)(SHK_TLS10 + (version - GNUTLS_TLS1_0));
    result->suite = suite_of(session, result->version);
    result->resumed = gnutls_session_is_resumed(session) != 0;
    const bool tls13 = result->version >= SHK_TLS13;
    const bool fresh = tls13 || !result->resumed;
    result->external_psk = !result->resumed && is_psk_exchange(kx);
    result->client_authenticated =
        end->setup->config.server && gnutls_certificate_get_peers(session, NULL) != NULL;
    result->group = fresh && is_exchanged(kx) ? group_of(session) : 0;
    const char *scheme =
        gnutls_sign_get_name((gnutls_sign_algorithm_t)gnutls_sign_algorithm_get(session));
    const bool is_signed = !result->resumed && is_exchanged(kx) && !is_psk_exchange(kx) &&
                           !is_anonymous(kx) && scheme != NULL;
    result->scheme =
        is_signed && result->version >= SHK_TLS12 ? shk_gnutls_scheme_named(scheme) : 0;
    if (gnutls_alpn_get_selected_protocol(session, &alpn) == 0)
        shk_printable_text(shk_span_of(alpn.data, alpn.size), result->alpn, sizeof result->alpn);
    note_server_name(end);
    result->early_data = (flags & GNUTLS_SFLAGS_EARLY_DATA) != 0;
    result->extended_master_secret = !tls13 && (flags & GNUTLS_SFLAGS_EXT_MASTER_SECRET) != 0;
    result->encrypt_then_mac = !tls13 && gnutls_session_etm_status(session) != 0;
    result->secure_renegotiation = !tls13 && gnutls_safe_renegotiation_status(session) != 0;
    result->raw_public_key =
        is_signed && gnutls_certificate_type_get2(session, GNUTLS_CTYPE_SERVER) == GNUTLS_CRT_RAWPK;
    result->send_limit = shk_gnutls_send_limit(end, tls13);
}

size_t shk_gnutls_channel_binding(shk_endpoint *end, const char *name, uint8_t *out)
{
    static const struct {
        const char *name;
        gnutls_channel_binding_t type;
    } rows[] = {
        {"tls-unique", GNUTLS_CB_TLS_UNIQUE},
        {"tls-server-end-point", GNUTLS_CB_TLS_SERVER_END_POINT},
#if GNUTLS_VERSION_NUMBER >= 0x030702
        {"tls-exporter", GNUTLS_CB_TLS_EXPORTER},
#endif
    };
    gnutls_datum_t binding = {NULL, 0};
    size_t len = 0;
    if (!end->was_connected || end->result.state == SHK_FAILED)
        return 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].name, name) == 0 &&
            gnutls_session_channel_binding(end->session, rows[i].type, &binding) == 0 &&
            binding.size <= SHK_MAX_BINDING) {
            len = binding.size;
            memcpy(out, binding.data, len);
        }
    gnutls_free(binding.data);
    return len;
}

static bool is_own_certificate_lost(const shk_endpoint_config *config,
                                    const shk_endpoint_result *result)
{
    const shk_suite_row *suite = shk_suite_of(result->suite);
    return config->server && suite != NULL && suite->key_exchange == SHK_KX_RSA_PSK;
}

static bool is_own_key_raw(const shk_endpoint_config *config, const shk_endpoint_result *result)
{
    (void)result;
    return !config->server && config->raw_client_key;
}

static bool is_prime_unnamed(const shk_endpoint_config *config, const shk_endpoint_result *result)
{
    const shk_suite_row *suite = shk_suite_of(result->suite);
    (void)config;
    return result->version < SHK_TLS13 && result->group == 0 && suite != NULL &&
           (shk_suite_form(suite) & SHK_FORM_DHE) != 0;
}

static const shk_untold_row untold[] = {
    {SHK_FACT_group, is_prime_unnamed,
     "GnuTLS names the group of DHE only where the client has offered it (RFC 7919)"},
    {SHK_FACT_tls_server_end_point, is_own_certificate_lost,
     "a GnuTLS server does not know its own certificate where the suite is of RSA_PSK"},
    {SHK_FACT_tls_server_end_point, is_own_key_raw,
     "a GnuTLS client whose own key comes raw takes the server's certificate for a raw key"},
};

void shk_gnutls_result(shk_endpoint *end, shk_endpoint_result *out)
{
    *out = end->result;
    shk_declare_untold(untold, sizeof untold / sizeof untold[0], &end->setup->config, out);
}
