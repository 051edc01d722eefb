/* The OpenSSL endpoint: libssl on memory BIOs (endpoint.h). */
#include "endpoint/endpoint.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "endpoint/openssl_kind.h"
#include "shakedown/types.h"

enum { READ_SIZE = 16384 };

static void openssl_close(shk_endpoint *end)
{
    if (end == NULL)
        return;
    /* libssl forgets the session of a connection that it finds without close_notify; where the
     * connection was good, so is its session (RFC 5246 §7.2.1). */
    if (end->was_connected && end->result.state != SHK_FAILED)
        SSL_set_shutdown(end->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(end->ssl);
    shk_buf_wipe(&end->received);
    free(end);
}

/* A copy: libssl forgets a session of TLS 1.3 that was resumed, but the server may give no other.
 */
static void offer_session(SSL *ssl, const SSL_SESSION *session)
{
    SSL_SESSION *copy = SSL_SESSION_dup(session);
    if (copy != NULL)
        (void)SSL_set_session(ssl, copy);
    SSL_SESSION_free(copy);
}

static shk_endpoint *openssl_open(shk_endpoint_setup *setup, uint64_t seed)
{
    (void)seed;
    const shk_endpoint_config *config = &setup->config;
    shk_endpoint *end = calloc(1, sizeof *end);
    if (end == NULL)
        return NULL;
    end->received = shk_buf_growing(&shk_libc_allocator);
    end->result.alert_sent = -1;
    end->result.alert_received = -1;
    end->ssl = SSL_new(setup->ctx);
    end->in = BIO_new(BIO_s_mem());
    end->out = BIO_new(BIO_s_mem());
    if (end->ssl == NULL || end->in == NULL || end->out == NULL) {
        BIO_free(end->in);
        BIO_free(end->out);
        openssl_close(end);
        return NULL;
    }
    SSL_set_bio(end->ssl, end->in, end->out);
    SSL_set_app_data(end->ssl, end);
    if (config->server)
        SSL_set_accept_state(end->ssl);
    else
        SSL_set_connect_state(end->ssl);
    if (!config->server && config->server_name != NULL && !setup->name_is_address)
        SSL_set_tlsext_host_name(end->ssl, config->server_name);
    if (setup->session != NULL)
        offer_session(end->ssl, setup->session);
    return end;
}

/* `what` serves where OpenSSL gives no reason. */
static void fail(shk_endpoint *end, const char *what)
{
    char *why = end->result.why;
    const long verdict = SSL_get_verify_result(end->ssl);
    end->result.state = SHK_FAILED;
    why[0] = '\0';
    shk_openssl_append_reasons(why);
    if (verdict != X509_V_OK)
        shk_openssl_append(why, X509_verify_cert_error_string(verdict));
    if (why[0] == '\0')
        shk_openssl_append(why, what);
}

/* Code points of the groups that libssl names by a NID; it gives others with their code point in
 * the low half. */
static uint16_t group_of_nid(int nid)
{
    static const struct {
        int nid;
        uint16_t group;
    } rows[] = {
        {NID_X9_62_prime256v1, 0x0017}, {NID_secp384r1, 0x0018}, {NID_secp521r1, 0x0019},
        {NID_X25519, 0x001d},           {NID_X448, 0x001e},      {NID_ffdhe2048, 0x0100},
        {NID_ffdhe3072, 0x0101},        {NID_ffdhe4096, 0x0102}, {NID_ffdhe6144, 0x0103},
        {NID_ffdhe8192, 0x0104},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].nid == nid)
            return rows[i].group;
    return (nid & TLSEXT_nid_unknown) != 0 ? (uint16_t)(nid & 0xffff) : 0;
}

/* The key of the peer's ServerKeyExchange. SSL_get_negotiated_group would do for a server, but a
 * client that offered TLS 1.3 too finds there the group of the key share that came to nothing. */
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

static uint16_t negotiated_group(SSL *ssl)
{
    const bool tls13 = SSL_version(ssl) == TLS1_3_VERSION;
    if (!tls13 && (SSL_session_reused(ssl) ||
                   SSL_CIPHER_get_kx_nid(SSL_get_current_cipher(ssl)) != NID_kx_ecdhe))
        return 0;
    if (!tls13 && !SSL_is_server(ssl))
        return group_of_peer_key(ssl);
    return group_of_nid((int)SSL_get_negotiated_group(ssl));
}

