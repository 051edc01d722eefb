/* The connection (shakedown/conn.h): its life, its output, and what it tells. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config_check.h"
#include "conn_input.h"
#include "handshake/flow/flow_table.h"
#include "handshake/flow/post_handshake.h"
#include "handshake/flow/renegotiation.h"
#include "handshake/keys/key_update_13.h"
#include "handshake/sessions/early_data_13.h"
#include "handshake/state/deviating.h"
#include "handshake/state/grease.h"
#include "handshake/state/handshake_lifetime.h"
#include "handshake/state/output.h"
#include "handshake/state/session_content.h"
#include "shakedown/errors.h"
#include "shakedown/registry.h"
#include "shakedown/session.h"

enum { LEVEL_WARNING = 1, LEVEL_FATAL = 2 };

static shk_status copy_reference_name(shk_conn *conn, const char *name)
{
    size_t len = name != NULL ? strlen(name) : 0;
    if (len == 0)
        return SHK_OK;
    if (name[len - 1] == '.')
        len--;
    conn->reference_name = (char *)shk_new(conn->allocator, len + 1);
    if (conn->reference_name == NULL)
        return SHK_OWN(NO_MEMORY);
    conn->reference_name_size = len + 1;
    memcpy(conn->reference_name, name, len);
    return SHK_OK;
}

shk_status shk_conn_new(const shk_config *config, const shk_random *random, shk_conn **out)
{
    if (!shk_config_usable(config) || random->fill == NULL)
        return SHK_E_CONFIG;
    shk_conn *conn = (shk_conn *)shk_new(config->allocator, sizeof *conn);
    if (conn == NULL)
        return SHK_OWN(NO_MEMORY);
    conn->config = config;
    conn->allocator = config->allocator;
    conn->crypto = config->crypto;
    conn->random = *random;
    conn->failure.alert_sent = -1;
    conn->failure.alert_received = -1;
    bool uses_ech = !config->is_server && config->ech_configs.len > 0;
    conn->min_version = uses_ech ? SHK_TLS13 : config->min_version;
    conn->max_version = config->max_version;
    conn->state = config->is_server ? SHK_STATE_s_wait_client_hello : SHK_STATE_c_start;
    shk_grease_draw(conn);
    conn->record_version = SHK_TLS10; /* of a first ClientHello (RFC 8446 §5.1) */
    shk_transcript_init(&conn->main_transcript, conn->crypto, conn->allocator);
    shk_buf *buffers[] = {&conn->in,       &conn->opened, &conn->reassembly,
                          &conn->received, &conn->out,    &conn->ech_retry_configs};
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
        *buffers[i] = shk_buf_growing(conn->allocator);
    shk_status status = copy_reference_name(conn, config->server_name);
    if (status == SHK_OK)
        status = shk_handshake_new(conn);
    if (status == SHK_OK && !config->is_server)
        shk_load_session(conn);
    if (status != SHK_OK) {
        shk_conn_free(conn);
        return status;
    }
    *out = conn;
    return SHK_OK;
}

void shk_conn_free(shk_conn *conn)
{
    if (conn == NULL)
        return;
    shk_handshake_free(conn);
    shk_transcript_free(&conn->main_transcript);
    shk_protection_free(conn->read);
    shk_protection_free(conn->write);
    shk_free_former_writes(conn);
    shk_buf_free(&conn->in);
    shk_buf_wipe(&conn->opened);
    shk_buf_free(&conn->reassembly);
    shk_buf_wipe(&conn->received);
    shk_buf_free(&conn->out);
    shk_buf_free(&conn->ech_retry_configs);
    shk_delete(conn->allocator, conn->reference_name, conn->reference_name_size);
    const shk_allocator *allocator = conn->allocator;
    shk_wipe(conn, sizeof *conn);
    shk_delete(allocator, conn, sizeof *conn);
}

/* RFC 5246 §7.2.2: after a fatal alert a session must not be resumed; a stream that ends without
 * close_notify is none (§7.2.1). */
static void forget_sessions(const shk_conn *conn)
{
    const shk_config *config = conn->config;
    if (conn->cached_id_len > 0)
        shk_session_cache_remove(config->session_cache,
                                 shk_span_of(conn->cached_id, conn->cached_id_len));
    if (conn->has_session && config->session_sink != NULL)
        config->session_sink(config->session_sink_context, shk_span_of_text("")); /* not NULL */
}

