/* The result of an OpenSSL connection (openssl_kind.h). */
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

#include "endpoint/openssl/openssl_kind.h"
#include "endpoint/printable.h"
#include "shakedown/types.h"

/* Code points of the groups that libssl returns as a NID; of others the low half is the code point.
 */
static uint16_t group_of_nid(int nid)
{
    static const struct {
        int nid;
        uint16_t group;
    } rows[] = {
        {NID_X9_62_prime256v1, 0x0017},
        {NID_secp384r1, 0x0018},
        {NID_secp521r1, 0x0019},
        {NID_X25519, 0x001d},
        {NID_X448, 0x001e},
        {NID_ffdhe2048, 0x0100},
        {NID_ffdhe3072, 0x0101},
        {NID_ffdhe4096, 0x0102},
        {NID_ffdhe6144, 0x0103},
        {NID_ffdhe8192, 0x0104},
        {NID_brainpoolP256r1, 0x001a},
        {NID_brainpoolP384r1, 0x001b},
        {NID_brainpoolP512r1, 0x001c},
#ifdef NID_brainpoolP256r1tls13
        {NID_brainpoolP256r1tls13, 0x001f},
        {NID_brainpoolP384r1tls13, 0x0020},
        {NID_brainpoolP512r1tls13, 0x0021},
#endif
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].nid == nid)
            return rows[i].group;
    return (nid & TLSEXT_nid_unknown) != 0 ? (uint16_t)(nid & 0xffff) : 0;
}

/* The group of the peer's key exchange message. SSL_get_negotiated_group is right for a server's
 * ECDHE, but at a client that also offered TLS 1.3 it returns the group of the unused key share,
 * and below TLS 1.3 none of RFC 7919. */
static uint16_t group_of_peer_key(SSL *ssl)
{
    EVP_PKEY *key = NULL;
    char name[64] = "";
    if (SSL_get_peer_tmp_key(ssl, &key) != 1)
        return 0;
    uint16_t group = group_of_nid(EVP_PKEY_get_id(key));
    if (group == 0 && EVP_PKEY_get_group_name(key, name, sizeof name, NULL) == 1)
        group = group_of_nid(OBJ_txt2nid(name));
    EVP_PKEY_free(key);
    return group;
}

/* In TLS 1.3 with psk_ke, SSL_get_negotiated_group returns the group of the earlier session. */
static uint16_t negotiated_group(const shk_endpoint *end)
{
    SSL *ssl = end->ssl;
    const int exchange = SSL_CIPHER_get_kx_nid(SSL_get_current_cipher(ssl));
    const bool curve = exchange == NID_kx_ecdhe || exchange == NID_kx_ecdhe_psk;
    const bool field = exchange == NID_kx_dhe || exchange == NID_kx_dhe_psk;
    if (SSL_version(ssl) == TLS1_3_VERSION)
        return end->key_shared ? group_of_nid((int)SSL_get_negotiated_group(ssl)) : 0;
    if (SSL_session_reused(ssl) || !(curve || field))
        return 0;
    return SSL_is_server(ssl) && curve ? group_of_nid((int)SSL_get_negotiated_group(ssl))
                                       : group_of_peer_key(ssl);
}

/* The server's key, in a certificate or raw; NULL: there is none. */
static EVP_PKEY *server_key(SSL *ssl)
{
#ifdef TLSEXT_cert_type_rpk
    EVP_PKEY *raw = SSL_is_server(ssl) ? NULL : SSL_get0_peer_rpk(ssl);
    if (raw != NULL)
        return raw;
#endif
    X509 *certificate =
        SSL_is_server(ssl) ? SSL_get_certificate(ssl) : SSL_get0_peer_certificate(ssl);
    return certificate != NULL ? X509_get0_pubkey(certificate) : NULL;
}

/* Whether the key has signature schemes of its own: an RSA-PSS key, and in TLS 1.3, where the
 * scheme fixes the curve, a brainpool key (RFC 8734). */
