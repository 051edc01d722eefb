/* The GnuTLS endpoint: push and pull functions on buffers in memory (endpoint.h).
 * GnuTLS 3.7 and 3.8 are meant.
 *
 * What differs from the other kinds:
 * - A priority string names ciphers, MACs and key exchanges apart, so a list of suites enables
 * their whole cross product.
 * - GnuTLS sends no alert by itself when a handshake fails: its user sends the one for the error.
 * For a certificate that does not verify we choose the alert by the cause, as GnuTLS always gives
 * bad_certificate.
 * - Its clock is one function for the whole process. Ours returns, per thread, the time of the
 * endpoint that is being called.
 */
#include "endpoint/endpoint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "endpoint/gnutls/gnutls_kind.h"
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

static void append_hex(shk_buf *out, const gnutls_datum_t *bytes)
{
    for (unsigned i = 0; i < bytes->size; i++) {
        char digits[3];
        snprintf(digits, sizeof digits, "%02x", bytes->data[i]);
        (void)shk_buf_append(out, shk_span_of_text(digits));
    }
}

/* Without memory the line is lost, or a part of it. */
static int log_key(gnutls_session_t session, const char *label, const gnutls_datum_t *secret)
{
    shk_endpoint *end = gnutls_session_get_ptr(session);
    FILE *file = end->setup->key_log;
    const size_t start = end->key_log.len;
    gnutls_datum_t random = {NULL, 0};
    gnutls_session_get_random(session, &random, NULL);
    (void)shk_buf_append(&end->key_log, shk_span_of_text(label));
    (void)shk_buf_append(&end->key_log, shk_span_of_text(" "));
    append_hex(&end->key_log, &random);
    (void)shk_buf_append(&end->key_log, shk_span_of_text(" "));
    append_hex(&end->key_log, secret);
    (void)shk_buf_append(&end->key_log, shk_span_of_text("\n"));
    if (file == NULL)
        return 0;
    fwrite(end->key_log.data + start, 1, end->key_log.len - start, file);
    fflush(file);
    return 0;
}

static shk_span key_log(const shk_endpoint *end)
{
    return shk_buf_span(&end->key_log);
}

static int note_message(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
                        const gnutls_datum_t *message)
{
    enum { COMPRESSED_CERTIFICATE = 25 };
    (void)when;
    shk_endpoint *end = gnutls_session_get_ptr(session);
    if (incoming != 0)
        shk_gnutls_note_limits(end, type, message);
    if (type == COMPRESSED_CERTIFICATE && (incoming == 0) == end->setup->config.server)
        end->result.certificate_compressed = true;
    if (type == GNUTLS_HANDSHAKE_HELLO_RETRY_REQUEST)
        end->result.retried = true;
    if (type == GNUTLS_HANDSHAKE_NEW_SESSION_TICKET)
        end->ticket_received = true;
    if (type == GNUTLS_HANDSHAKE_NEW_SESSION_TICKET && incoming != 0)
        end->result.tickets++;
    return 0;
}