static shk_status fail(shk_conn *conn, shk_status status)
{
    const shk_error_row *row = shk_error(status);
    if (status == SHK_E_INTERNAL || status == SHK_E_CRYPTO || status == SHK_E_NO_MEMORY)
        conn->failure.at = shk_own_failure_line(status);
    if (conn->failure.fault.status != status) { /* not the codec's: no offset */
        conn->failure.fault.status = status;
        conn->failure.fault.offset = SIZE_MAX;
    }
    if (row->alert != SHK_ALERT_NONE && !conn->close_sent &&
        shk_conn_send_alert(conn, LEVEL_FATAL, (uint8_t)row->alert) == SHK_OK)
        conn->failure.alert_sent = row->alert;
    conn->close_sent = true;
    if (conn->failure.alert_sent >= 0 || conn->failure.alert_received >= 0)
        forget_sessions(conn);
    shk_handshake_free(conn);
    shk_conn_set_read(conn, NULL);
    shk_conn_set_write(conn, NULL);
    shk_wipe(conn->client_secret, sizeof conn->client_secret);
    shk_wipe(conn->server_secret, sizeof conn->server_secret);
    shk_wipe(conn->exporter_secret, sizeof conn->exporter_secret);
    shk_wipe(conn->early_exporter_secret, sizeof conn->early_exporter_secret);
    shk_wipe(conn->resumption_secret, sizeof conn->resumption_secret);
    shk_buf_free(&conn->reassembly);
    shk_buf_free(&conn->in);
    return status;
}

/* How a call of the application ends that may have done a part of its work: a failure is the
 * connection's, since what has been done cannot be taken back. */
static shk_status done(shk_conn *conn, shk_status status)
{
    return status == SHK_OK ? SHK_OK : fail(conn, status);
}

shk_status shk_conn_start(shk_conn *conn)
{
    if (conn->failure.fault.status != SHK_OK)
        return SHK_E_CLOSED;
    conn->clock_read = false;
    return done(conn, shk_flow_run(conn));
}

/* RFC 5246 §7.2.1: below TLS 1.3 close_notify is answered at once. */
static shk_status answer_close(shk_conn *conn)
{
    if (!conn->peer_closed || conn->version >= SHK_TLS13)
        return SHK_OK;
    return shk_conn_close(conn);
}

shk_status shk_conn_feed(shk_conn *conn, const uint8_t *bytes, size_t len)
{
    if (conn->failure.fault.status != SHK_OK)
        return SHK_E_CLOSED;
    bool given_up = conn->close_sent && !conn->connected;
    if (given_up || conn->peer_closed) /* nothing counts after close_notify (RFC 8446 §6.1) */
        return SHK_OK;
    conn->clock_read = false;
    shk_status status = shk_record_input(conn, shk_span_of(bytes, len));
    shk_buf_wipe(&conn->opened);
    if (status == SHK_OK)
        status = answer_close(conn);
    return done(conn, status);
}

shk_status shk_conn_feed_end(shk_conn *conn)
{
    if (conn->failure.fault.status != SHK_OK)
        return SHK_E_CLOSED;
    return conn->peer_closed ? SHK_OK : fail(conn, SHK_E_TRUNCATION);
}

/* Takes bytes off the front, of which `taken` have gone before. They are moved out of the way when
 * they are half of it, so that small pieces cost no more than large ones. */
static void take(shk_buf *buf, size_t *taken, size_t len)
{
    *taken += len;
    if (*taken <= buf->len / 2 && *taken < buf->len)
        return;
    shk_buf_drop(buf, *taken);
    *taken = 0;
}

shk_span shk_conn_output(const shk_conn *conn)
{
    shk_span all = shk_buf_span(&conn->out);
    return conn->out_taken == 0
               ? all
               : shk_span_of(all.data + conn->out_taken, all.len - conn->out_taken);
}

void shk_conn_sent(shk_conn *conn, size_t len)
{
    size_t left = conn->out.len - conn->out_taken;
    take(&conn->out, &conn->out_taken, len < left ? len : left);
    if (conn->out.len == 0)
        shk_buf_free(&conn->out);
}

shk_status shk_conn_write_early(shk_conn *conn, const uint8_t *data, size_t len)
{
    if (conn->failure.fault.status != SHK_OK || conn->close_sent)
        return SHK_E_CLOSED;
    SHK_TRY(shk_may_write_early(conn, len));
    conn->early_data_left -= len;
    if (len == 0)
        return SHK_OK;
    return done(conn, shk_conn_send(conn, SHK_APPLICATION_DATA, shk_span_of(data, len)));
}

/* Each record may be the one that needs another key before it. */
static shk_status write_data(shk_conn *conn, shk_span data)
{
    for (bool first = true; data.len > 0; first = false) {
        SHK_TRY(shk_rekey_if_needed(conn));
        SHK_TRY(shk_send_record(conn, SHK_APPLICATION_DATA, first, &data));
    }
    return SHK_OK;
}

shk_status shk_conn_write(shk_conn *conn, const uint8_t *data, size_t len)
{
    SHK_TRY(shk_conn_usable(conn, true));
    return done(conn, write_data(conn, shk_span_of(data, len)));
}

shk_status shk_conn_key_update(shk_conn *conn, bool request)
{
    SHK_TRY(shk_conn_usable(conn, true));
    if (conn->version < SHK_TLS13)
        return SHK_E_NOT_CONNECTED;
    return done(conn, shk_send_key_update(conn, request));
}

