/* What holds of a connection after whatever it was fed (state/properties.h). */
#include "state/properties.h"

#include <stdio.h>
#include <string.h>

#include "handshake/flow/flow_table.h"
#include "handshake/state/conn_state.h"
#include "shakedown/errors.h"

enum {
    FATAL = 2,
    RECORD_HEADER = 5,
    IDLE_RECORDS = 64,
    BASE_OUTPUT = 40 * 1024, /* what a handshake and its tickets may take */
    BASE_MEMORY = 48 * 1024, /* a connection, its records and its provider's objects */
};

static bool violated(shk_state_watch *watch, const char *violation, const char *detail)
{
    watch->outcome->violation = violation;
    snprintf(watch->outcome->detail, sizeof watch->outcome->detail, "%s", detail);
    return false;
}

_Static_assert((int)SHK_STATE_COUNT <= (int)SHK_STATE_WAYS, "each state has a bit");

static uint64_t bit_of(unsigned state)
{
    return UINT64_C(1) << state;
}

static bool join(uint64_t *ways, unsigned from, unsigned to)
{
    uint64_t before = ways[from];
    ways[from] |= bit_of(to) | ways[to];
    return ways[from] != before;
}

void shk_state_find_ways(uint64_t *ways)
{
    bool grows = true;
    memset(ways, 0, SHK_STATE_WAYS * sizeof ways[0]);
    while (grows) {
        /* a client that is asked to renegotiate begins anew */
        grows = join(ways, SHK_STATE_c12_connected, SHK_STATE_c_start);
        for (size_t i = 0; i < shk_flow_row_count; i++)
            grows |= join(ways, shk_flow_rows[i].state, shk_flow_rows[i].next);
    }
}

shk_state_watch shk_state_watch_of(const shk_conn *conn, const shk_config *config,
                                   const uint64_t *ways, shk_state_outcome *outcome)
{
    return (shk_state_watch){
        .config = config, .outcome = outcome, .ways = ways, .state = conn->state};
}

/* c13_..., s12_... or, before the version is known, c_... */
static bool is_of_version(const char *state, uint16_t version)
{
    if (state[1] == '_')
        return true;
    return (state[1] == '1' && state[2] == '3') == (version == SHK_TLS13);
}

static bool check_state(shk_state_watch *watch, const shk_conn *conn, bool fed)
{
    if (conn->state == watch->state)
        return true;
    if (conn->state >= SHK_STATE_COUNT)
        return violated(watch, "state-unknown", "a state that is none");
    const char *name = shk_state_name((shk_state)conn->state);
    if ((name[0] == 's') != conn->config->is_server)
        return violated(watch, "state-of-other-end", name);
    if (!is_of_version(name, conn->version))
        return violated(watch, "state-of-other-version", name);
    if (fed && (watch->ways[watch->state] & bit_of(conn->state)) == 0)
        return violated(watch, "state-out-of-order", name);
    watch->state = conn->state;
    return true;
}

/* The level of an alert in a record that we send, 0 where it is none; the toy hides nothing. */
static uint8_t alert_level(const shk_conn *conn, const uint8_t *record, size_t len)
{
    const uint8_t *fragment = record + RECORD_HEADER;
    size_t tag = conn->suite != NULL ? shk_cipher_of(conn->suite->cipher)->tag : 0;
    if (record[0] == SHK_ALERT_RECORD && len == 2)
        return fragment[0];
    if (conn->suite == NULL || len < 3 + tag)
        return 0;
    if (record[0] == SHK_ALERT_RECORD) {
        const shk_cipher_row *row = shk_cipher_of(conn->suite->cipher);
        bool has_iv = row->kind != SHK_KIND_CBC || conn->version >= SHK_TLS11;
        return fragment[has_iv ? row->record_iv : 0];
    }
    if (record[0] != SHK_APPLICATION_DATA || conn->version != SHK_TLS13)
        return 0;
    size_t end = len - tag;
    while (end > 3 && fragment[end - 1] == 0) /* padding */
        end--;
    return fragment[end - 1] == SHK_ALERT_RECORD && end == 3 ? fragment[0] : 0;
}

