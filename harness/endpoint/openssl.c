/* The OpenSSL endpoint: libssl on memory BIOs (endpoint.h). The only file that includes
 * <openssl/ssl.h>. Features are told by the macros of the API, not by the version: OpenSSL 3.0
 * to 3.5 are meant. */
#include "endpoint/endpoint.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "shakedown/types.h"

enum { LIST_SIZE = 8192, ALPN_SIZE = 1024, READ_SIZE = 16384 };

struct shk_endpoint_setup {
    shk_endpoint_config config;
    SSL_CTX *ctx;
    FILE *key_log;
    bool name_is_address;
    uint8_t alpn[ALPN_SIZE]; /* ProtocolNameList without its length (RFC 7301 §3.1) */
    size_t alpn_len;
};

struct shk_endpoint {
    SSL *ssl;
    BIO *in;  /* from the peer; `ssl` owns it */
    BIO *out; /* to the peer; likewise */
    shk_buf received;
    bool was_connected;
    shk_endpoint_result result; /* what is negotiated is filled in when the handshake ends */
};

/* Appends to a text, after a colon if it is not the first. */
static void append(char *why, const char *text)
{
    const size_t used = strlen(why);
    snprintf(why + used, SHK_WHY_SIZE - used, "%s%s", used > 0 ? ": " : "", text);
}

/* Appends the reasons of OpenSSL's error queue, and empties it. */
static void append_reasons(char *why)
{
    unsigned long error;
    while ((error = ERR_get_error()) != 0) {
        const char *reason = ERR_SYSTEM_ERROR(error) ? strerror(ERR_GET_REASON(error))
                                                     : ERR_reason_error_string(error);
        append(why, reason != NULL ? reason : "unknown error");
    }
}

static bool unusable(char *why, const char *what, const char *name)
{
    snprintf(why, SHK_WHY_SIZE, "%s %s is not usable", what, name);
    append_reasons(why);
    return false;
}

static bool unusable_value(char *why, const char *what, uint16_t value, const char *name)
{
    char text[128];
    snprintf(text, sizeof text, "0x%04x (%s)", value, name != NULL ? name : "no name");
    return unusable(why, what, text);
}

/* Appends a name to a list separated by colons. */
static bool join(char *list, const char *name)
{
    size_t used = strlen(list);
    int more = snprintf(list + used, LIST_SIZE - used, "%s%s", used > 0 ? ":" : "", name);
    return more > 0 && (size_t)more < LIST_SIZE - used;
}

/* Versions that the suites cannot serve are left out: libssl refuses to send a ClientHello without
 * a suite for its highest version, and fills a list without older suites with its default. */
static bool set_versions(shk_endpoint_setup *setup, bool has_13, bool has_older, char *why)
{
    uint16_t min = setup->config.min_version != 0 ? setup->config.min_version : SHK_TLS12;
    uint16_t max = setup->config.max_version != 0 ? setup->config.max_version : SHK_TLS13;
    if (has_13 && !has_older && min < SHK_TLS13)
        min = SHK_TLS13;
    if (has_older && !has_13 && max > SHK_TLS12)
        max = SHK_TLS12;
    if (min > max) {
        snprintf(why, SHK_WHY_SIZE, "no version from 0x%04x to 0x%04x can use one of the suites",
                 setup->config.min_version, setup->config.max_version);
        return false;
    }
    /* Level 1 lets everything in our tables through; TLS 1.0 and 1.1 need 0, as they sign with
     * SHA-1. */
    SSL_CTX_set_security_level(setup->ctx, min < SHK_TLS12 ? 0 : 1);
    SSL_CTX_set_dh_auto(setup->ctx, 1);
    if (SSL_CTX_set_min_proto_version(setup->ctx, min) != 1)
        return unusable_value(why, "version", min, shk_version_name(min));
    if (SSL_CTX_set_max_proto_version(setup->ctx, max) != 1)
        return unusable_value(why, "version", max, shk_version_name(max));
    return true;
}

/* Sorts the suites into libssl's two lists: TLS 1.3 suites, and the older ones. */
static bool sort_suites(SSL *ssl, shk_u16s suites, char *tls13, char *older, char *why)
{
    for (size_t i = 0; i < suites.count; i++) {
        const uint16_t value = suites.values[i];
        const uint8_t wire[2] = {(uint8_t)(value >> 8), (uint8_t)value};
        const SSL_CIPHER *cipher = SSL_CIPHER_find(ssl, wire);
        if (cipher == NULL)
            return unusable_value(why, "suite", value, shk_suite_name(value));
        char *list = SSL_CIPHER_get_kx_nid(cipher) == NID_kx_any ? tls13 : older;
        if (!join(list, SSL_CIPHER_get_name(cipher)))
            return unusable(why, "list of suites", "too long");
    }
    return true;
}