static bool is_pss_key(SSL *ssl)
{
    X509 *certificate =
        SSL_is_server(ssl) ? SSL_get_certificate(ssl) : SSL_get0_peer_certificate(ssl);
    return certificate != NULL &&
           EVP_PKEY_get_base_id(X509_get0_pubkey(certificate)) == EVP_PKEY_RSA_PSS;
}

static uint16_t scheme_of(SSL *ssl)
{
    static const struct {
        int type;
        int hash;
        bool pss_key;
        uint16_t scheme;
    } rows[] = {
        {EVP_PKEY_RSA, NID_sha1, false, 0x0201},       {EVP_PKEY_EC, NID_sha1, false, 0x0203},
        {EVP_PKEY_RSA, NID_sha256, false, 0x0401},     {EVP_PKEY_EC, NID_sha256, false, 0x0403},
        {EVP_PKEY_RSA, NID_sha384, false, 0x0501},     {EVP_PKEY_EC, NID_sha384, false, 0x0503},
        {EVP_PKEY_RSA, NID_sha512, false, 0x0601},     {EVP_PKEY_EC, NID_sha512, false, 0x0603},
        {EVP_PKEY_RSA_PSS, NID_sha256, false, 0x0804}, {EVP_PKEY_RSA_PSS, NID_sha256, true, 0x0809},
        {EVP_PKEY_RSA_PSS, NID_sha384, false, 0x0805}, {EVP_PKEY_RSA_PSS, NID_sha384, true, 0x080a},
        {EVP_PKEY_RSA_PSS, NID_sha512, false, 0x0806}, {EVP_PKEY_RSA_PSS, NID_sha512, true, 0x080b},
        {EVP_PKEY_ED25519, NID_undef, false, 0x0807},  {EVP_PKEY_ED448, NID_undef, false, 0x0808},
    };
    int type = NID_undef;
    int hash = NID_undef;
    if (SSL_is_server(ssl)) {
        if (SSL_get_signature_type_nid(ssl, &type) == 1)
            (void)SSL_get_signature_nid(ssl, &hash);
    } else if (SSL_get_peer_signature_type_nid(ssl, &type) == 1) {
        (void)SSL_get_peer_signature_nid(ssl, &hash);
    }
    const bool pss_key = type == EVP_PKEY_RSA_PSS && is_pss_key(ssl);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].type == type && rows[i].hash == hash && rows[i].pss_key == pss_key)
            return rows[i].scheme;
    return 0;
}

/* libssl calls both a session and an external PSK "reused". At a client that has just connected the
 * session's secret is still that of what was accepted; later tickets change it. */
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

static bool is_client_authenticated(SSL *ssl)
{
    return SSL_is_server(ssl) && SSL_get0_peer_certificate(ssl) != NULL &&
           SSL_get_verify_result(ssl) == X509_V_OK;
}

static void note_negotiated(shk_endpoint *end)
{
    SSL *ssl = end->ssl;
    shk_endpoint_result *result = &end->result;
    const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
    const unsigned char *alpn = NULL;
    unsigned int alpn_len = 0;
    result->version = (uint16_t)SSL_version(ssl);
    result->suite = SSL_CIPHER_get_protocol_id(cipher);
    const bool reused = SSL_session_reused(ssl) == 1;
    result->external_psk = reused && used_external_psk(end);
    result->resumed = reused && !result->external_psk;
    result->client_authenticated = is_client_authenticated(ssl);
    result->group = negotiated_group(ssl);
    if (!reused && SSL_CIPHER_get_kx_nid(cipher) != NID_kx_rsa)
        result->scheme = scheme_of(ssl);
    SSL_get0_alpn_selected(ssl, &alpn, &alpn_len);
    if (alpn_len > 0 && alpn_len <= SHK_MAX_PROTOCOL)
        memcpy(result->alpn, alpn, alpn_len);
    result->early_data = SSL_get_early_data_status(ssl) == SSL_EARLY_DATA_ACCEPTED;
    result->extended_master_secret = result->version < SHK_TLS13 && SSL_get_extms_support(ssl) == 1;
    ERR_clear_error();
}