static void close_end(shk_endpoint *end)
{
    if (end == NULL)
        return;
    if (end->session != NULL)
        gnutls_deinit(end->session);
    shk_buf_free(&end->in);
    shk_buf_free(&end->out);
    shk_buf_wipe(&end->received);
    shk_buf_wipe(&end->key_log);
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

/* The cache evicts sessions by itself. */
static int remove_session(void *context, gnutls_datum_t id)
{
    (void)context;
    (void)id;
    return 0;
}

/* The session to resume, and where a server keeps new ones. */
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

static void request_certificate(const shk_endpoint *end)
{
    const bool require = end->setup->config.client_auth == SHK_CLIENT_AUTH_REQUIRE;
    gnutls_certificate_server_set_request(end->session,
                                          require ? GNUTLS_CERT_REQUIRE : GNUTLS_CERT_REQUEST);
}

/* Flags that gnutls_init must have. A client with early data enabled offers them even if there are
 * none; before 3.8 it asks for an OCSP response in any case. */
static unsigned session_flags(const shk_endpoint_setup *setup, bool sends_early)
{
    const shk_endpoint_config *config = &setup->config;
    unsigned flags = (config->server ? GNUTLS_SERVER : GNUTLS_CLIENT) | GNUTLS_NONBLOCK;
    if (sends_early || (config->server && config->max_early_data > 0))
        flags |= GNUTLS_ENABLE_EARLY_DATA;
    if (config->post_handshake_auth)
        flags |= GNUTLS_POST_HANDSHAKE_AUTH;
    if (config->key_shares > 0)
        flags |= config->key_shares == 1   ? GNUTLS_KEY_SHARE_TOP
                 : config->key_shares == 2 ? GNUTLS_KEY_SHARE_TOP2
                                           : GNUTLS_KEY_SHARE_TOP3;
    if (config->ticket_count > 0)
        flags |= GNUTLS_NO_AUTO_SEND_TICKET;
    if (config->raw_server_key || config->raw_client_key)
        flags |= GNUTLS_ENABLE_RAWPK;
#if GNUTLS_VERSION_NUMBER >= 0x030800
    if (!config->server && config->status_request == SHK_STAPLING_NONE)
        flags |= GNUTLS_NO_STATUS_REQUEST;
#endif
    return flags;
}

/* The parts of a session that come from the configuration. */
static int configure(shk_endpoint *end)
{
    const shk_endpoint_setup *setup = end->setup;
    const shk_endpoint_config *config = &setup->config;
    gnutls_session_t session = end->session;
    const char *option;
    int status = gnutls_priority_set(session, setup->priority);
    if (status == 0)
        status = shk_gnutls_use_credentials(end);
    if (status == 0 && setup->alpn_count > 0)
        status = gnutls_alpn_set_protocols(
            session, setup->alpn, setup->alpn_count,
            config->server ? GNUTLS_ALPN_MANDATORY | GNUTLS_ALPN_SERVER_PRECEDENCE : 0);
    if (status == 0)
        status = configure_sessions(end);
    if (status == 0 && !config->server && config->server_name != NULL && !setup->name_is_address)
        status = gnutls_server_name_set(session, GNUTLS_NAME_DNS, config->server_name,
                                        strlen(config->server_name));
    if (status == 0)
        status = shk_gnutls_use_limits(setup, session, &option);
    if (config->server && config->client_auth != SHK_CLIENT_AUTH_NONE &&
        !config->post_handshake_auth)
        request_certificate(end);
    if (config->ca_file != NULL || shk_endpoint_peer_key_raw(config))
        gnutls_session_set_verify_function(session, shk_gnutls_verify);
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

/* Replaces the session of the connection, if there is one. */
static bool start_session(shk_endpoint *end, bool sends_early)
{
    if (end->session != NULL)
        gnutls_deinit(end->session);
    end->session = NULL;
    if (gnutls_init(&end->session, session_flags(end->setup, sends_early)) != 0)
        return false;
    gnutls_session_set_ptr(end->session, end);
    return configure(end) == 0;
}

static shk_endpoint *open_end(shk_endpoint_setup *setup, uint64_t seed)
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
    end->key_log = shk_buf_growing(&shk_libc_allocator);
    end->verify_alert = -1;
    end->result.alert_sent = -1;
    end->result.alert_received = -1;
    if (start_session(end, false))
        return end;
    close_end(end);
    return NULL;
}

/* Ends the connection for `error`, with an alert unless the error is the peer's alert. */
static void fail(shk_endpoint *end, int error)
{
    shk_endpoint_result *result = &end->result;
    result->state = SHK_FAILED;
    if (error == GNUTLS_E_FATAL_ALERT_RECEIVED) {
        const gnutls_alert_description_t alert = gnutls_alert_get(end->session);
        result->alert_received = (int)alert;
        const char *name = gnutls_alert_get_name(alert); /* of some it has none */
        snprintf(result->why, SHK_WHY_SIZE, "received fatal alert: %s",
                 name != NULL ? name : shk_alert_name(alert));
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

static bool keep_received(shk_endpoint *end, const uint8_t *data, size_t len)
{
    if (shk_buf_append(&end->received, shk_span_of(data, len)) == SHK_OK)
        return true;
    fail(end, GNUTLS_E_MEMORY_ERROR);
    return false;
}

static void note_post_handshake(shk_endpoint *end)
{
    if (end->pending == SHK_GNUTLS_RENEGOTIATION)
        end->result.renegotiations++;
    else
        end->result.later_authentications++;
    end->pending = SHK_GNUTLS_NOTHING;
    shk_gnutls_note_negotiated(end);
}

/* Continues a renegotiation or authentication after the first handshake; application data may
 * arrive in between. False: it waits for input, or the connection has failed. */
static bool continue_pending(shk_endpoint *end)
{
    uint8_t data[READ_SIZE];
    while (end->pending != SHK_GNUTLS_NOTHING) {
        const int status = end->pending == SHK_GNUTLS_RENEGOTIATION
                               ? gnutls_handshake(end->session)
                               : gnutls_reauth(end->session, 0);
        if (status == 0) {
            note_post_handshake(end);
        } else if (status == GNUTLS_E_GOT_APPLICATION_DATA) {
            const ssize_t len = gnutls_record_recv(end->session, data, sizeof data);
            if (len > 0 && !keep_received(end, data, (size_t)len))
                return false;
        } else if (status == GNUTLS_E_WARNING_ALERT_RECEIVED &&
                   gnutls_alert_get(end->session) == GNUTLS_A_NO_RENEGOTIATION) {
            end->pending = SHK_GNUTLS_NOTHING;
        } else if (gnutls_error_is_fatal(status) != 0) {
            fail(end, status);
            return false;
        } else if (status == GNUTLS_E_AGAIN) {
            return false;
        }
    }
    return true;
}

/* The peer asks for a renegotiation or authentication. False: it is in progress. */
static bool answer_request(shk_endpoint *end, int request)
{
    if (request == GNUTLS_E_REHANDSHAKE && !end->setup->config.renegotiation) {
        (void)gnutls_alert_send(end->session, GNUTLS_AL_WARNING, GNUTLS_A_NO_RENEGOTIATION);
        return true;
    }
    end->pending =
        request == GNUTLS_E_REHANDSHAKE ? SHK_GNUTLS_RENEGOTIATION : SHK_GNUTLS_AUTHENTICATION;
    return continue_pending(end);
}

/* Reads until the input is used up. GnuTLS also returns GNUTLS_E_AGAIN after a handshake message,
 * such as a ticket, while more input is there. */
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
        if (len == GNUTLS_E_REHANDSHAKE || len == GNUTLS_E_REAUTH_REQUEST) {
            if (!answer_request(end, (int)len))
                return;
        } else if ((len < 0 && end->in_read == read_before) ||
                   (len > 0 && !keep_received(end, data, (size_t)len))) {
            return;
        }
    }
}

/* Server: GnuTLS keeps early data apart. */
static void read_early(shk_endpoint *end)
{
    uint8_t data[READ_SIZE];
    ssize_t len;
    while ((len = gnutls_record_recv_early_data(end->session, data, sizeof data)) > 0)
        if (!keep_received(end, data, (size_t)len))
            return;
}

/* Client: replaces the stored session by the one that can be resumed now. */
static void keep_session(shk_endpoint *end)
{
    gnutls_datum_t data = {NULL, 0};
    shk_endpoint_setup *setup = end->setup;
    end->ticket_received = false;
    if (gnutls_session_get_data2(end->session, &data) != 0)
        return;
    gnutls_free(setup->session.data);
    setup->session = data;
    const size_t most = gnutls_record_get_max_early_data_size(end->session);
    setup->session_early =
        most < UINT32_MAX ? most : 0; /* UINT32_MAX means that no ticket has a limit */
}

/* After a record that ends inside a message gnutls_handshake returns GNUTLS_E_AGAIN though the next
 * record is there. */
static void do_handshake(shk_endpoint *end)
{
    shk_endpoint_result *result = &end->result;
    const shk_endpoint_config *config = &end->setup->config;
    int status;
    size_t before;
    do {
        before = end->in_read;
        status = gnutls_handshake(end->session);
    } while (status != 0 && gnutls_error_is_fatal(status) == 0 &&
             (status != GNUTLS_E_AGAIN || end->in_read > before));
    if (status == 0) {
        result->state = SHK_CONNECTED;
        end->was_connected = true;
        shk_gnutls_note_negotiated(end);
        end->ticket_received |= result->version < SHK_TLS13;
        if (result->early_data && config->server)
            read_early(end);
        if (config->server && config->ticket_count > 0 && result->version == SHK_TLS13)
            (void)gnutls_session_ticket_send(end->session, config->ticket_count, 0);
    } else if (gnutls_error_is_fatal(status) != 0) {
        fail(end, status);
    }
}

static void feed(shk_endpoint *end, shk_span bytes)
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
    if (result->state == SHK_HANDSHAKING)
        do_handshake(end);
    if (result->state == SHK_CONNECTED && continue_pending(end))
        read_all(end);
    if (end->ticket_received && end->was_connected && end->setup->config.resume)
        keep_session(end);
}

