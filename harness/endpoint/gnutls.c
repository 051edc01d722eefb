/* The GnuTLS endpoint: push and pull functions on buffers in memory (endpoint.h).
 * GnuTLS 3.7 and 3.8 are meant.
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

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/x509.h>

#include "endpoint/gnutls_kind.h"
#include "endpoint/gnutls_priority.h"
#include "shakedown/types.h"

enum { READ_SIZE = 16384 };

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
    if (type == GNUTLS_HANDSHAKE_NEW_SESSION_TICKET)
        end->ticket_came = true;
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

static int store_session(void *context, gnutls_datum_t id, gnutls_datum_t session)
{
    shk_session_cache_put(context, shk_span_of(id.data, id.size),
                          shk_span_of(session.data, session.size));
    return 0;
}

static gnutls_datum_t retrieve_session(void *context, gnutls_datum_t id)
{
    const shk_span kept = shk_session_cache_get(context, shk_span_of(id.data, id.size));
    gnutls_datum_t copy = {NULL, 0};
    if (kept.len > 0)
        copy.data = gnutls_malloc(kept.len);
    if (copy.data != NULL) {
        memcpy(copy.data, kept.data, kept.len);
        copy.size = (unsigned)kept.len;
    }
    return copy;
}

/* Sessions go when others need their room. */
static int remove_session(void *context, gnutls_datum_t id)
{
    (void)context;
    (void)id;
    return 0;
}

/* What earlier connections left for this one, and what it is to leave. */
static int configure_sessions(const shk_endpoint *end)
{
    const shk_endpoint_setup *setup = end->setup;
    gnutls_session_t session = end->session;
    if (!setup->config.server)
        return setup->session.size == 0
                   ? 0
                   : gnutls_session_set_data(session, setup->session.data, setup->session.size);
    if (setup->cache == NULL)
        return gnutls_session_ticket_enable_server(session, &setup->ticket_key);
    gnutls_db_set_ptr(session, setup->cache);
    gnutls_db_set_store_function(session, store_session);
    gnutls_db_set_retrieve_function(session, retrieve_session);
    gnutls_db_set_remove_function(session, remove_session);
    return 0;
}

static int configure_credentials(const shk_endpoint *end)
{
    const shk_endpoint_setup *setup = end->setup;
    int status = gnutls_credentials_set(end->session, GNUTLS_CRD_CERTIFICATE, setup->credentials);
    if (status == 0 && setup->psk_client != NULL)
        status = gnutls_credentials_set(end->session, GNUTLS_CRD_PSK, setup->psk_client);
    if (status == 0 && setup->psk_server != NULL)
        status = gnutls_credentials_set(end->session, GNUTLS_CRD_PSK, setup->psk_server);
    return status;
}

/* The parts of a session that come from the configuration. */
static int configure(shk_endpoint *end)
{
    const shk_endpoint_setup *setup = end->setup;
    const shk_endpoint_config *config = &setup->config;
    gnutls_session_t session = end->session;
    int status = gnutls_priority_set(session, setup->priority);
    if (status == 0)
        status = configure_credentials(end);
    if (status == 0 && setup->alpn_count > 0)
        status = gnutls_alpn_set_protocols(
            session, setup->alpn, setup->alpn_count,
            config->server ? GNUTLS_ALPN_MANDATORY | GNUTLS_ALPN_SERVER_PRECEDENCE : 0);
    if (status == 0)
        status = configure_sessions(end);
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
    shk_gnutls_set_time(setup->config.time);
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

static bool is_psk_exchange(gnutls_session_t session)
{
    const gnutls_kx_algorithm_t kx = gnutls_kx_get(session);
    return kx == GNUTLS_KX_PSK || kx == GNUTLS_KX_ECDHE_PSK || kx == GNUTLS_KX_DHE_PSK;
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
    result->external_psk = tls13 && !result->resumed && is_psk_exchange(session);
    result->client_authenticated =
        end->setup->config.server && gnutls_certificate_get_peers(session, NULL) != NULL;
    const bool exchanged = tls13 || (!result->resumed && gnutls_kx_get(session) != GNUTLS_KX_RSA);
    result->group = exchanged ? group_of(session) : 0;
    const char *scheme =
        gnutls_sign_get_name((gnutls_sign_algorithm_t)gnutls_sign_algorithm_get(session));
    if (exchanged && !result->resumed && !result->external_psk && scheme != NULL)
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

/* Client: keeps the session that can be resumed now, in place of the one before. */
static void keep_session(shk_endpoint *end)
{
    gnutls_datum_t data = {NULL, 0};
    shk_endpoint_setup *setup = end->setup;
    end->ticket_came = false;
    if (gnutls_session_get_data2(end->session, &data) != 0)
        return;
    gnutls_free(setup->session.data);
    setup->session = data;
}

static void gnutls_kind_feed(shk_endpoint *end, shk_span bytes)
{
    shk_endpoint_result *result = &end->result;
    if (result->state == SHK_FAILED || result->state == SHK_ENDED)
        return;
    shk_gnutls_set_time(end->setup->config.time);
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
            end->ticket_came |= result->version < SHK_TLS13;
        } else if (gnutls_error_is_fatal(status) != 0) {
            fail(end, status);
        }
    }
    if (result->state == SHK_CONNECTED)
        read_all(end);
    if (end->ticket_came && end->was_connected && end->setup->config.resume)
        keep_session(end);
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
    shk_gnutls_set_time(end->setup->config.time);
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
    shk_gnutls_set_time(end->setup->config.time);
    end->said_goodbye = true;
    const int status = gnutls_bye(end->session, GNUTLS_SHUT_WR);
    if (status != 0)
        fail(end, status);
}

static bool gnutls_kind_key_update(shk_endpoint *end, bool request)
{
    shk_gnutls_set_time(end->setup->config.time);
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
    .setup = shk_gnutls_setup,
    .teardown = shk_gnutls_teardown,
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