static bool set_suites(shk_endpoint_setup *setup, char *why)
{
    char tls13[LIST_SIZE] = "";
    char older[LIST_SIZE] = "";
    if (setup->config.suites.count == 0)
        return set_versions(setup, true, true, why);
    SSL *ssl = SSL_new(setup->ctx);
    bool sorted = ssl != NULL && sort_suites(ssl, setup->config.suites, tls13, older, why);
    SSL_free(ssl);
    if (!sorted || !set_versions(setup, tls13[0] != '\0', older[0] != '\0', why))
        return false;
    if (SSL_CTX_set_ciphersuites(setup->ctx, tls13) != 1)
        return unusable(why, "suites", tls13);
    if (older[0] != '\0' && SSL_CTX_set_cipher_list(setup->ctx, older) != 1)
        return unusable(why, "suites", older);
    return true;
}

static int set_groups(SSL_CTX *ctx, const char *list)
{
    return (int)SSL_CTX_set1_groups_list(ctx, list);
}

static int set_schemes(SSL_CTX *ctx, const char *list)
{
    return (int)SSL_CTX_set1_sigalgs_list(ctx, list);
}

/* Sets a list of code points that libssl knows by the same names as we do: each alone, to find the
 * culprit, then all. */
static bool set_names(SSL_CTX *ctx, shk_u16s values, shk_namer *namer,
                      int (*set)(SSL_CTX *, const char *), const char *what, char *why)
{
    char list[LIST_SIZE] = "";
    for (size_t i = 0; i < values.count; i++) {
        const char *name = namer(values.values[i]);
        if (name == NULL || set(ctx, name) != 1 || !join(list, name))
            return unusable_value(why, what, values.values[i], name);
    }
    return values.count == 0 || set(ctx, list) == 1 || unusable(why, what, list);
}

