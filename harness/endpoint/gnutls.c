/* The GnuTLS endpoint: push and pull functions on buffers in memory (endpoint.h). The only file
 * that includes <gnutls/gnutls.h>. GnuTLS 3.7 and 3.8 are meant.
 *
 * What differs from the other kinds:
 * - A priority string names ciphers, MACs and key exchanges apart, so a list of suites enables
 * their whole cross product.
 * - GnuTLS sends no alert by itself when a handshake fails: its user asks for the one that suits
 * the error. We do, and for a certificate that is not good we choose the alert by the cause, where
 * GnuTLS only knows bad_certificate.
 * - Its clock is one function for the whole process. Ours tells each thread the time of the end it
 * is working for.
 */
#include "endpoint/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "endpoint/gnutls_priority.h"
#include "shakedown/types.h"

enum { MAX_PROTOCOLS = 64, READ_SIZE = 16384 };

struct shk_endpoint_setup {
    shk_endpoint_config config;
    gnutls_certificate_credentials_t credentials;
    gnutls_priority_t priority;
    gnutls_datum_t ticket_key;
    gnutls_datum_t alpn[MAX_PROTOCOLS]; /* parts of config.alpn */
    unsigned alpn_count;
    bool name_is_address;
    FILE *key_log;
};

struct shk_endpoint {
    shk_endpoint_setup *setup;
    gnutls_session_t session;
    shk_buf in; /* from the peer; GnuTLS has read `in_read` bytes of it */
    size_t in_read;
    shk_buf out;
    shk_buf received;
    bool was_connected;
    bool said_goodbye;
    int verify_alert; /* that the certificate's flaw deserves, -1: none */
    shk_endpoint_result result;
};

/* The time that GnuTLS sees in this thread; 0: the machine's. Set on the way into it. */
static _Thread_local int64_t time_now;

static time_t tell_time(time_t *out)
{
    const time_t now = time_now != 0 ? (time_t)time_now : time(NULL);
    if (out != NULL)
        *out = now;
    return now;
}

static bool unusable(char *why, const char *what, const char *name, const char *reason)
{
    snprintf(why, SHK_WHY_SIZE, "%s %s is not usable: %s", what, name, reason);
    return false;
}

static bool set_priority(shk_endpoint_setup *setup, char *why)
{
    char priority[SHK_GNUTLS_PRIORITY_SIZE];
    const char *at = "";
    if (!shk_gnutls_priority(&setup->config, priority, why))
        return false;
    const int status = gnutls_priority_init(&setup->priority, priority, &at);
    if (status == 0)
        return true;
    char keyword[64];
    snprintf(keyword, sizeof keyword, "%.*s", (int)strcspn(at, ":"), at);
    return unusable(why, "priority", keyword, gnutls_strerror(status));
}

/* Whether a file can be read; GnuTLS does not say which of two it could not. */
static bool readable(const char *what, const char *file, char *why)
{
    FILE *stream = file != NULL ? fopen(file, "r") : NULL;
    if (stream == NULL)
        return unusable(why, what, file != NULL ? file : "(none)",
                        file != NULL ? strerror(errno) : "it is needed");
    fclose(stream);
    return true;
}

static bool set_certificate(shk_endpoint_setup *setup, char *why)
{
    const char *certificate = setup->config.certificate_file;
    const char *key = setup->config.key_file;
    if (certificate == NULL && key == NULL && !setup->config.server)
        return true;
    if (!readable("certificate file", certificate, why) || !readable("key file", key, why))
        return false;
    const int status = gnutls_certificate_set_x509_key_file2(setup->credentials, certificate, key,
                                                             GNUTLS_X509_FMT_PEM, NULL, 0);
    if (status >= 0)
        return true;
    snprintf(why, SHK_WHY_SIZE, "certificate file %s with key file %s is not usable: %s",
             certificate, key, gnutls_strerror(status));
    return false;
}

static bool set_trust(shk_endpoint_setup *setup, char *why)
{
    const char *file = setup->config.ca_file;
    uint8_t address[sizeof(struct in6_addr)];
    const char *name = setup->config.server_name;
    setup->name_is_address = name != NULL && (inet_pton(AF_INET, name, address) == 1 ||
                                              inet_pton(AF_INET6, name, address) == 1);
    if (file == NULL)
        return true;
    if (!readable("CA file", file, why))
        return false;
    const int count =
        gnutls_certificate_set_x509_trust_file(setup->credentials, file, GNUTLS_X509_FMT_PEM);
    return count > 0 || unusable(why, "CA file", file,
                                 count == 0 ? "no certificate in it" : gnutls_strerror(count));
}