shk_status shk_conn_request_authentication(shk_conn *conn)
{
    SHK_TRY(shk_conn_usable(conn, true));
    SHK_TRY(shk_begin_authentication(conn));
    return done(conn, shk_request_authentication(conn));
}

shk_status shk_conn_renegotiate(shk_conn *conn)
{
    SHK_TRY(shk_conn_usable(conn, true));
    SHK_TRY(shk_may_renegotiate(conn));
    conn->clock_read = false;
    shk_status status = shk_start_renegotiation(conn);
    return done(conn, status == SHK_OK ? shk_flow_run(conn) : status);
}

size_t shk_conn_read(shk_conn *conn, uint8_t *data, size_t cap)
{
    size_t left = conn->received.len - conn->received_taken;
    size_t len = left < cap ? left : cap;
    if (len == 0)
        return 0;
    memcpy(data, conn->received.data + conn->received_taken, len);
    take(&conn->received, &conn->received_taken, len);
    if (conn->received.len == 0)
        shk_buf_wipe(&conn->received);
    return len;
}

shk_status shk_conn_close(shk_conn *conn)
{
    if (conn->close_sent)
        return SHK_OK;
    conn->close_sent = true;
    return done(conn, shk_conn_send_alert(conn, LEVEL_WARNING, SHK_ALERT_close_notify));
}

shk_conn_info shk_conn_info_of(const shk_conn *conn)
{
    const shk_negotiated *n = &conn->negotiated;
    const shk_conn_counters *c = &conn->counters;
    return (shk_conn_info){
        .version = conn->version,
        .suite = conn->suite != NULL ? conn->suite->value : 0,
        .group = n->group,
        .scheme = n->scheme,
        .protocol = n->protocol,
        .server_name = n->server_name,
        .connected = conn->connected,
        .peer_closed = conn->peer_closed,
        .resumed = n->resumed,
        .external_psk = n->external_psk,
        .peer_verified = n->peer_verified,
        .peer_authenticated = n->peer_authenticated,
        .raw_public_key = n->raw_public_key,
        .certificate_compressed = n->certificate_compressed,
        .status_verified = n->status_verified,
        .timestamps = n->timestamps,
        .encrypt_then_mac = n->encrypt_then_mac,
        .extended_master_secret = n->extended_master_secret,
        .send_limit = n->send_limit,
        .secure_renegotiation = n->secure_renegotiation,
        .renegotiations = c->renegotiations,
        .later_authentications = c->later_authentications,
        .retried = n->retried,
        .early_data_offered = n->early_data_offered,
        .early_data = n->early_data,
        .early_data_received = c->early_data_received,
        .ech_accepted = n->ech_accepted,
        .ech_retry_configs = conn->ech_retry_configs_good ? shk_buf_span(&conn->ech_retry_configs)
                                                          : shk_span_of(NULL, 0),
        .deviations = conn->deviations,
        .key_updates_sent = c->key_updates_sent,
        .key_updates_received = c->key_updates_received,
        .tickets_received = c->tickets_received,
    };
}

const shk_conn_failure *shk_conn_failure_of(const shk_conn *conn)
{
    return &conn->failure;
}

/* Text that is put together: `len` counts also what did not fit. */
typedef struct {
    char *text;
    size_t size;
    size_t len;
} description;

static void add(description *d, const char *format, ...)
{
    bool fits = d->len < d->size;
    va_list arguments;
    va_start(arguments, format);
    int len =
        vsnprintf(fits ? d->text + d->len : NULL, fits ? d->size - d->len : 0, format, arguments);
    va_end(arguments);
    d->len += len < 0 ? 0 : (size_t)len;
}

static void add_alert(description *d, const shk_conn_failure *f)
{
    bool received = f->fault.status == SHK_E_PEER_ALERT;
    int alert = received ? f->alert_received : f->alert_sent;
    const char *name = shk_alert_name((uint32_t)alert);
    if (alert >= 0)
        add(d, "%sfatal %s (%d): ", received ? "received " : "",
            name != NULL ? name : "unknown alert", alert);
}

size_t shk_conn_describe(const shk_conn *conn, char *text, size_t size)
{
    const shk_conn_failure *f = &conn->failure;
    const shk_error_row *row = shk_error(f->fault.status);
    description d = {text, size, 0};
    if (size > 0)
        text[0] = 0;
    add_alert(&d, f);
    if (f->fault.field != NULL)
        add(&d, "%s: ", f->fault.field);
    add(&d, "%s [", row->text);
    if (row->clause[0] != 0)
        add(&d, "%s, ", row->clause);
    add(&d, "%s", row->name);
    if (f->at.file != NULL)
        add(&d, ", %s:%d", f->at.file, f->at.line);
    add(&d, "]");
    if (f->message != NULL && f->fault.offset != SIZE_MAX)
        add(&d, ", at byte %zu of %s", f->fault.offset, f->message);
    else if (f->message != NULL)
        add(&d, ", in %s", f->message);
    return d.len;
}