static bool set_certificate(const shk_endpoint_setup *setup, char *why)
{
    const char *certificate = setup->config.certificate_file;
    const char *key = setup->config.key_file;
    if (certificate == NULL && key == NULL)
        return !setup->config.server || unusable(why, "certificate file", "(none)");
    if (certificate == NULL || SSL_CTX_use_certificate_chain_file(setup->ctx, certificate) != 1)
        return unusable(why, "certificate file", certificate != NULL ? certificate : "(none)");
    if (key == NULL || SSL_CTX_use_PrivateKey_file(setup->ctx, key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(setup->ctx) != 1)
        return unusable(why, "key file", key != NULL ? key : "(none)");
    return true;
}

/* RFC 9525 §2: names are compared with the subjectAltName alone. */
static bool set_trust(shk_endpoint_setup *setup, char *why)
{
    const shk_endpoint_config *config = &setup->config;
    X509_VERIFY_PARAM *param = SSL_CTX_get0_param(setup->ctx);
    if (config->ca_file != NULL) {
        if (SSL_CTX_load_verify_locations(setup->ctx, config->ca_file, NULL) != 1)
            return unusable(why, "CA file", config->ca_file);
        if (!config->server)
            SSL_CTX_set_verify(setup->ctx, SSL_VERIFY_PEER, NULL);
    }
    if (config->client_auth != SHK_CLIENT_AUTH_NONE)
        SSL_CTX_set_verify(setup->ctx,
                           SSL_VERIFY_PEER | (config->client_auth == SHK_CLIENT_AUTH_REQUIRE
                                                  ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT
                                                  : 0),
                           NULL);
    if (config->time != 0)
        X509_VERIFY_PARAM_set_time(param, (time_t)config->time);
    if (config->server || config->server_name == NULL)
        return true;
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                                               X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    setup->name_is_address = X509_VERIFY_PARAM_set1_ip_asc(param, config->server_name) == 1;
    ERR_clear_error();
    return setup->name_is_address ||
           X509_VERIFY_PARAM_set1_host(param, config->server_name, 0) == 1 ||
           unusable(why, "server name", config->server_name);
}

static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                       const unsigned char *offered, unsigned int offered_len, void *context)
{
    (void)ssl;
    const shk_endpoint_setup *setup = context;
    unsigned char *chosen = NULL;
    if (SSL_select_next_proto(&chosen, out_len, setup->alpn, (unsigned)setup->alpn_len, offered,
                              offered_len) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL; /* no_application_protocol, RFC 7301 §3.2 */
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static bool set_alpn(shk_endpoint_setup *setup, char *why)
{
    const char *rest = setup->config.alpn;
    while (rest != NULL) {
        const size_t len = strcspn(rest, ",");
        if (len == 0 || len > SHK_MAX_PROTOCOL || setup->alpn_len + 1 + len > ALPN_SIZE)
            return unusable(why, "list of ALPN protocols", setup->config.alpn);
        setup->alpn[setup->alpn_len++] = (uint8_t)len;
        memcpy(setup->alpn + setup->alpn_len, rest, len);
        setup->alpn_len += len;
        rest = rest[len] == ',' ? rest + len + 1 : NULL;
    }
    if (setup->alpn_len == 0)
        return true;
    if (setup->config.server)
        SSL_CTX_set_alpn_select_cb(setup->ctx, choose_alpn, setup);
    else if (SSL_CTX_set_alpn_protos(setup->ctx, setup->alpn, (unsigned)setup->alpn_len) != 0)
        return unusable(why, "list of ALPN protocols", setup->config.alpn);
    return true;
}

static void log_key(const SSL *ssl, const char *line)
{
    const shk_endpoint_setup *setup = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    fprintf(setup->key_log, "%s\n", line);
    fflush(setup->key_log);
}

static bool set_key_log(shk_endpoint_setup *setup, char *why)
{
    const char *file = setup->config.key_log_file;
    if (file == NULL)
        return true;
    setup->key_log = fopen(file, "a");
    if (setup->key_log == NULL) {
        snprintf(why, SHK_WHY_SIZE, "key log file %s is not usable: %s", file, strerror(errno));
        return false;
    }
    SSL_CTX_set_keylog_callback(setup->ctx, log_key);
    return true;
}

/* Fatal alerts only. In TLS 1.3 the level is no longer of meaning: all but two are fatal (RFC 8446
 * §6). */
static void note_alert(const SSL *ssl, int where, int value)
{
    shk_endpoint *end = SSL_get_app_data(ssl);
    const int description = value & 0xff;
    const bool fatal = (value >> 8) == SSL3_AL_FATAL ||
                       (SSL_version(ssl) == TLS1_3_VERSION && description != SSL_AD_CLOSE_NOTIFY &&
                        description != SSL_AD_USER_CANCELLED);
    if ((where & SSL_CB_ALERT) == 0 || !fatal)
        return;
    if ((where & SSL_CB_READ) != 0)
        end->result.alert_received = description;
    else
        end->result.alert_sent = description;
}

static void note_message(int write, int version, int type, const void *bytes, size_t len, SSL *ssl,
                         void *context)
{
    (void)write;
    (void)version;
    (void)context;
    const uint8_t *message = bytes; /* type, length of 3 bytes, legacy_version, random */
    if (type == SSL3_RT_HANDSHAKE && len >= 38 && message[0] == SSL3_MT_SERVER_HELLO &&
        memcmp(message + 6, shk_retry_random, sizeof shk_retry_random) == 0)
        ((shk_endpoint *)SSL_get_app_data(ssl))->result.retried = true;
}

static void openssl_teardown(shk_endpoint_setup *setup)
{
    if (setup == NULL)
        return;
    SSL_CTX_free(setup->ctx);
    if (setup->key_log != NULL)
        fclose(setup->key_log);
    free(setup);
}

static bool openssl_setup(const shk_endpoint_config *config, shk_endpoint_setup **out, char *why)
{
    *out = NULL;
    ERR_clear_error();
    shk_endpoint_setup *setup = calloc(1, sizeof *setup);
    if (setup != NULL)
        setup->ctx = SSL_CTX_new(config->server ? TLS_server_method() : TLS_client_method());
    if (setup == NULL || setup->ctx == NULL) {
        free(setup);
        return unusable(why, "libssl", "(SSL_CTX_new)");
    }
    setup->config = *config;
    SSL_CTX_set_app_data(setup->ctx, setup);
    SSL_CTX_set_session_cache_mode(setup->ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_info_callback(setup->ctx, note_alert);
    SSL_CTX_set_msg_callback(setup->ctx, note_message);
    if (set_suites(setup, why) &&
        set_names(setup->ctx, config->groups, shk_group_name, set_groups, "group", why) &&
        set_names(setup->ctx, config->schemes, shk_signature_scheme_name, set_schemes,
                  "signature scheme", why) &&
        set_certificate(setup, why) && set_trust(setup, why) && set_alpn(setup, why) &&
        set_key_log(setup, why)) {
        *out = setup;
        return true;
    }
    openssl_teardown(setup);
    return false;
}

static void openssl_close(shk_endpoint *end)
{
    if (end == NULL)
        return;
    SSL_free(end->ssl);
    shk_buf_wipe(&end->received);
    free(end);
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
    return end;
}

/* `what` serves where OpenSSL gives no reason. */
static void fail(shk_endpoint *end, const char *what)
{
    char *why = end->result.why;
    const long verdict = SSL_get_verify_result(end->ssl);
    end->result.state = SHK_FAILED;
    why[0] = '\0';
    append_reasons(why);
    if (verdict != X509_V_OK)
        append(why, X509_verify_cert_error_string(verdict));
    if (why[0] == '\0')
        append(why, what);
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

static void note_negotiated(shk_endpoint *end)
{
    SSL *ssl = end->ssl;
    shk_endpoint_result *result = &end->result;
    const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
    const unsigned char *alpn = NULL;
    unsigned int alpn_len = 0;
    result->version = (uint16_t)SSL_version(ssl);
    result->suite = SSL_CIPHER_get_protocol_id(cipher);
    result->resumed = SSL_session_reused(ssl) == 1;
    result->group = negotiated_group(ssl);
    if (!result->resumed && SSL_CIPHER_get_kx_nid(cipher) != NID_kx_rsa)
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
    .setup = openssl_setup,
    .teardown = openssl_teardown,
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