static void take(shk_endpoint *end, shk_buf *out)
{
    if (shk_buf_append(out, shk_buf_span(&end->out)) != SHK_OK)
        end->result.state = SHK_FAILED;
    shk_buf_drop(&end->out, end->out.len);
}

/* The length of the zeros after `len` bytes of content and its type, in TLS 1.3 (RFC 8446 §5.4). */
static size_t padding_of(const shk_endpoint *end, size_t len)
{
    const size_t most = gnutls_record_get_max_size(end->session);
    const size_t multiple = end->setup->config.record_padding;
    if (multiple == 0 || end->result.version != SHK_TLS13)
        return 0;
    const size_t rest = (len + 1) % multiple;
    const size_t padding = rest == 0 ? 0 : multiple - rest;
    return len + padding <= most ? padding : 0;
}

static bool write_data(shk_endpoint *end, shk_span data)
{
    const shk_endpoint_config *config = &end->setup->config;
    if (!end->was_connected || end->result.state == SHK_FAILED)
        return false;
    shk_gnutls_set_time(end->setup->config.time);
    const size_t most = config->max_send_fragment;
    while (data.len > 0) {
        const size_t now = most != 0 && most < data.len ? most : data.len;
        const ssize_t len =
            gnutls_record_send2(end->session, data.data, now, padding_of(end, now), 0);
        if (len < 0) {
            fail(end, (int)len);
            return false;
        }
        data = shk_span_of(data.data + len, data.len - (size_t)len);
    }
    return true;
}

