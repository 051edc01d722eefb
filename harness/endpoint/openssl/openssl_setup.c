/* What the connections of an OpenSSL endpoint share: an SSL_CTX and its configuration
 * (openssl_kind.h). Features are detected by macros of the API, not by the version. Meant for
 * OpenSSL 3.0 to 3.5. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "endpoint/file.h"
#include "endpoint/openssl/openssl_kind.h"
#include "shakedown/types.h"

/* Security level 1 asks for so many bits: NULL suites have none, CCM_8 has 64 from OpenSSL 3.2 on.
 */
enum { LIST_SIZE = 8192, LEVEL_1_BITS = 80 };

static bool unusable_value(char *why, const char *what, uint16_t value, const char *name)
{
    char text[128];
    snprintf(text, sizeof text, "0x%04x (%s)", value, name != NULL ? name : "no name");
    return shk_openssl_unusable(why, what, text);
}

/* Appends a name to a list separated by colons. */
static bool join(char *list, const char *name)
{
    size_t used = strlen(list);
    int more = snprintf(list + used, LIST_SIZE - used, "%s%s", used > 0 ? ":" : "", name);
    return more > 0 && (size_t)more < LIST_SIZE - used;
}

/* The suites in libssl's two lists, and whether they need a lower security level. */
typedef struct {
    char tls13[LIST_SIZE];
    char older[LIST_SIZE];
    bool below_level_1; /* one does not authenticate, or has DSA or too few bits; or a scheme has
                           SHA-1 */
} suite_lists;

/* Versions that the suites cannot serve are left out: libssl refuses to send a ClientHello without
 * a suite for its highest version, and fills a list without older suites with its default. */
static bool set_versions(shk_endpoint_setup *setup, bool has_13, bool has_older, bool below_level_1,
                         char *why)
{
    uint16_t min;
    uint16_t max;
    if (!shk_endpoint_versions(&setup->config, has_13, has_older, &min, &max, why))
        return false;
    /* Level 1 lets through what is safe in our tables; TLS 1.0 and 1.1 need 0, as they sign with
     * SHA-1, as GnuTLS does by DSA, and so do schemes with it, anonymous and weak suites. */
    SSL_CTX_set_security_level(setup->ctx, min < SHK_TLS12 || below_level_1 ? 0 : 1);
    SSL_CTX_set_dh_auto(setup->ctx, 1);
    if (SSL_CTX_set_min_proto_version(setup->ctx, min) != 1)
        return unusable_value(why, "version", min, shk_version_name(min));
    if (SSL_CTX_set_max_proto_version(setup->ctx, max) != 1)
        return unusable_value(why, "version", max, shk_version_name(max));
    return true;
}

static bool split_suites(shk_endpoint_setup *setup, SSL *ssl, suite_lists *lists, char *why)
{
    const shk_u16s suites = setup->config.suites;
    for (size_t i = 0; i < suites.count; i++) {
        const uint16_t value = suites.values[i];
        const uint8_t wire[2] = {(uint8_t)(value >> 8), (uint8_t)value};
        const SSL_CIPHER *cipher = SSL_CIPHER_find(ssl, wire);
        if (cipher == NULL)
            return unusable_value(why, "suite", value, shk_suite_name(value));
        const int auth = SSL_CIPHER_get_auth_nid(cipher);
        const bool is_13 = SSL_CIPHER_get_kx_nid(cipher) == NID_kx_any;
        if (!join(is_13 ? lists->tls13 : lists->older, SSL_CIPHER_get_name(cipher)))
            return shk_openssl_unusable(why, "list of suites", "too long");
        lists->below_level_1 |= auth == NID_auth_null || auth == NID_auth_dss ||
                                SSL_CIPHER_get_bits(cipher, NULL) < LEVEL_1_BITS;
        setup->without_certificate |= auth == NID_auth_null || auth == NID_auth_psk;
    }
    return true;
}

static bool has_sha1(shk_u16s schemes)
{
    for (size_t i = 0; i < schemes.count; i++)
        if (schemes.values[i] == SHK_rsa_pkcs1_sha1 || schemes.values[i] == SHK_ecdsa_sha1)
            return true;
    return false;
}