static bool set_alpn(shk_endpoint_setup *setup, char *why)
{
    const char *rest = setup->config.alpn;
    while (rest != NULL) {
        const size_t len = strcspn(rest, ",");
        if (len == 0 || len > SHK_MAX_PROTOCOL || setup->alpn_count == MAX_PROTOCOLS)
            return unusable(why, "list of ALPN protocols", setup->config.alpn, "too long or empty");
        setup->alpn[setup->alpn_count].data = (unsigned char *)rest;
        setup->alpn[setup->alpn_count++].size = (unsigned)len;
        rest = rest[len] == ',' ? rest + len + 1 : NULL;
    }
    return true;
}

static bool set_key_log(shk_endpoint_setup *setup, char *why)
{
    const char *file = setup->config.key_log_file;
    if (file != NULL)
        setup->key_log = fopen(file, "a");
    return file == NULL || setup->key_log != NULL ||
           unusable(why, "key log file", file, strerror(errno));
}

static void gnutls_kind_teardown(shk_endpoint_setup *setup)
{
    if (setup == NULL)
        return;
    if (setup->priority != NULL)
        gnutls_priority_deinit(setup->priority);
    if (setup->credentials != NULL)
        gnutls_certificate_free_credentials(setup->credentials);
    if (setup->ticket_key.data != NULL)
        gnutls_memset(setup->ticket_key.data, 0, setup->ticket_key.size);
    gnutls_free(setup->ticket_key.data);
    if (setup->key_log != NULL)
        fclose(setup->key_log);
    free(setup);
}

static bool gnutls_kind_setup(const shk_endpoint_config *config, shk_endpoint_setup **out,
                              char *why)
{
    *out = NULL;
    shk_endpoint_setup *setup = calloc(1, sizeof *setup);
    if (setup == NULL)
        return unusable(why, "setup", "of GnuTLS", "no memory");
    setup->config = *config;
    gnutls_global_set_time_function(tell_time);
    int status = gnutls_certificate_allocate_credentials(&setup->credentials);
    if (status == 0 && config->server)
        status = gnutls_session_ticket_key_generate(&setup->ticket_key);
    if (status != 0)
        (void)unusable(why, "setup", "of GnuTLS", gnutls_strerror(status));
    else if (set_priority(setup, why) && set_certificate(setup, why) && set_trust(setup, why) &&
             set_alpn(setup, why) && set_key_log(setup, why)) {
        *out = setup;
        return true;
    }
    gnutls_kind_teardown(setup);
    return false;
}

static ssize_t push(gnutls_transport_ptr_t context, const void *data, size_t len)
{
    shk_endpoint *end = context;
    if (shk_buf_append(&end->out, shk_span_of(data, len)) == SHK_OK)
        return (ssize_t)len;
    gnutls_transport_set_errno(end->session, ENOMEM);
    return -1;
}

static ssize_t pull(gnutls_transport_ptr_t context, void *data, size_t cap)
{
    shk_endpoint *end = context;
    const size_t waiting = end->in.len - end->in_read;
    const size_t len = waiting < cap ? waiting : cap;
    if (len == 0) {
        gnutls_transport_set_errno(end->session, EAGAIN);
        return -1;
    }
    memcpy(data, end->in.data + end->in_read, len);
    end->in_read += len;
    return (ssize_t)len;
}

static int pull_timeout(gnutls_transport_ptr_t context, unsigned ms)
{
    (void)ms;
    const shk_endpoint *end = context;
    return end->in.len > end->in_read ? 1 : 0;
}

static int log_key(gnutls_session_t session, const char *label, const gnutls_datum_t *secret)
{
    const shk_endpoint *end = gnutls_session_get_ptr(session);
    FILE *file = end->setup->key_log;
    gnutls_datum_t random = {NULL, 0};
    gnutls_session_get_random(session, &random, NULL);
    fprintf(file, "%s ", label);
    for (unsigned i = 0; i < random.size; i++)
        fprintf(file, "%02x", random.data[i]);
    fputc(' ', file);
    for (unsigned i = 0; i < secret->size; i++)
        fprintf(file, "%02x", secret->data[i]);
    fputc('\n', file);
    fflush(file);
    return 0;
}