static size_t read_data(shk_endpoint *end, uint8_t *data, size_t cap)
{
    const size_t len = end->received.len < cap ? end->received.len : cap;
    if (len > 0)
        memcpy(data, end->received.data, len);
    shk_buf_drop(&end->received, len);
    return len;
}

static void send_close(shk_endpoint *end)
{
    if (!end->was_connected || end->result.state == SHK_FAILED || end->close_sent)
        return;
    shk_gnutls_set_time(end->setup->config.time);
    end->close_sent = true;
    const int status = gnutls_bye(end->session, GNUTLS_SHUT_WR);
    if (status != 0)
        fail(end, status);
}

static bool key_update(shk_endpoint *end, bool request)
{
    shk_gnutls_set_time(end->setup->config.time);
    return end->result.state == SHK_CONNECTED && end->result.version == SHK_TLS13 &&
           gnutls_session_key_update(end->session, request ? GNUTLS_KU_PEER : 0) == 0;
}

static bool write_early(shk_endpoint *end, shk_span data)
{
    const shk_endpoint_setup *setup = end->setup;
    if (setup->config.server || !setup->config.early_data || setup->session.size == 0 ||
        end->result.state != SHK_HANDSHAKING || end->early_sent + data.len > setup->session_early)
        return false;
    shk_gnutls_set_time(setup->config.time);
    if (end->early_sent == 0 && !start_session(end, true)) {
        fail(end, GNUTLS_E_MEMORY_ERROR);
        return false;
    }
    end->early_sent += data.len;
    return gnutls_record_send_early_data(end->session, data.data, data.len) >= 0;
}

static bool request_authentication(shk_endpoint *end)
{
    const unsigned flags = gnutls_session_get_flags(end->session);
    if (!end->setup->config.server || end->result.state != SHK_CONNECTED ||
        (flags & GNUTLS_SFLAGS_POST_HANDSHAKE_AUTH) == 0)
        return false;
    shk_gnutls_set_time(end->setup->config.time);
    request_certificate(end);
    end->pending = SHK_GNUTLS_AUTHENTICATION;
    return continue_pending(end) || end->result.state == SHK_CONNECTED;
}

static bool renegotiate(shk_endpoint *end)
{
    if (end->result.state != SHK_CONNECTED || end->result.version == SHK_TLS13)
        return false;
    shk_gnutls_set_time(end->setup->config.time);
    if (end->setup->config.server)
        return gnutls_rehandshake(end->session) == 0;
    end->pending = SHK_GNUTLS_RENEGOTIATION;
    return continue_pending(end) || end->result.state == SHK_CONNECTED;
}

static bool export_keys(shk_endpoint *end, const char *label, shk_span context, uint8_t *out,
                        size_t len)
{
    return end->was_connected &&
           gnutls_prf_rfc5705(end->session, strlen(label), label, context.len,
                              (const char *)context.data, len, (char *)out) == 0;
}

static const char *library_version(void)
{
    return gnutls_check_version(NULL);
}

const shk_endpoint_kind shk_endpoint_gnutls = {
    .name = "gnutls",
    .library_version = library_version,
    .setup = shk_gnutls_setup,
    .teardown = shk_gnutls_teardown,
    .forget = shk_gnutls_forget,
    .open = open_end,
    .close = close_end,
    .feed = feed,
    .take = take,
    .write = write_data,
    .read = read_data,
    .shutdown = send_close,
    .key_update = key_update,
    .write_early = write_early,
    .request_authentication = request_authentication,
    .renegotiate = renegotiate,
    .channel_binding = shk_gnutls_channel_binding,
    .export_keys = export_keys,
    .key_log = key_log,
    .result = shk_gnutls_result,
};