static void read_all(shk_endpoint *end)
{
    uint8_t data[READ_SIZE];
    size_t len = 0;
    int status;
    while ((status = SSL_read_ex(end->ssl, data, sizeof data, &len)) == 1)
        if (shk_buf_append(&end->received, shk_span_of(data, len)) != SHK_OK) {
            fail(end, "no memory");
            return;
        }
    const int error = SSL_get_error(end->ssl, status);
    if (error == SSL_ERROR_ZERO_RETURN)
        end->result.state = SHK_ENDED;
    else if (error != SSL_ERROR_WANT_READ)
        fail(end, "reading failed");
}

static void openssl_feed(shk_endpoint *end, shk_span bytes)
{
    shk_endpoint_result *result = &end->result;
    if (result->state == SHK_FAILED || result->state == SHK_ENDED)
        return;
    ERR_clear_error();
    size_t written = 0;
    if (bytes.len > 0 && BIO_write_ex(end->in, bytes.data, bytes.len, &written) != 1) {
        fail(end, "no memory");
        return;
    }
    if (result->state == SHK_HANDSHAKING) {
        const int status = SSL_do_handshake(end->ssl);
        if (status == 1) {
            result->state = SHK_CONNECTED;
            end->was_connected = true;
            note_negotiated(end);
        } else if (SSL_get_error(end->ssl, status) != SSL_ERROR_WANT_READ) {
            fail(end, "the handshake failed");
        }
    }
    if (result->state == SHK_CONNECTED)
        read_all(end);
    ERR_clear_error();
}

static void openssl_take(shk_endpoint *end, shk_buf *out)
{
    char *data = NULL;
    const long len = BIO_get_mem_data(end->out, &data);
    if (len <= 0)
        return;
    if (shk_buf_append(out, shk_span_of(data, (size_t)len)) != SHK_OK)
        fail(end, "no memory");
    (void)BIO_reset(end->out);
}

static bool openssl_write(shk_endpoint *end, shk_span data)
{
    if (!end->was_connected || end->result.state == SHK_FAILED)
        return false;
    ERR_clear_error();
    size_t written = 0;
    if (data.len == 0 || SSL_write_ex(end->ssl, data.data, data.len, &written) == 1)
        return true;
    fail(end, "writing failed");
    return false;
}

static size_t openssl_read(shk_endpoint *end, uint8_t *data, size_t cap)
{
    const size_t len = end->received.len < cap ? end->received.len : cap;
    if (len > 0)
        memcpy(data, end->received.data, len);
    shk_buf_drop(&end->received, len);
    return len;
}

static void openssl_shutdown(shk_endpoint *end)
{
    if (!end->was_connected || end->result.state == SHK_FAILED ||
        (SSL_get_shutdown(end->ssl) & SSL_SENT_SHUTDOWN) != 0)
        return;
    ERR_clear_error();
    if (SSL_shutdown(end->ssl) < 0 && SSL_get_error(end->ssl, -1) != SSL_ERROR_WANT_READ)
        fail(end, "closing failed");
    ERR_clear_error();
}

static bool openssl_key_update(shk_endpoint *end, bool request)
{
    const int type = request ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED;
    ERR_clear_error();
    const bool done = end->result.state == SHK_CONNECTED && end->result.version == SHK_TLS13 &&
                      SSL_key_update(end->ssl, type) == 1 && SSL_do_handshake(end->ssl) == 1;
    ERR_clear_error();
    return done;
}

static bool openssl_export_keys(shk_endpoint *end, const char *label, shk_span context,
                                uint8_t *out, size_t len)
{
    const bool done =
        end->was_connected &&
        SSL_export_keying_material(end->ssl, out, len, label, strlen(label), context.data,
                                   context.len, context.data != NULL) == 1;
    ERR_clear_error();
    return done;
}

static void openssl_result(shk_endpoint *end, shk_endpoint_result *out)
{
    *out = end->result;
}

static const char *openssl_version(void)
{
    return OpenSSL_version(OPENSSL_VERSION_STRING);
}

const shk_endpoint_kind shk_endpoint_openssl = {
    .name = "openssl",
    .library_version = openssl_version,
    .setup = shk_openssl_setup,
    .teardown = shk_openssl_teardown,
    .open = openssl_open,
    .close = openssl_close,
    .feed = openssl_feed,
    .take = openssl_take,
    .write = openssl_write,
    .read = openssl_read,
    .shutdown = openssl_shutdown,
    .key_update = openssl_key_update,
    .export_keys = openssl_export_keys,
    .result = openssl_result,
};