static bool is_special(SSL *ssl)
{
    char curve[64] = "";
    const EVP_PKEY *key = server_key(ssl);
    if (key == NULL || EVP_PKEY_get_base_id(key) != EVP_PKEY_EC)
        return key != NULL && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA_PSS;
    return SSL_version(ssl) == TLS1_3_VERSION &&
           EVP_PKEY_get_group_name(key, curve, sizeof curve, NULL) == 1 &&
           strncmp(curve, "brainpool", strlen("brainpool")) == 0;
}

static uint16_t scheme_of(SSL *ssl)
{
    static const struct {
        int type;
        int hash;
        bool special;
        uint16_t scheme;
    } rows[] = {
        {EVP_PKEY_RSA, NID_sha1, false, 0x0201},       {EVP_PKEY_EC, NID_sha1, false, 0x0203},
        {EVP_PKEY_DSA, NID_sha1, false, 0x0202},       {EVP_PKEY_DSA, NID_sha256, false, 0x0402},
        {EVP_PKEY_DSA, NID_sha384, false, 0x0502},     {EVP_PKEY_DSA, NID_sha512, false, 0x0602},
        {EVP_PKEY_RSA, NID_sha256, false, 0x0401},     {EVP_PKEY_EC, NID_sha256, false, 0x0403},
        {EVP_PKEY_RSA, NID_sha384, false, 0x0501},     {EVP_PKEY_EC, NID_sha384, false, 0x0503},
        {EVP_PKEY_RSA, NID_sha512, false, 0x0601},     {EVP_PKEY_EC, NID_sha512, false, 0x0603},
        {EVP_PKEY_RSA_PSS, NID_sha256, false, 0x0804}, {EVP_PKEY_RSA_PSS, NID_sha256, true, 0x0809},
        {EVP_PKEY_RSA_PSS, NID_sha384, false, 0x0805}, {EVP_PKEY_RSA_PSS, NID_sha384, true, 0x080a},
        {EVP_PKEY_RSA_PSS, NID_sha512, false, 0x0806}, {EVP_PKEY_RSA_PSS, NID_sha512, true, 0x080b},
        {EVP_PKEY_ED25519, NID_undef, false, 0x0807},  {EVP_PKEY_ED448, NID_undef, false, 0x0808},
        {EVP_PKEY_EC, NID_sha256, true, 0x081a},       {EVP_PKEY_EC, NID_sha384, true, 0x081b},
        {EVP_PKEY_EC, NID_sha512, true, 0x081c},
    };
    int type = NID_undef;
    int hash = NID_undef;
    if (SSL_is_server(ssl)) {
        if (SSL_get_signature_type_nid(ssl, &type) == 1)
            (void)SSL_get_signature_nid(ssl, &hash);
    } else if (SSL_get_peer_signature_type_nid(ssl, &type) == 1) {
        (void)SSL_get_peer_signature_nid(ssl, &hash);
    }
    const bool special = is_special(ssl);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].type == type && rows[i].hash == hash && rows[i].special == special)
            return rows[i].scheme;
    return 0;
}

/* libssl reports both a session and an external PSK as "reused". At a client that has just
 * connected the session still has the secret that was accepted; tickets that follow replace it. */
static bool used_external_psk(const shk_endpoint *end)
{
    const shk_endpoint_setup *setup = SSL_CTX_get_app_data(SSL_get_SSL_CTX(end->ssl));
    uint8_t secret[SSL_MAX_MASTER_KEY_LENGTH];
    if (setup->config.psk_identity == NULL || SSL_version(end->ssl) != TLS1_3_VERSION)
        return false;
    if (setup->config.server)
        return end->found_psk;
    const size_t len = SSL_SESSION_get_master_key(SSL_get_session(end->ssl), secret, sizeof secret);
    const bool used = shk_span_equal(shk_span_of(secret, len), setup->config.psk_key);
    shk_wipe(secret, sizeof secret);
    return used;
}