static int note_message(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
                        const gnutls_datum_t *message)
{
    (void)when;
    (void)incoming;
    (void)message;
    shk_endpoint *end = gnutls_session_get_ptr(session);
    if (type == GNUTLS_HANDSHAKE_HELLO_RETRY_REQUEST)
        end->result.retried = true;
    return 0;
}

/* The alert for a certificate's flaw (RFC 8446 §6.2, RFC 5246 §7.2.2). The first row that applies
 * counts. */
static int alert_of_flaws(unsigned status)
{
    static const struct {
        unsigned flaw;
        int alert;
    } rows[] = {
        {GNUTLS_CERT_SIGNATURE_FAILURE, SHK_ALERT_bad_certificate},
        {GNUTLS_CERT_SIGNER_NOT_FOUND | GNUTLS_CERT_SIGNER_NOT_CA, SHK_ALERT_unknown_ca},
        {GNUTLS_CERT_REVOKED, SHK_ALERT_certificate_revoked},
        {GNUTLS_CERT_EXPIRED | GNUTLS_CERT_NOT_ACTIVATED, SHK_ALERT_certificate_expired},
        {GNUTLS_CERT_PURPOSE_MISMATCH, SHK_ALERT_unsupported_certificate},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if ((status & rows[i].flaw) != 0)
            return rows[i].alert;
    return SHK_ALERT_bad_certificate;
}

static int verify(gnutls_session_t session)
{
    shk_endpoint *end = gnutls_session_get_ptr(session);
    const shk_endpoint_config *config = &end->setup->config;
    const char *purpose = config->server ? GNUTLS_KP_TLS_WWW_CLIENT : GNUTLS_KP_TLS_WWW_SERVER;
    gnutls_typed_vdata_st data[2] = {{GNUTLS_DT_KEY_PURPOSE_OID, (unsigned char *)purpose, 0}};
    unsigned count = 1;
    unsigned status = 0;
    unsigned certificates = 0;
    if (config->server && gnutls_certificate_get_peers(session, &certificates) == NULL)
        return 0;
    if (!config->server && config->server_name != NULL) {
        data[count].type = GNUTLS_DT_DNS_HOSTNAME; /* takes addresses as text, too */
        data[count++].data = (unsigned char *)config->server_name;
    }
    const int result = gnutls_certificate_verify_peers(session, data, count, &status);
    if (result < 0)
        return result;
    if (status == 0)
        return 0;
    gnutls_datum_t text = {NULL, 0};
    gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0);
    snprintf(end->result.why, SHK_WHY_SIZE, "%s",
             text.data != NULL ? (const char *)text.data : "the certificate is not good");
    gnutls_free(text.data);
    end->verify_alert = alert_of_flaws(status);
    return GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR;
}

static void gnutls_kind_close(shk_endpoint *end)
{
    if (end == NULL)
        return;
    if (end->session != NULL)
        gnutls_deinit(end->session);
    shk_buf_free(&end->in);
    shk_buf_free(&end->out);
    shk_buf_wipe(&end->received);
    free(end);
}

/* The parts of a session that come from the configuration. */
static int configure(shk_endpoint *end)
{
    const shk_endpoint_setup *setup = end->setup;
    const shk_endpoint_config *config = &setup->config;
    gnutls_session_t session = end->session;
    int status = gnutls_priority_set(session, setup->priority);
    if (status == 0)
        status = gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, setup->credentials);
    if (status == 0 && setup->alpn_count > 0)
        status = gnutls_alpn_set_protocols(
            session, setup->alpn, setup->alpn_count,
            config->server ? GNUTLS_ALPN_MANDATORY | GNUTLS_ALPN_SERVER_PRECEDENCE : 0);
    if (status == 0 && config->server)
        status = gnutls_session_ticket_enable_server(session, &setup->ticket_key);
    if (status == 0 && !config->server && config->server_name != NULL && !setup->name_is_address)
        status = gnutls_server_name_set(session, GNUTLS_NAME_DNS, config->server_name,
                                        strlen(config->server_name));
    if (config->server && config->client_auth != SHK_CLIENT_AUTH_NONE)
        gnutls_certificate_server_set_request(
            session, config->client_auth == SHK_CLIENT_AUTH_REQUIRE ? GNUTLS_CERT_REQUIRE
                                                                    : GNUTLS_CERT_REQUEST);
    if (config->ca_file != NULL)
        gnutls_session_set_verify_function(session, verify);
    if (setup->key_log != NULL)
        gnutls_session_set_keylog_function(session, log_key);
    gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_POST,
                                       note_message);
    gnutls_handshake_set_timeout(session, 0);
    gnutls_transport_set_ptr(session, end);
    gnutls_transport_set_push_function(session, push);
    gnutls_transport_set_pull_function(session, pull);
    gnutls_transport_set_pull_timeout_function(session, pull_timeout);
    return status;
}

