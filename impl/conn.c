/* The connection (shakedown/conn.h): its life, its output, and what it tells. */
#include <stdio.h>
#include <string.h>

#include "handshake/certificates/authentication.h"
#include "handshake/hello/ech_common.h"
#include "handshake/state/conn_state.h"

enum { LEVEL_WARNING = 1, LEVEL_FATAL = 2 };

/* But for the row that stands for RSA below TLS 1.2, and never travels. */
static bool known_schemes(const shk_u16s *schemes)
{
    for (size_t i = 0; i < schemes->count; i++) {
        const shk_signature_scheme_row *row = shk_signature_scheme_of(schemes->values[i]);
        if (row == NULL || row->max_version < SHK_TLS12)
            return false;
    }
    return true;
}

static bool known_code_points(const shk_config *config)
{
    for (size_t i = 0; i < config->suites.count; i++)
        if (shk_suite_of(config->suites.values[i]) == NULL)
            return false;
    for (size_t i = 0; i < config->groups.count; i++)
        if (shk_group_of(config->groups.values[i]) == NULL)
            return false;
    for (size_t i = 0; i < config->certificate_compressions.count; i++)
        if (shk_compression_algorithm_name(config->certificate_compressions.values[i]) == NULL)
            return false;
    return config->suites.count > 0 && config->suites.count <= SHK_MAX_SUITES &&
           config->schemes.count > 0 && known_schemes(&config->schemes) &&
           known_schemes(&config->chain_schemes);
}

/* A client must have a suite to offer: one of its versions, that the provider has, and with a PSK
 * where it takes one. A hidden ClientHello is of TLS 1.3 (RFC 9849 §6.1). A server without refuses.
 */
static bool has_suites(const shk_config *config)
{
    if (config->is_server || config->client_hello.len > 0)
        return true;
    bool hides = config->ech_configs.len > 0;
    uint16_t min = hides ? SHK_TLS13 : config->min_version;
    for (size_t i = 0; i < config->suites.count; i++) {
        const shk_suite_row *row = shk_suite_of(config->suites.values[i]);
        if (row->min_version <= config->max_version && row->max_version >= min &&
            (!shk_suite_has_psk(row) || config->psk_count > 0) &&
            config->crypto->has_cipher(config->crypto, row->cipher))
            return true;
    }
    return false;
}

/* Groups that the provider lacks are left out; one must be left. */
static bool has_groups(const shk_config *config)
{
    for (size_t i = 0; i < config->groups.count; i++)
        if (config->crypto->has_group(config->crypto, config->groups.values[i]))
            return true;
    return false;
}

static bool usable_psks(const shk_config *config)
{
    for (size_t i = 0; i < config->psk_count; i++) {
        const shk_external_psk *psk = &config->psks[i];
        if (psk->key.len == 0 || psk->key.len > SHK_MAX_PSK || psk->identity.len > 65535)
            return false;
        if (psk->import && psk->identity.len == 0) /* RFC 9258 §5.1 */
            return false;
        if (psk->import && psk->identity.len + psk->import_context.len > SHK_MAX_IMPORTED_IDENTITY)
            return false;
    }
    return config->psk_count <= SHK_MAX_PSKS && config->psk_hint.len <= 65535;
}

/* A server has something to show for itself: a certificate, a PSK, or a suite that needs neither.
 */
static bool can_authenticate(const shk_config *config)
{
    bool anonymous = false;
    for (size_t i = 0; i < config->suites.count; i++)
        anonymous |= shk_suite_of(config->suites.values[i])->auth == SHK_AUTH_ANON;
    return !config->is_server || config->credential_count > 0 || config->psk_count > 0 || anonymous;
}

/* Raw keys and X.509 are all the types that there are here; whoever checks the peer at all
 * must have something to check a certificate of any type by, since the peer chooses. */
static bool usable_types(const shk_config *config)
{
    shk_span lists[] = {config->own_certificate_types, config->peer_certificate_types};
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < lists[k].len; i++)
            if (lists[k].data[i] != SHK_CERTIFICATE_X509 &&
                lists[k].data[i] != SHK_CERTIFICATE_RAW_PUBLIC_KEY)
                return false;
    bool by_something = config->trust != NULL || config->peer_key_count > 0;
    if (config->is_server ? config->client_auth != SHK_CLIENT_AUTH_REQUIRE : !by_something)
        return true;
    bool chains = shk_type_enabled(lists[1], SHK_CERTIFICATE_X509);
    bool raw = shk_type_enabled(lists[1], SHK_CERTIFICATE_RAW_PUBLIC_KEY);
    return (!chains || config->trust != NULL) && (!raw || config->peer_key_count > 0);
}