/* Below TLS 1.3: one of the suites with "PSK" in their names. */
static bool is_psk_exchange(int exchange)
{
    return exchange == NID_kx_psk || exchange == NID_kx_dhe_psk || exchange == NID_kx_ecdhe_psk ||
           exchange == NID_kx_rsa_psk;
}

static bool is_signed(const SSL_CIPHER *cipher)
{
    const int exchange = SSL_CIPHER_get_kx_nid(cipher);
    const int auth = SSL_CIPHER_get_auth_nid(cipher);
    return exchange != NID_kx_rsa && exchange != NID_kx_rsa_psk && auth != NID_auth_null &&
           auth != NID_auth_psk;
}

static bool has_peer_key(SSL *ssl)
{
#ifdef TLSEXT_cert_type_rpk
    if (SSL_get0_peer_rpk(ssl) != NULL)
        return true;
#endif
    return SSL_get0_peer_certificate(ssl) != NULL;
}

bool shk_openssl_has_client_auth(SSL *ssl)
{
    return SSL_is_server(ssl) && has_peer_key(ssl) && SSL_get_verify_result(ssl) == X509_V_OK;
}

static bool is_server_key_raw(SSL *ssl)
{
#ifdef TLSEXT_cert_type_rpk
    return !SSL_session_reused(ssl) &&
           SSL_get_negotiated_server_cert_type(ssl) == TLSEXT_cert_type_rpk;
#else
    (void)ssl;
    return false;
#endif
}

static bool is_cbc(const SSL_CIPHER *suite)
{
    const EVP_CIPHER *cipher = EVP_get_cipherbynid(SSL_CIPHER_get_cipher_nid(suite));
    return cipher != NULL && EVP_CIPHER_get_mode(cipher) == EVP_CIPH_CBC_MODE;
}

/* RFC 6066 §4: 2^9 bytes for 1, to 2^12 for 4; it binds both ends. */
static uint16_t send_limit(SSL *ssl)
{
    const unsigned length = SSL_SESSION_get_max_fragment_length(SSL_get_session(ssl));
    if (length == TLSEXT_max_fragment_length_DISABLED)
        return 0;
    return (uint16_t)(1u << (8 + length));
}

void shk_openssl_note_negotiated(shk_endpoint *end)
{
    SSL *ssl = end->ssl;
    shk_endpoint_result *result = &end->result;
    const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
    const unsigned char *alpn = NULL;
    unsigned int alpn_len = 0;
    result->version = (uint16_t)SSL_version(ssl);
    result->suite = SSL_CIPHER_get_protocol_id(cipher);
    const bool reused = SSL_session_reused(ssl) == 1;
    result->external_psk =
        reused ? used_external_psk(end) : is_psk_exchange(SSL_CIPHER_get_kx_nid(cipher));
    result->resumed = reused && !result->external_psk;
    result->client_authenticated = shk_openssl_has_client_auth(ssl);
    result->group = negotiated_group(end);
    const bool has_scheme = result->version >= SHK_TLS12 && !reused && is_signed(cipher);
    result->scheme = has_scheme ? scheme_of(ssl) : 0;
    SSL_get0_alpn_selected(ssl, &alpn, &alpn_len);
    shk_printable_text(shk_span_of(alpn, alpn_len), result->alpn, sizeof result->alpn);
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (name != NULL)
        shk_printable_text(shk_span_of_text(name), result->server_name, sizeof result->server_name);
    result->early_data = SSL_get_early_data_status(ssl) == SSL_EARLY_DATA_ACCEPTED;
    result->extended_master_secret = result->version < SHK_TLS13 && SSL_get_extms_support(ssl) == 1;
    result->secure_renegotiation =
        result->version < SHK_TLS13 && SSL_get_secure_renegotiation_support(ssl) == 1;
    result->encrypt_then_mac &= is_cbc(cipher); /* a server answers with NULL suites too */
    result->raw_public_key = is_server_key_raw(ssl);
    result->sct_count = shk_openssl_count_scts(end);
    result->send_limit = send_limit(ssl);
    ERR_clear_error();
}