/* What waits is whole records; at most one fatal alert was sent, and it is the last record. */
static bool check_output(shk_state_watch *watch, const shk_conn *conn)
{
    shk_span out = shk_conn_output(conn);
    for (size_t at = 0, len; at < out.len; at += RECORD_HEADER + len) {
        if (watch->alerted)
            return violated(watch, "sent-after-alert", "a record follows a fatal alert");
        if (out.len - at < RECORD_HEADER)
            return violated(watch, "output-not-records", "a header is cut");
        len = (size_t)out.data[at + 3] << 8 | out.data[at + 4];
        if (out.len - at - RECORD_HEADER < len || len > SHK_MAX_CIPHERTEXT)
            return violated(watch, "output-not-records", "a record is cut, or too long");
        watch->alerted = alert_level(conn, out.data + at, len) == FATAL;
    }
    watch->sent += out.len;
    if (watch->sent > BASE_OUTPUT + 64 * watch->fed + 2 * watch->sent_by_us)
        return violated(watch, "output-unbounded", "more is sent than the input explains");
    return true;
}

/* What a call returned, and what the connection says of it, is the same. */
static bool check_failure(shk_state_watch *watch, const shk_conn *conn, shk_status status)
{
    const shk_conn_failure *failure = shk_conn_failure_of(conn);
    const shk_error_row *row = shk_error(failure->fault.status);
    if (failure->fault.status == SHK_OK)
        return status == SHK_OK ||
               violated(watch, "failed-without-failure", shk_error(status)->name);
    if (watch->failed)
        return status != SHK_OK || violated(watch, "goes-on-after-failure", row->name);
    watch->failed = true;
    if (failure->alert_sent >= 0 && failure->alert_sent != row->alert)
        return violated(watch, "alert-of-other-row", row->name);
    if (failure->fault.status == SHK_E_INTERNAL || failure->fault.status == SHK_E_CRYPTO)
        return violated(watch, "failure-of-our-own", row->name);
    return true;
}

bool shk_state_holds(shk_state_watch *watch, const shk_conn *conn, bool fed, shk_status status)
{
    watch->connected |= conn->connected;
    return check_state(watch, conn, fed) && check_output(watch, conn) &&
           (!fed || check_failure(watch, conn, status));
}

bool shk_state_goes_on(shk_state_watch *watch, const shk_conn *conn)
{
    const uint64_t parts[] = {conn->state,
                              conn->reassembly.len,
                              conn->received.len + conn->received_taken,
                              conn->counters.early_data_received,
                              conn->counters.key_updates_received,
                              conn->counters.tickets_received,
                              conn->counters.renegotiations,
                              conn->early_data_skip_left,
                              conn->failure.fault.status,
                              watch->sent};
    uint64_t progress = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        progress = (progress ^ parts[i]) * UINT64_C(0x9e3779b97f4a7c15) + 1;
    /* what comes after a close_notify is not looked at (RFC 8446 §6.1) */
    bool listens = !watch->failed && !conn->close_sent && !conn->peer_closed;
    watch->without = listens && progress == watch->progress ? watch->without + 1 : 0;
    watch->progress = progress;
    return watch->without < IDLE_RECORDS ||
           violated(watch, "no-progress", "64 records in a row change nothing");
}

bool shk_state_fits(const shk_state_watch *watch, size_t peak)
{
    const shk_config *c = watch->config;
    size_t message = c->max_message > c->max_certificate ? c->max_message : c->max_certificate;
    /* a buffer that grows has its old and its new memory for a moment */
    size_t limit = BASE_MEMORY + 4 * (message < watch->fed ? message : watch->fed) +
                   8 * watch->fed + 4 * watch->sent_by_us;
    if (c->certificate_compressions.count > 0) /* a few bytes may say that they become so many */
        limit += c->max_certificate;
    if (peak <= limit)
        return true;
    watch->outcome->violation = "memory-unbounded";
    snprintf(watch->outcome->detail, sizeof watch->outcome->detail, "%zu bytes, at most %zu", peak,
             limit);
    return false;
}