static shk_endpoint *gnutls_kind_open(shk_endpoint_setup *setup, uint64_t seed)
{
    (void)seed;
    shk_endpoint *end = calloc(1, sizeof *end);
    if (end == NULL)
        return NULL;
    time_now = setup->config.time;
    end->setup = setup;
    end->in = shk_buf_growing(&shk_libc_allocator);
    end->out = shk_buf_growing(&shk_libc_allocator);
    end->received = shk_buf_growing(&shk_libc_allocator);
    end->verify_alert = -1;
    end->result.alert_sent = -1;
    end->result.alert_received = -1;
    const unsigned role = setup->config.server ? GNUTLS_SERVER : GNUTLS_CLIENT;
    if (gnutls_init(&end->session, role | GNUTLS_NONBLOCK) == 0) {
        gnutls_session_set_ptr(end->session, end);
        if (configure(end) == 0)
            return end;
    }
    gnutls_kind_close(end);
    return NULL;
}

/* Ends the connection for `error`, telling the peer unless it was the peer that told us. */
static void fail(shk_endpoint *end, int error)
{
    shk_endpoint_result *result = &end->result;
    result->state = SHK_FAILED;
    if (error == GNUTLS_E_FATAL_ALERT_RECEIVED) {
        const gnutls_alert_description_t alert = gnutls_alert_get(end->session);
        result->alert_received = (int)alert;
        snprintf(result->why, SHK_WHY_SIZE, "received fatal alert: %s",
                 gnutls_alert_get_name(alert));
        return;
    }
    if (result->why[0] == '\0')
        snprintf(result->why, SHK_WHY_SIZE, "%s", gnutls_strerror(error));
    int level = GNUTLS_AL_FATAL;
    const int alert =
        end->verify_alert >= 0 ? end->verify_alert : gnutls_error_to_alert(error, &level);
    if (alert >= 0 &&
        gnutls_alert_send(end->session, GNUTLS_AL_FATAL, (gnutls_alert_description_t)alert) == 0)
        result->alert_sent = alert;
}

/* GnuTLS 3.7.4 and later can simply say the suite; this works with all. */
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

static void note_negotiated(shk_endpoint *end)
{
    gnutls_session_t session = end->session;
    shk_endpoint_result *result = &end->result;
    const unsigned flags = gnutls_session_get_flags(session);
    const unsigned version = gnutls_protocol_get_version(session);
    gnutls_datum_t alpn = {NULL, 0};
    result->version = (uint16_t)(SHK_TLS10 + (version - GNUTLS_TLS1_0));
    result->suite = suite_of(session, result->version);
    result->resumed = gnutls_session_is_resumed(session) != 0;
    const bool tls13 = result->version >= SHK_TLS13;
    const bool exchanged = tls13 || (!result->resumed && gnutls_kx_get(session) != GNUTLS_KX_RSA);
    result->group = exchanged ? group_of(session) : 0;
    const char *scheme =
        gnutls_sign_get_name((gnutls_sign_algorithm_t)gnutls_sign_algorithm_get(session));
    if (exchanged && !result->resumed && scheme != NULL)
        result->scheme = shk_gnutls_scheme_named(scheme);
    if (gnutls_alpn_get_selected_protocol(session, &alpn) == 0 && alpn.size <= SHK_MAX_PROTOCOL)
        memcpy(result->alpn, alpn.data, alpn.size);
    result->early_data = (flags & GNUTLS_SFLAGS_EARLY_DATA) != 0;
    result->extended_master_secret = !tls13 && (flags & GNUTLS_SFLAGS_EXT_MASTER_SECRET) != 0;
}

/* Reads until GnuTLS asks for more than there is. It also says "again" after a handshake message,
 * such as a ticket, though more is waiting. */