static bool set_suites(shk_endpoint_setup *setup, char *why)
{
    suite_lists lists = {
        .tls13 = "", .older = "", .below_level_1 = has_sha1(setup->config.schemes)};
    setup->without_certificate = setup->config.psk_identity != NULL;
    if (setup->config.suites.count == 0)
        return set_versions(setup, true, true, lists.below_level_1, why);
    SSL *ssl = SSL_new(setup->ctx);
    const bool sorted = ssl != NULL && split_suites(setup, ssl, &lists, why);
    SSL_free(ssl);
    if (!sorted || !set_versions(setup, lists.tls13[0] != '\0', lists.older[0] != '\0',
                                 lists.below_level_1, why))
        return false;
    if (SSL_CTX_set_ciphersuites(setup->ctx, lists.tls13) != 1)
        return shk_openssl_unusable(why, "suites", lists.tls13);
    if (lists.older[0] != '\0' && SSL_CTX_set_cipher_list(setup->ctx, lists.older) != 1)
        return shk_openssl_unusable(why, "suites", lists.older);
    return true;
}

static int set_group_names(SSL_CTX *ctx, const char *list)
{
    return (int)SSL_CTX_set1_groups_list(ctx, list);
}

/* Schemes whose name in libssl is not that of the registry. */
static const char *scheme_name(uint32_t value)
{
    static const struct {
        uint16_t scheme;
        const char *name;
    } rows[] = {
        {SHK_dsa_sha1, "DSA+SHA1"},
        {SHK_dsa_sha256, "DSA+SHA256"},
        {SHK_ecdsa_sha1, "ECDSA+SHA1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].scheme == value)
            return rows[i].name;
    return shk_signature_scheme_name(value);
}

static int set_schemes(SSL_CTX *ctx, const char *list)
{
    return (int)SSL_CTX_set1_sigalgs_list(ctx, list);
}

/* Sets a list of code points that libssl knows by the same names as we do: first each alone, to
 * find the one that it refuses, then all. */
static bool set_names(SSL_CTX *ctx, shk_u16s values, shk_namer *namer,
                      int (*set)(SSL_CTX *, const char *), const char *what, char *why)
{
    char list[LIST_SIZE] = "";
    for (size_t i = 0; i < values.count; i++) {
        const char *name = namer(values.values[i]);
        if (name == NULL || set(ctx, name) != 1 || !join(list, name))
            return unusable_value(why, what, values.values[i], name);
    }
    return values.count == 0 || set(ctx, list) == 1 || shk_openssl_unusable(why, what, list);
}

/* From OpenSSL 3.5 on a client sends shares for the groups that are marked with '*'. */
static bool set_groups(shk_endpoint_setup *setup, char *why)
{
    const shk_u16s groups = setup->config.groups;
    const size_t shares = setup->config.key_shares;
    char list[LIST_SIZE] = "";
    if (!set_names(setup->ctx, groups, shk_group_name, set_group_names, "group", why))
        return false;
    if (shares < 2)
        return true;
    if (!OPENSSL_VERSION_PREREQ(3, 5) || shares > groups.count)
        return shk_openssl_unusable(why, "key_shares", "(as many groups, and OpenSSL 3.5)");
    for (size_t i = 0; i < groups.count; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s%s", i < shares ? "*" : "",
                 shk_group_name(groups.values[i]));
        if (!join(list, name))
            return shk_openssl_unusable(why, "list of groups", "too long");
    }
    return set_group_names(setup->ctx, list) == 1 || shk_openssl_unusable(why, "key_shares", list);
}

/* A server with post-handshake authentication asks only when SSL_verify_client_post_handshake is
 * called. */
static void set_client_auth(const shk_endpoint_setup *setup)
{
    const shk_endpoint_config *config = &setup->config;
    int mode = SSL_VERIFY_PEER;
    if (config->client_auth == SHK_CLIENT_AUTH_NONE && !config->post_handshake_auth)
        return;
    if (config->client_auth == SHK_CLIENT_AUTH_REQUIRE)
        mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    if (config->post_handshake_auth)
        mode |= SSL_VERIFY_POST_HANDSHAKE;
    SSL_CTX_set_verify(setup->ctx, mode, NULL);
}

/* RFC 9525 §2: names are compared with the subjectAltName alone. */
static bool set_trust(shk_endpoint_setup *setup, char *why)
{
    const shk_endpoint_config *config = &setup->config;
    X509_VERIFY_PARAM *param = SSL_CTX_get0_param(setup->ctx);
    X509_VERIFY_PARAM *store_param = X509_STORE_get0_param(SSL_CTX_get_cert_store(setup->ctx));
    if (config->ca_file != NULL) {
        if (SSL_CTX_load_verify_locations(setup->ctx, config->ca_file, NULL) != 1)
            return shk_openssl_unusable(why, "CA file", config->ca_file);
        if (!config->server)
            SSL_CTX_set_verify(setup->ctx, SSL_VERIFY_PEER, NULL);
    }
    if (config->server)
        set_client_auth(setup);
    if (config->time != 0) {
        X509_VERIFY_PARAM_set_time(param, (time_t)config->time);
        X509_VERIFY_PARAM_set_time(store_param, (time_t)config->time); /* for OCSP responses */
    }
    if (config->server || config->server_name == NULL)
        return true;
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                                               X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    setup->name_is_address = X509_VERIFY_PARAM_set1_ip_asc(param, config->server_name) == 1;
    ERR_clear_error();
    return setup->name_is_address ||
           X509_VERIFY_PARAM_set1_host(param, config->server_name, 0) == 1 ||
           shk_openssl_unusable(why, "server name", config->server_name);
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
        if (len == 0 || len > SHK_MAX_PROTOCOL || setup->alpn_len + 1 + len > SHK_OPENSSL_ALPN_SIZE)
            return shk_openssl_unusable(why, "list of ALPN protocols", setup->config.alpn);
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
        return shk_openssl_unusable(why, "list of ALPN protocols", setup->config.alpn);
    return true;
}

/* Without memory the line is lost to the end. */
static void log_key(const SSL *ssl, const char *line)
{
    const shk_endpoint_setup *setup = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    shk_endpoint *end = SSL_get_app_data(ssl);
    (void)shk_buf_append(&end->key_log, shk_span_of_text(line));
    (void)shk_buf_append(&end->key_log, shk_span_of_text("\n"));
    if (setup->key_log == NULL)
        return;
    fprintf(setup->key_log, "%s\n", line);
    fflush(setup->key_log);
}

static bool set_key_log(shk_endpoint_setup *setup, char *why)
{
    const char *file = setup->config.key_log_file;
    SSL_CTX_set_keylog_callback(setup->ctx, log_key);
    if (file == NULL)
        return true;
    setup->key_log = shk_open_secret(file, true);
    if (setup->key_log == NULL) {
        snprintf(why, SHK_WHY_SIZE, "key log file %s is not usable: %s", file, strerror(errno));
        return false;
    }
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

/* Whether a ServerHello, header included, has an extension that libssl has no function for. */
static bool has_extension(const uint8_t *message, size_t len, int type)
{
    enum { SESSION_ID = 4 + 2 + 32, SUITE_AND_COMPRESSION = 3, EXTENSIONS_LEN = 2, EXTENSION = 4 };
    size_t at = len > SESSION_ID ? SESSION_ID + 1u + message[SESSION_ID] : len;
    at += SUITE_AND_COMPRESSION + EXTENSIONS_LEN;
    while (at + EXTENSION <= len) {
        if ((message[at] << 8 | message[at + 1]) == type)
            return true;
        at += EXTENSION + (size_t)(message[at + 2] << 8 | message[at + 3]);
    }
    return false;
}

static void note_message(int write, int version, int type, const void *bytes, size_t len, SSL *ssl,
                         void *context)
{
    enum { COMPRESSED_CERTIFICATE = 25 };
    (void)version;
    (void)context;
    const uint8_t *message = bytes; /* type, length of 3 bytes, legacy_version, random */
    shk_endpoint *end = SSL_get_app_data(ssl);
    if (type != SSL3_RT_HANDSHAKE || len == 0)
        return;
    if (message[0] == SSL3_MT_SERVER_HELLO && len >= 38 &&
        memcmp(message + 6, shk_retry_random, sizeof shk_retry_random) == 0)
        end->result.retried = true;
    if (message[0] == SSL3_MT_SERVER_HELLO) { /* RFC 7366 §2, RFC 8446 §4.2.8 */
        end->result.encrypt_then_mac = has_extension(message, len, TLSEXT_TYPE_encrypt_then_mac);
        end->key_shared = has_extension(message, len, TLSEXT_TYPE_key_share);
    }
    if (message[0] == COMPRESSED_CERTIFICATE && (write != 0) == (SSL_is_server(ssl) == 1))
        end->result.certificate_compressed = true;
    if (message[0] == SSL3_MT_NEWSESSION_TICKET && write == 0)
        end->result.tickets++;
    if (message[0] == SSL3_MT_FINISHED && write == 0)
        end->finished_received++;
    else if (message[0] == SSL3_MT_FINISHED)
        end->finished_sent++;
}

/* Stores the session, in place of the last one. Takes ownership. */
static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    shk_endpoint_setup *setup = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    SSL_SESSION_free(setup->session);
    setup->session = session;
    return 1;
}

bool shk_openssl_forget(shk_endpoint_setup *setup)
{
    SSL_SESSION_free(setup->session);
    setup->session = NULL;
#if OPENSSL_VERSION_NUMBER >= 0x30400000L
    SSL_CTX_flush_sessions_ex(setup->ctx, 0); /* 0: all, whatever their time */
#else
    SSL_CTX_flush_sessions(setup->ctx, 0);
#endif
    return true;
}

static bool set_sessions(shk_endpoint_setup *setup, char *why)
{
    static const uint8_t id_context[] = "shakedown";
    const shk_endpoint_config *config = &setup->config;
    SSL_CTX *ctx = setup->ctx;
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    if (config->resume && !config->server) {
        SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(ctx, keep_session);
    }
    if (!config->server)
        return true;
    if (config->session_store == SHK_SESSIONS_IDS) {
        SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_SERVER);
        SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    }
    if (config->max_early_data > 0) {
        /* against replay, libssl keeps the sessions that allow early data, for one use each */
        SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_SERVER);
        SSL_CTX_set_max_early_data(ctx, config->max_early_data);
        SSL_CTX_set_recv_max_early_data(ctx, config->max_early_data);
    }
    return (SSL_CTX_set_session_id_context(ctx, id_context, sizeof id_context - 1) == 1 &&
            (config->ticket_count == 0 ||
             SSL_CTX_set_num_tickets(ctx, config->ticket_count) == 1)) ||
           shk_openssl_unusable(why, "number of tickets", "(ticket_count)");
}

