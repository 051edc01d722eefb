/* Our own end (endpoint/endpoint.h) on shakedown/conn.h. */
#include <stdlib.h>
#include <string.h>

#include "endpoint/facts.h"
#include "endpoint/ours/ours_kind.h"
#include "endpoint/printable.h"

static const char *library_version(void)
{
    return SHK_VERSION_TEXT;
}

static void close_end(shk_endpoint *end)
{
    if (end == NULL)
        return;
    shk_conn_free(end->conn);
    shk_buf_wipe(&end->session);
    shk_buf_wipe(&end->key_log);
    free(end);
}

/* Without memory the line is lost. */
static void log_key(void *context, const char *line)
{
    shk_endpoint *end = (shk_endpoint *)context;
    (void)shk_buf_append(&end->key_log, shk_span_of_text(line));
    (void)shk_buf_append(&end->key_log, shk_span_of_text("\n"));
    if (end->setup->key_log == NULL)
        return;
    fprintf(end->setup->key_log, "%s\n", line);
    fflush(end->setup->key_log);
}

static shk_span key_log(const shk_endpoint *end)
{
    return shk_buf_span(&end->key_log);
}

/* The connection has its own copy of the session, since the set-up's may be replaced meanwhile. */
static shk_endpoint *open_end(shk_endpoint_setup *setup, uint64_t seed)
{
    shk_endpoint *end = (shk_endpoint *)calloc(1, sizeof *end);
    if (end == NULL)
        return NULL;
    shk_ours_renew_ticket_key(setup);
    shk_random random = seed != 0 ? shk_sim_random_from(&end->random, seed) : shk_system_random();
    end->setup = setup;
    end->session = shk_buf_growing(&shk_libc_allocator);
    end->key_log = shk_buf_growing(&shk_libc_allocator);
    shk_status status = shk_buf_append(&end->session, shk_buf_span(&setup->session));
    end->config = setup->config;
    end->config.session = shk_buf_span(&end->session);
    end->config.key_log = log_key;
    end->config.key_log_context = end;
    if (status == SHK_OK)
        status = shk_conn_new(&end->config, &random, &end->conn);
    if (status == SHK_OK)
        return end;
    close_end(end);
    return NULL;
}

/* The connection keeps its failure; `result` reports it. */
static void feed(shk_endpoint *end, shk_span bytes)
{
    shk_status status = shk_conn_start(end->conn);
    if (status == SHK_OK && bytes.len > 0)
        status = shk_conn_feed(end->conn, bytes.data, bytes.len);
    (void)status;
}

static void take(shk_endpoint *end, shk_buf *out)
{
    shk_span output = shk_conn_output(end->conn);
    if (shk_buf_append(out, output) == SHK_OK)
        shk_conn_sent(end->conn, output.len);
}

static bool write_data(shk_endpoint *end, shk_span data)
{
    return shk_conn_write(end->conn, data.data, data.len) == SHK_OK;
}

static size_t read_data(shk_endpoint *end, uint8_t *data, size_t cap)
{
    return shk_conn_read(end->conn, data, cap);
}

static bool write_early(shk_endpoint *end, shk_span data)
{
    return shk_conn_start(end->conn) == SHK_OK &&
           shk_conn_write_early(end->conn, data.data, data.len) == SHK_OK;
}

static void send_close(shk_endpoint *end)
{
    shk_conn_close(end->conn);
}

static bool key_update(shk_endpoint *end, bool request)
{
    return shk_conn_key_update(end->conn, request) == SHK_OK;
}

static bool request_authentication(shk_endpoint *end)
{
    return shk_conn_request_authentication(end->conn) == SHK_OK;
}

static bool renegotiate(shk_endpoint *end)
{
    return shk_conn_renegotiate(end->conn) == SHK_OK;
}

static size_t channel_binding(shk_endpoint *end, const char *name, uint8_t *out)
{
    static const char *const names[] = {[SHK_TLS_UNIQUE] = "tls-unique",
                                        [SHK_TLS_SERVER_END_POINT] = "tls-server-end-point",
                                        [SHK_TLS_EXPORTER] = "tls-exporter"};
    size_t len = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0 &&
            shk_conn_channel_binding(end->conn, (shk_channel_binding)i, out, &len) == SHK_OK)
            return len;
    return 0;
}