static void read_all(shk_endpoint *end)
{
    uint8_t data[READ_SIZE];
    for (;;) {
        const size_t read_before = end->in_read;
        const ssize_t len = gnutls_record_recv(end->session, data, sizeof data);
        if (len == 0) {
            end->result.state = SHK_ENDED;
            return;
        }
        if (len < 0 && gnutls_error_is_fatal((int)len) != 0) {
            fail(end, (int)len);
            return;
        }
        if (len < 0 && end->in_read == read_before)
            return;
        if (len > 0 && shk_buf_append(&end->received, shk_span_of(data, (size_t)len)) != SHK_OK) {
            fail(end, GNUTLS_E_MEMORY_ERROR);
            return;
        }
    }
}

static void gnutls_kind_feed(shk_endpoint *end, shk_span bytes)
{
    shk_endpoint_result *result = &end->result;
    if (result->state == SHK_FAILED || result->state == SHK_ENDED)
        return;
    time_now = end->setup->config.time;
    shk_buf_drop(&end->in, end->in_read);
    end->in_read = 0;
    if (shk_buf_append(&end->in, bytes) != SHK_OK) {
        fail(end, GNUTLS_E_MEMORY_ERROR);
        return;
    }
    if (result->state == SHK_HANDSHAKING) {
        int status;
        do
            status = gnutls_handshake(end->session);
        while (status != 0 && status != GNUTLS_E_AGAIN && status != GNUTLS_E_INTERRUPTED &&
               gnutls_error_is_fatal(status) == 0);
        if (status == 0) {
            result->state = SHK_CONNECTED;
            end->was_connected = true;
            note_negotiated(end);
        } else if (gnutls_error_is_fatal(status) != 0) {
            fail(end, status);
        }
    }
    if (result->state == SHK_CONNECTED)
        read_all(end);
}

static void gnutls_kind_take(shk_endpoint *end, shk_buf *out)
{
    if (shk_buf_append(out, shk_buf_span(&end->out)) != SHK_OK)
        end->result.state = SHK_FAILED;
    shk_buf_drop(&end->out, end->out.len);
}

static bool gnutls_kind_write(shk_endpoint *end, shk_span data)
{
    if (!end->was_connected || end->result.state == SHK_FAILED)
        return false;
    time_now = end->setup->config.time;
    while (data.len > 0) {
        const ssize_t len = gnutls_record_send(end->session, data.data, data.len);
        if (len < 0) {
            fail(end, (int)len);
            return false;
        }
        data = shk_span_of(data.data + len, data.len - (size_t)len);
    }
    return true;
}

static size_t gnutls_kind_read(shk_endpoint *end, uint8_t *data, size_t cap)
{
    const size_t len = end->received.len < cap ? end->received.len : cap;
    if (len > 0)
        memcpy(data, end->received.data, len);
    shk_buf_drop(&end->received, len);
    return len;
}

static void gnutls_kind_shutdown(shk_endpoint *end)
{
    if (!end->was_connected || end->result.state == SHK_FAILED || end->said_goodbye)
        return;
    time_now = end->setup->config.time;
    end->said_goodbye = true;
    const int status = gnutls_bye(end->session, GNUTLS_SHUT_WR);
    if (status != 0)
        fail(end, status);
}

static bool gnutls_kind_key_update(shk_endpoint *end, bool request)
{
    time_now = end->setup->config.time;
    return end->result.state == SHK_CONNECTED && end->result.version == SHK_TLS13 &&
           gnutls_session_key_update(end->session, request ? GNUTLS_KU_PEER : 0) == 0;
}

static bool gnutls_kind_export_keys(shk_endpoint *end, const char *label, shk_span context,
                                    uint8_t *out, size_t len)
{
    return end->was_connected &&
           gnutls_prf_rfc5705(end->session, strlen(label), label, context.len,
                              (const char *)context.data, len, (char *)out) == 0;
}

static void gnutls_kind_result(shk_endpoint *end, shk_endpoint_result *out)
{
    *out = end->result;
}

static const char *gnutls_kind_version(void)
{
    return gnutls_check_version(NULL);
}

const shk_endpoint_kind shk_endpoint_gnutls = {
    .name = "gnutls",
    .library_version = gnutls_kind_version,
    .setup = gnutls_kind_setup,
    .teardown = gnutls_kind_teardown,
    .open = gnutls_kind_open,
    .close = gnutls_kind_close,
    .feed = gnutls_kind_feed,
    .take = gnutls_kind_take,
    .write = gnutls_kind_write,
    .read = gnutls_kind_read,
    .shutdown = gnutls_kind_shutdown,
    .key_update = gnutls_kind_key_update,
    .export_keys = gnutls_kind_export_keys,
    .result = gnutls_kind_result,
};