/* What a server has asked for has to be there, whatever is negotiated. */
static bool usable_filters(const shk_config *config)
{
    return config->oid_filters.len == 0 ||
           (config->min_version >= SHK_TLS13 &&
            !shk_type_enabled(config->peer_certificate_types, SHK_CERTIFICATE_RAW_PUBLIC_KEY) &&
            shk_oid_filters_usable(config->crypto, config->oid_filters));
}

/* Limits of records are what RFC 6066 §4 and RFC 8449 §4 allow. */
static bool usable_sizes(const shk_config *config)
{
    uint16_t length = config->max_fragment_length;
    uint16_t limit = config->record_size_limit;
    return (length == 0 || length == 512 || length == 1024 || length == 2048 || length == 4096) &&
           (limit == 0 || (limit >= 64 && limit <= SHK_MAX_PLAINTEXT + 1)) &&
           config->max_send_fragment <= SHK_MAX_PLAINTEXT &&
           config->record_padding <= SHK_MAX_PLAINTEXT;
}

static bool usable(const shk_config *config)
{
    if (config->crypto == NULL || config->allocator == NULL)
        return false;
    if (config->min_version > config->max_version || config->min_version < SHK_TLS10 ||
        config->max_version > SHK_TLS13)
        return false;
    if (!usable_types(config))
        return false;
    if (config->status_request == SHK_STAPLING_DEMAND && config->trust == NULL)
        return false;
    bool needs_clock = config->trust != NULL || config->session_sink != NULL ||
                       config->session.len > 0 || config->ticket_key_count > 0 ||
                       config->session_cache != NULL;
    if (needs_clock && config->clock.now_ms == NULL)
        return false;
    if (config->is_server && config->max_early_data > 0 && config->replay_guard == NULL)
        return false;
    if (config->no_extended_master_secret && config->require_extended_master_secret)
        return false;
    if (config->ticket_lifetime > 604800)
        return false;
    if (config->key_shares > SHK_MAX_OFFERED_SHARES || config->security_level > 5)
        return false;
    if (config->server_name != NULL && !shk_is_reference_name(config->server_name))
        return false;
    for (size_t i = 0; i < config->protocol_count; i++)
        if (strlen(config->protocols[i]) == 0 || strlen(config->protocols[i]) > 255)
            return false;
    return known_code_points(config) && has_suites(config) && has_groups(config) &&
           usable_sizes(config) && usable_filters(config) && shk_ech_config_usable(config) &&
           usable_psks(config) && can_authenticate(config);
}

static shk_status copy_reference_name(shk_conn *conn, const char *name)
{
    size_t len = name != NULL ? strlen(name) : 0;
    if (len == 0)
        return SHK_OK;
    if (name[len - 1] == '.')
        len--;
    conn->reference_name = (char *)shk_new(conn->allocator, len + 1);
    if (conn->reference_name == NULL)
        return SHK_E_NO_MEMORY;
    conn->reference_name_size = len + 1;
    memcpy(conn->reference_name, name, len);
    return SHK_OK;
}