/* Refuses settings that libssl does not have, instead of ignoring them. */
static bool refuse_missing(const shk_endpoint_config *config, char *why)
{
    const char *lacking = shk_endpoint_lacks(config, SHK_KINDS_OPENSSL);
    if (lacking == NULL && config->more_psks[0].identity != NULL)
        lacking = "a second PSK";
    return lacking == NULL || shk_openssl_unusable(why, lacking, "(this OpenSSL does not have it)");
}

static bool set_limits(shk_endpoint_setup *setup, char *why)
{
    const shk_endpoint_config *config = &setup->config;
    static const uint16_t lengths[] = {512, 1024, 2048, 4096};
    char text[16];
    snprintf(text, sizeof text, "%u", config->max_send_fragment);
    if (config->max_send_fragment != 0 &&
        SSL_CTX_set_max_send_fragment(setup->ctx, config->max_send_fragment) != 1)
        return shk_openssl_unusable(why, "max_send_fragment", text);
    snprintf(text, sizeof text, "%u", config->max_fragment_length);
    if (config->max_fragment_length == 0)
        return true;
    for (uint8_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
        if (lengths[i] == config->max_fragment_length)
            return SSL_CTX_set_tlsext_max_fragment_length(
                       setup->ctx, (uint8_t)(TLSEXT_max_fragment_length_512 + i)) == 1;
    return shk_openssl_unusable(why, "max_fragment_length", text);
}

static bool set_authorities(shk_endpoint_setup *setup, char *why)
{
    const shk_endpoint_config *config = &setup->config;
    if (!config->name_authorities)
        return true;
    if (config->ca_file == NULL)
        return shk_openssl_unusable(why, "name_authorities", "(without a CA file)");
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(config->ca_file);
    if (names == NULL)
        return shk_openssl_unusable(why, "CA file", config->ca_file);
    SSL_CTX_set0_CA_list(setup->ctx, names);
    return true;
}

/* SSL_stateless protects the cookie; its content does not matter to a harness. */
static int make_cookie(SSL *ssl, unsigned char *cookie, size_t *len)
{
    (void)ssl;
    static const char text[] = "shakedown";
    *len = sizeof text - 1;
    memcpy(cookie, text, *len);
    return 1;
}

static int verify_cookie(SSL *ssl, const unsigned char *cookie, size_t len)
{
    unsigned char expected[SSL_COOKIE_LENGTH];
    size_t expected_len;
    return make_cookie(ssl, expected, &expected_len) == 1 &&
           shk_span_equal(shk_span_of(cookie, len), shk_span_of(expected, expected_len));
}

static bool set_variations(shk_endpoint_setup *setup, char *why)
{
    const shk_endpoint_config *config = &setup->config;
    SSL_CTX *ctx = setup->ctx;
    if (config->fallback)
        SSL_CTX_set_mode(ctx, SSL_MODE_SEND_FALLBACK_SCSV);
    if (config->no_encrypt_then_mac)
        SSL_CTX_set_options(ctx, SSL_OP_NO_ENCRYPT_THEN_MAC);
    if (config->no_extended_master_secret)
        SSL_CTX_set_options(ctx, SSL_OP_NO_EXTENDED_MASTER_SECRET);
    if (config->no_middlebox_compatibility)
        SSL_CTX_clear_options(ctx, SSL_OP_ENABLE_MIDDLEBOX_COMPAT);
    if (config->cookie) {
        SSL_CTX_set_stateless_cookie_generate_cb(ctx, make_cookie);
        SSL_CTX_set_stateless_cookie_verify_cb(ctx, verify_cookie);
    }
    if (config->record_padding != 0 && SSL_CTX_set_block_padding(ctx, config->record_padding) != 1)
        return shk_openssl_unusable(why, "record_padding", "(SSL_CTX_set_block_padding)");
    return set_authorities(setup, why);
}

static void set_post_handshake(const shk_endpoint_setup *setup)
{
    const shk_endpoint_config *config = &setup->config;
    SSL_CTX_set_options(setup->ctx, config->renegotiation ? SSL_OP_ALLOW_CLIENT_RENEGOTIATION
                                                          : SSL_OP_NO_RENEGOTIATION);
    if (!config->server)
        SSL_CTX_set_post_handshake_auth(setup->ctx, config->post_handshake_auth);
}

void shk_openssl_teardown(shk_endpoint_setup *setup)
{
    if (setup == NULL)
        return;
    SSL_SESSION_free(setup->session);
    SSL_CTX_free(setup->ctx);
    SSL_CTX_free(setup->more);
    EVP_PKEY_free(setup->peer_key);
    shk_buf_free(&setup->status);
    shk_buf_free(&setup->scts);
    if (setup->key_log != NULL)
        fclose(setup->key_log);
    free(setup);
}

bool shk_openssl_setup(const shk_endpoint_config *config, shk_endpoint_setup **out, char *why)
{
    *out = NULL;
    ERR_clear_error();
    shk_endpoint_setup *setup = calloc(1, sizeof *setup);
    if (setup != NULL)
        setup->ctx = SSL_CTX_new(config->server ? TLS_server_method() : TLS_client_method());
    if (setup == NULL || setup->ctx == NULL) {
        free(setup);
        return shk_openssl_unusable(why, "libssl", "(SSL_CTX_new)");
    }
    setup->config = *config;
    setup->status = setup->scts = shk_buf_growing(&shk_libc_allocator);
    SSL_CTX_set_app_data(setup->ctx, setup);
    SSL_CTX_set_info_callback(setup->ctx, note_alert);
    SSL_CTX_set_msg_callback(setup->ctx, note_message);
    set_post_handshake(setup);
    if (refuse_missing(config, why) && set_suites(setup, why) && set_groups(setup, why) &&
        set_names(setup->ctx, config->schemes, scheme_name, set_schemes, "signature scheme", why) &&
        shk_openssl_set_certificates(setup, why) && set_trust(setup, why) &&
        shk_openssl_set_raw_keys(setup, why) && shk_openssl_set_compression(setup, why) &&
        set_alpn(setup, why) && set_key_log(setup, why) && set_sessions(setup, why) &&
        shk_openssl_set_psk(setup, why) && set_limits(setup, why) && set_variations(setup, why) &&
        shk_openssl_set_status(setup, why) && shk_openssl_set_scts(setup, why)) {
        *out = setup;
        return true;
    }
    shk_openssl_teardown(setup);
    return false;
}