static bool export_keys(shk_endpoint *end, const char *label, shk_span context, uint8_t *out,
                        size_t len)
{
    return shk_conn_export(end->conn, label, context, out, len) == SHK_OK;
}

/* RFC 7627 §1: two connections without extended_master_secret could share it. */
static bool is_master_secret_shared(const shk_endpoint_config *config,
                                    const shk_endpoint_result *result)
{
    (void)config;
    return result->version < SHK_TLS13 && !result->extended_master_secret;
}

static bool may_renegotiate(const shk_endpoint_config *config, const shk_endpoint_result *result)
{
    return config->renegotiation && result->version < SHK_TLS13;
}

static const shk_untold_row untold[] = {
    {SHK_FACT_tls_unique, is_master_secret_shared,
     "our end gives none without extended_master_secret, where two connections could share it (RFC "
     "7627 §1)"},
    {SHK_FACT_tls_exporter, may_renegotiate,
     "our end gives none where it may renegotiate (RFC 9266 §4.2)"},
};

/* As it is sent and compared (RFC 6066 §3). */
static shk_span without_last_dot(const char *name)
{
    shk_span text = shk_span_of_text(name);
    if (text.len > 0 && text.data[text.len - 1] == '.')
        text.len--;
    return text;
}

static void result(shk_endpoint *end, shk_endpoint_result *out)
{
    const shk_conn_info info = shk_conn_info_of(end->conn);
    const shk_conn_failure *failure = shk_conn_failure_of(end->conn);
    memset(out, 0, sizeof *out);
    out->version = info.version;
    out->suite = info.suite;
    out->group = info.group;
    out->scheme = info.scheme;
    shk_printable_text(info.protocol, out->alpn, sizeof out->alpn);
    shk_span name = info.server_name;
    if (name.len == 0 && end->config.server_name != NULL && !end->setup->name_is_address)
        name = without_last_dot(end->config.server_name);
    shk_printable_text(name, out->server_name, sizeof out->server_name);
    out->resumed = info.resumed;
    out->external_psk = info.external_psk;
    out->peer_verified = info.peer_verified || info.external_psk;
    out->client_authenticated = end->config.is_server && info.peer_authenticated;
    out->early_data = info.early_data;
    out->extended_master_secret = info.version < SHK_TLS13 && info.extended_master_secret;
    out->encrypt_then_mac = info.version < SHK_TLS13 && info.encrypt_then_mac;
    out->ech_accepted = info.ech_accepted;
    out->retried = info.retried;
    out->renegotiations = (uint16_t)info.renegotiations;
    out->later_authentications = (uint16_t)info.later_authentications;
    out->send_limit = info.send_limit;
    out->certificate_compressed = info.certificate_compressed;
    out->raw_public_key = info.raw_public_key;
    out->status_verified = info.status_verified;
    out->secure_renegotiation = info.version < SHK_TLS13 && info.secure_renegotiation;
    out->tickets = (uint16_t)info.tickets_received;
    out->sct_count = info.timestamps;
    out->deviations = info.deviations;
    out->alert_sent = failure->alert_sent;
    out->alert_received = failure->alert_received;
    if (failure->fault.status != SHK_OK) {
        out->state = SHK_FAILED;
        shk_conn_describe(end->conn, out->why, sizeof out->why);
    } else if (info.peer_closed && !info.connected) {
        out->state = SHK_FAILED;
        snprintf(out->why, sizeof out->why, "close_notify before the handshake was complete");
    } else if (info.peer_closed) {
        out->state = SHK_ENDED;
    } else {
        out->state = info.connected ? SHK_CONNECTED : SHK_HANDSHAKING;
    }
    shk_declare_untold(untold, sizeof untold / sizeof untold[0], &end->setup->asked, out);
}

const shk_endpoint_kind shk_endpoint_ours = {
    .name = "ours",
    .library_version = library_version,
    .setup = shk_ours_setup,
    .teardown = shk_ours_teardown,
    .save = shk_ours_save,
    .forget = shk_ours_forget,
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
    .channel_binding = channel_binding,
    .export_keys = export_keys,
    .key_log = key_log,
    .result = result,
};