shk_status shk_conn_new(const shk_config *config, const shk_random *random, shk_conn **out)
{
    if (!usable(config) || random->fill == NULL)
        return SHK_E_CONFIG;
    shk_conn *conn = (shk_conn *)shk_new(config->allocator, sizeof *conn);
    if (conn == NULL)
        return SHK_E_NO_MEMORY;
    conn->config = config;
    conn->allocator = config->allocator;
    conn->crypto = config->crypto;
    conn->random = *random;
    conn->failure.alert_sent = -1;
    conn->failure.alert_received = -1;
    bool hides = !config->is_server && config->ech_configs.len > 0;
    conn->min_version = hides ? SHK_TLS13 : config->min_version;
    conn->max_version = config->max_version;
    conn->state = config->is_server ? SHK_STATE_s_wait_client_hello : SHK_STATE_c_start;
    shk_grease_draw(conn);
    conn->record_version = SHK_TLS10; /* of a first ClientHello (RFC 8446 §5.1) */
    shk_buf *buffers[] = {&conn->in,       &conn->opened, &conn->reassembly,
                          &conn->received, &conn->out,    &conn->ech_retry_configs};
    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
        *buffers[i] = shk_buf_growing(conn->allocator);
    shk_status status = copy_reference_name(conn, config->server_name);
    if (status == SHK_OK)
        status = shk_handshake_new(conn);
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
    if (conn->main_transcript != NULL)
        conn->crypto->hash_free(conn->main_transcript);
    shk_protection_free(conn->read);
    shk_protection_free(conn->write);
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

void shk_conn_set_read(shk_conn *conn, shk_protection *protection)
{
    shk_protection_free(conn->read);
    conn->read = protection;
}

void shk_conn_set_write(shk_conn *conn, shk_protection *protection)
{
    shk_protection_free(conn->write);
    conn->write = protection;
}

shk_status shk_conn_fail_field(shk_conn *conn, const char *field, shk_status status)
{
    conn->failure.fault.field = field;
    return status;
}

shk_status shk_conn_deviation(shk_conn *conn, const char *field, shk_deviation deviation)
{
    if (conn->config->strict)
        return shk_conn_fail_field(conn, field, shk_deviation_error(deviation));
    conn->info.deviations |= 1U << deviation;
    return SHK_OK;
}

shk_status shk_conn_send_alert(shk_conn *conn, uint8_t level, uint8_t description)
{
    uint8_t alert[2] = {level, description};
    return shk_conn_send(conn, SHK_ALERT_RECORD, shk_span_of(alert, sizeof alert));
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

shk_status shk_conn_fail(shk_conn *conn, shk_status status)
{
    const shk_error_row *row = shk_error(status);
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

shk_status shk_conn_done(shk_conn *conn, shk_status status)
{
    return status == SHK_OK ? SHK_OK : shk_conn_fail(conn, status);
}

shk_status shk_conn_usable(const shk_conn *conn, bool send)
{
    if (conn->failure.fault.status != SHK_OK || (send && conn->close_sent))
        return SHK_E_CLOSED;
    return conn->info.connected ? SHK_OK : SHK_E_NOT_CONNECTED;
}

shk_status shk_conn_start(shk_conn *conn)
{
    if (conn->failure.fault.status != SHK_OK)
        return SHK_E_CLOSED;
    conn->clock_read = false;
    return shk_conn_done(conn, shk_flow_run(conn));
}

/* RFC 5246 §7.2.1: below TLS 1.3 close_notify is answered at once. */
static shk_status answer_close(shk_conn *conn)
{
    if (!conn->info.peer_closed || conn->info.version >= SHK_TLS13)
        return SHK_OK;
    return shk_conn_close(conn);
}

shk_status shk_conn_feed(shk_conn *conn, const uint8_t *bytes, size_t len)
{
    if (conn->failure.fault.status != SHK_OK)
        return SHK_E_CLOSED;
    bool given_up = conn->close_sent && !conn->info.connected;
    if (given_up || conn->info.peer_closed) /* nothing counts after close_notify (RFC 8446 §6.1) */
        return SHK_OK;
    conn->clock_read = false;
    shk_status status = shk_record_input(conn, shk_span_of(bytes, len));
    shk_buf_wipe(&conn->opened);
    if (status == SHK_OK)
        status = answer_close(conn);
    return shk_conn_done(conn, status);
}

shk_status shk_conn_feed_end(shk_conn *conn)
{
    if (conn->failure.fault.status != SHK_OK)
        return SHK_E_CLOSED;
    return conn->info.peer_closed ? SHK_OK : shk_conn_fail(conn, SHK_E_TRUNCATION);
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

shk_status shk_conn_write(shk_conn *conn, const uint8_t *data, size_t len)
{
    SHK_TRY(shk_conn_usable(conn, true));
    if (len == 0)
        return SHK_OK;
    return shk_conn_done(conn, shk_conn_send(conn, SHK_APPLICATION_DATA, shk_span_of(data, len)));
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
    return shk_conn_done(conn, shk_conn_send_alert(conn, LEVEL_WARNING, SHK_ALERT_close_notify));
}

const shk_conn_info *shk_conn_info_of(const shk_conn *conn)
{
    return &conn->info;
}

const shk_conn_failure *shk_conn_failure_of(const shk_conn *conn)
{
    return &conn->failure;
}

size_t shk_conn_describe(const shk_conn *conn, char *text, size_t size)
{
    const shk_conn_failure *f = &conn->failure;
    const shk_error_row *row = shk_error(f->fault.status);
    char alert[64] = "";
    char where[128] = "";
    if (f->fault.status == SHK_E_PEER_ALERT)
        snprintf(alert, sizeof alert, "received fatal %s (%d): ",
                 shk_alert_name((uint32_t)f->alert_received) != NULL
                     ? shk_alert_name((uint32_t)f->alert_received)
                     : "unknown alert",
                 f->alert_received);
    else if (f->alert_sent >= 0)
        snprintf(alert, sizeof alert, "fatal %s (%d): ", shk_alert_name((uint32_t)f->alert_sent),
                 f->alert_sent);
    if (f->message != NULL && f->fault.offset != SIZE_MAX)
        snprintf(where, sizeof where, ", at byte %zu of %s", f->fault.offset, f->message);
    else if (f->message != NULL)
        snprintf(where, sizeof where, ", in %s", f->message);
    int len = snprintf(text, size, "%s%s%s%s%s%s%s%s%s", alert,
                       f->fault.field != NULL ? f->fault.field : "",
                       f->fault.field != NULL ? ": " : "", row->text, row->clause[0] ? " [" : "",
                       row->clause, row->clause[0] ? "]" : "", where, "");
    return len < 0 ? 0 : (size_t)len;
}
