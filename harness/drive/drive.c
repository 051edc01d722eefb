/* The driver (drive.h): handshake, comparison, data, what may follow it, close. */
#include "drive/drive.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "endpoint/facts.h"
#include "shakedown/types.h"

enum { MAX_EXCHANGES = 4096, DEFAULT_DATA = 64, EXPORTED = 32, READ_SIZE = 4096 };

static const char exporter_label[] = "EXPORTER-shakedown";
static const char exporter_context[] = "verdict";

typedef struct {
    const char *name;
    const shk_endpoint_kind *kind;
    shk_endpoint *end;
    shk_endpoint_result *result; /* in the verdict; see update_result */
    shk_wire_reader reader;
    size_t sent;
} drive_end;

typedef struct {
    drive_end ends[2]; /* client, server */
    const shk_drive_options *options;
    shk_verdict *verdict;
    shk_buf flight;
    shk_buf early;
    shk_buf data;
    size_t exchanges;
} drive;

const char *shk_verdict_name(shk_verdict_kind kind)
{
    static const char *const names[] = {
        [SHK_VERDICT_GOOD] = "good",
        [SHK_VERDICT_REFUSED] = "refused",
        [SHK_VERDICT_DISAGREED] = "disagreed",
        [SHK_VERDICT_BROKEN] = "broken",
    };
    return (unsigned)kind < sizeof names / sizeof names[0] ? names[kind] : "unknown";
}

/* Sets the verdict. Always returns false, so that a step can return it. */
static bool conclude(drive *d, shk_verdict_kind kind, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    d->verdict->kind = kind;
    vsnprintf(d->verdict->why, SHK_WHY_SIZE, format, arguments);
    va_end(arguments);
    return false;
}

static void update_result(drive *d)
{
    for (size_t i = 0; i < 2; i++)
        d->ends[i].kind->result(d->ends[i].end, d->ends[i].result);
}

/* Passes the output of `from` to the other end. False if there is none. */
static bool deliver(drive *d, size_t from)
{
    drive_end *sender = &d->ends[from];
    drive_end *receiver = &d->ends[1 - from];
    shk_buf_drop(&d->flight, d->flight.len);
    sender->kind->take(sender->end, &d->flight);
    shk_span rest = shk_buf_span(&d->flight);
    if (rest.len == 0)
        return false;
    sender->sent += rest.len;
    shk_wire_read(&sender->reader, receiver->reader.retry, rest, &d->verdict->wire[from]);
    if (d->options->observer != NULL)
        d->options->observer(d->options->observer_context, from == 1, rest);
    while (rest.len > 0) {
        const size_t chunk = d->options->chunk;
        const size_t len = chunk != 0 && chunk < rest.len ? chunk : rest.len;
        receiver->kind->feed(receiver->end, shk_span_of(rest.data, len));
        rest = shk_span_of(rest.data + len, rest.len - len);
    }
    return true;
}

/* Passes flights in both directions until neither end has output. */
static bool pump(drive *d)
{
    size_t silent = 0;
    for (size_t from = 0; silent < 2; from = 1 - from) {
        if (++d->exchanges > MAX_EXCHANGES) {
            update_result(d);
            return conclude(d, SHK_VERDICT_BROKEN, "no end after %d exchanges", MAX_EXCHANGES);
        }
        silent = deliver(d, from) ? 0 : silent + 1;
    }
    update_result(d);
    return true;
}

static const char *state_name(shk_endpoint_state state)
{
    static const char *const names[] = {
        [SHK_HANDSHAKING] = "still handshaking",
        [SHK_CONNECTED] = "connected",
        [SHK_ENDED] = "ended",
        [SHK_FAILED] = "failed",
    };
    return names[state];
}

/* The verdict when an end is not in the expected state: REFUSED if each end saw the alert that the
 * other sent, else BROKEN. */
static bool fail_at_state(drive *d, const char *doing)
{
    for (size_t i = 0; i < 2; i++) {
        const shk_endpoint_result *by = d->ends[i].result;
        const shk_endpoint_result *to = d->ends[1 - i].result;
        if (by->state != SHK_FAILED || to->state != SHK_FAILED || by->alert_sent < 0 ||
            to->alert_received != by->alert_sent)
            continue;
        const char *alert = shk_alert_name((uint32_t)by->alert_sent);
        d->verdict->alert = by->alert_sent;
        d->verdict->alert_from_server = i == 1;
        return conclude(d, SHK_VERDICT_REFUSED, "%s refused with %s (%d) %s: %s", d->ends[i].name,
                        alert != NULL ? alert : "an unknown alert", by->alert_sent, doing, by->why);
    }
    const shk_endpoint_result *client = d->ends[0].result;
    const shk_endpoint_result *server = d->ends[1].result;
    return conclude(d, SHK_VERDICT_BROKEN,
                    "%s: client %s (alert sent %d, received %d) %.60s; "
                    "server %s (alert sent %d, received %d) %.60s",
                    doing, state_name(client->state), client->alert_sent, client->alert_received,
                    client->why, state_name(server->state), server->alert_sent,
                    server->alert_received, server->why);
}

static bool in_states(drive *d, shk_endpoint_state client, shk_endpoint_state server,
                      const char *doing)
{
    return (d->ends[0].result->state == client && d->ends[1].result->state == server) ||
           fail_at_state(d, doing);
}

/* The data that an end sends: different for each, and at each place of a record. */
static uint8_t data_byte(size_t from, size_t i)
{
    return (uint8_t)(i * 31 + (i >> 8) * 7 + (from + 1) * 101);
}

static bool make_data(drive *d, shk_buf *out, size_t from, size_t len)
{
    out->len = 0;
    if (shk_buf_reserve(out, len) != SHK_OK)
        return conclude(d, SHK_VERDICT_BROKEN, "no memory for %zu bytes of data", len);
    for (size_t i = 0; i < len; i++)
        out->data[i] = data_byte(from, i);
    out->len = len;
    return true;
}

/* Queues early data where the client has a session for them. */
static bool send_early(drive *d)
{
    const drive_end *client = &d->ends[0];
    const size_t len = d->options->early_data;
    if (len == 0)
        return true;
    if (!make_data(d, &d->early, 0, len))
        return false;
    if (client->kind->write_early != NULL &&
        client->kind->write_early(client->end, shk_buf_span(&d->early)))
        d->verdict->early_sent = len;
    return true;
}

static bool handshake(drive *d)
{
    if (!send_early(d))
        return false;
    d->ends[0].kind->feed(d->ends[0].end, shk_span_of(NULL, 0));
    return pump(d) && in_states(d, SHK_CONNECTED, SHK_CONNECTED, "in the handshake");
}

/* Compares a fact that both ends must report, unless a kind declares that it cannot. */
static bool compare_field(drive *d, shk_fact fact)
{
    const shk_endpoint_result *client = d->ends[0].result;
    const shk_endpoint_result *server = d->ends[1].result;
    char said[2][SHK_WHY_SIZE];
    if (client->untold[fact] != NULL || server->untold[fact] != NULL)
        return true;
    d->verdict->compared[fact] = true;
    if (shk_fact_equal(fact, client, server))
        return true;
    shk_fact_text(fact, client, said[0]);
    shk_fact_text(fact, server, said[1]);
    return conclude(d, SHK_VERDICT_DISAGREED, "client and server differ in %s: %.90s and %.90s",
                    shk_fact_rows[fact].words, said[0], said[1]);
}

/* Exports keys with a context and without one (RFC 5705 §4). 0: the end exports none. */
static size_t export_keys(const drive_end *end, uint8_t out[2 * EXPORTED])
{
    const shk_span contexts[2] = {shk_span_of_text(exporter_context), {NULL, 0}};
    for (size_t k = 0; k < 2; k++)
        if (!end->kind->export_keys(end->end, exporter_label, contexts[k], out + k * EXPORTED,
                                    EXPORTED))
            return 0;
    return (size_t)2 * EXPORTED;
}

static size_t bytes_of(const drive_end *end, shk_fact fact, uint8_t *out)
{
    if (fact == SHK_FACT_exported_keys)
        return export_keys(end, out);
    if (end->kind->channel_binding == NULL)
        return 0;
    return end->kind->channel_binding(end->end, shk_fact_rows[fact].name, out);
}

/* Compares bytes that both ends compute, if they are defined for the connection. */
static bool compare_bytes(drive *d, shk_fact fact)
{
    const shk_fact_row *row = &shk_fact_rows[fact];
    uint8_t bytes[2][2 * EXPORTED];
    size_t lens[2];
    if (!shk_fact_defined(fact, d->ends[0].result))
        return true;
    for (size_t i = 0; i < 2; i++) {
        if (d->ends[i].result->untold[fact] != NULL)
            return true;
        lens[i] = bytes_of(&d->ends[i], fact, bytes[i]);
    }
    d->verdict->compared[fact] = true;
    for (size_t i = 0; i < 2; i++)
        if (lens[i] == 0)
            return conclude(d, SHK_VERDICT_DISAGREED,
                            "the %s gives no %s, which is defined here [%s]", d->ends[i].name,
                            row->name, row->words);
    return shk_span_equal(shk_span_of(bytes[0], lens[0]), shk_span_of(bytes[1], lens[1])) ||
           conclude(d, SHK_VERDICT_DISAGREED, "client and server differ in %s", row->name);
}

static bool compare(drive *d)
{
    for (size_t i = 0; i < SHK_FACTS; i++) {
        const shk_fact fact = (shk_fact)i;
        const shk_fact_row *row = &shk_fact_rows[fact];
        if (row->who != SHK_TOLD_SHARED)
            continue;
        if (!(row->type == SHK_FACT_TYPE_BYTES ? compare_bytes(d, fact) : compare_field(d, fact)))
            return false;
    }
    return true;
}

/* Writes the data in one call, so that the end chooses the length of its records. */
static bool send_data(drive *d, size_t from, size_t len)
{
    const drive_end *sender = &d->ends[from];
    if (!make_data(d, &d->data, from, len))
        return false;
    if (sender->kind->write(sender->end, shk_buf_span(&d->data)))
        return true;
    update_result(d);
    return fail_at_state(d, "sending data");
}

static bool receive_data(drive *d, size_t from, size_t len)
{
    const drive_end *receiver = &d->ends[1 - from];
    uint8_t piece[READ_SIZE];
    size_t done = 0;
    size_t now;
    while ((now = receiver->kind->read(receiver->end, piece, sizeof piece)) > 0) {
        for (size_t i = 0; i < now; i++)
            if (done + i >= len || piece[i] != data_byte(from, done + i))
                return conclude(d, SHK_VERDICT_BROKEN, "%s got byte %zu of %zu that was never sent",
                                receiver->name, done + i, len);
        done += now;
    }
    return done == len || conclude(d, SHK_VERDICT_BROKEN, "%s got %zu bytes of data of %zu",
                                   receiver->name, done, len);
}

static bool exchange_data(drive *d)
{
    const size_t len = d->options->data != 0 ? d->options->data : DEFAULT_DATA;
    for (size_t from = 0; from < 2; from++) {
        const shk_endpoint_result *result = d->ends[from].result;
        shk_wire_reader *reader = &d->ends[from].reader;
        shk_wire_begin_data(reader);
        if (!send_data(d, from, len) || !pump(d) ||
            !in_states(d, SHK_CONNECTED, SHK_CONNECTED, "exchanging data") ||
            !receive_data(d, from, len))
            return false;
        if (!d->verdict->compared[SHK_FACT_application_data])
            shk_wire_end_data(reader, result->version, result->suite, len, &d->verdict->wire[from]);
    }
    d->verdict->compared[SHK_FACT_application_data] = true;
    return true;
}

/* Both ends already agree on whether early data were accepted. */
static bool receive_early(drive *d)
{
    const bool accepted = d->ends[1].result->early_data;
    if (accepted && d->verdict->early_sent == 0)
        return conclude(d, SHK_VERDICT_BROKEN,
                        "early data were accepted that were never sent: the session does not allow "
                        "%zu bytes",
                        d->options->early_data);
    return receive_data(d, 0, accepted ? d->verdict->early_sent : 0);
}

static bool authenticate_after_handshake(drive *d)
{
    const drive_end *server = &d->ends[1];
    if (server->kind->request_authentication == NULL ||
        !server->kind->request_authentication(server->end))
        return conclude(d, SHK_VERDICT_BROKEN, "the server cannot ask for a certificate later");
    if (!pump(d) || !in_states(d, SHK_CONNECTED, SHK_CONNECTED, "authenticating later"))
        return false;
    if (!server->result->client_authenticated)
        return conclude(d, SHK_VERDICT_BROKEN, "the client did not authenticate when asked later");
    for (size_t i = 0; i < 2; i++)
        if (d->ends[i].result->later_authentications != 1)
            return conclude(d, SHK_VERDICT_BROKEN,
                            "the %s has seen %u authentications after the handshake, not one",
                            d->ends[i].name, d->ends[i].result->later_authentications);
    return exchange_data(d);
}

static bool renegotiate(drive *d)
{
    const drive_end *end = &d->ends[d->options->renegotiate == SHK_RENEGOTIATE_BY_SERVER];
    if (end->kind->renegotiate == NULL || !end->kind->renegotiate(end->end))
        return conclude(d, SHK_VERDICT_BROKEN, "the %s cannot renegotiate", end->name);
    if (!pump(d) || !in_states(d, SHK_CONNECTED, SHK_CONNECTED, "renegotiating"))
        return false;
    for (size_t i = 0; i < 2; i++)
        if (d->ends[i].result->renegotiations != 1)
            return conclude(d, SHK_VERDICT_BROKEN, "the %s has renegotiated %u times, not once",
                            d->ends[i].name, d->ends[i].result->renegotiations);
    return compare(d) && exchange_data(d);
}

/* One end updates after the other, with data in between: an end that is asked for an update may
 * wait until it has data to send (RFC 8446 §4.6.3), and GnuTLS refuses a request that arrives
 * before the answer to its own. */
static bool update_keys(drive *d)
{
    for (size_t i = 0; i < 2; i++) {
        const drive_end *end = &d->ends[i];
        const size_t before = end->sent;
        if (!end->kind->key_update(end->end, true))
            return conclude(d, SHK_VERDICT_BROKEN, "%s cannot update its keys", end->name);
        if (!pump(d))
            return false;
        if (end->sent == before)
            return conclude(d, SHK_VERDICT_BROKEN, "%s sent no KeyUpdate", end->name);
        if (!in_states(d, SHK_CONNECTED, SHK_CONNECTED, "updating keys") || !exchange_data(d))
            return false;
    }
    return true;
}

/* The client closes first, then the server, and each must see the other's close_notify. The server
 * may answer close_notify by itself, as RFC 5246 §7.2.1 demands, or when it is closed. */
static bool close_both(drive *d)
{
    for (size_t i = 0; i < 2; i++) {
        const drive_end *end = &d->ends[i];
        end->kind->shutdown(end->end);
        if (!pump(d))
            return false;
        if (d->ends[1 - i].result->state != SHK_ENDED)
            return fail_at_state(d, i == 0 ? "closing by the client" : "closing by the server");
    }
    d->verdict->compared[SHK_FACT_close_notify] = true;
    return in_states(d, SHK_ENDED, SHK_ENDED, "closing");
}

static bool run(drive *d)
{
    if (!handshake(d) || !compare(d) || !receive_early(d) || !exchange_data(d))
        return false;
    if (d->options->post_handshake_auth && !authenticate_after_handshake(d))
        return false;
    if (d->options->renegotiate != SHK_RENEGOTIATE_NEVER && !renegotiate(d))
        return false;
    if (d->options->key_updates && !update_keys(d))
        return false;
    return close_both(d);
}

void shk_drive(const shk_endpoint_kind *client_kind, shk_endpoint *client,
               const shk_endpoint_kind *server_kind, shk_endpoint *server,
               const shk_drive_options *options, shk_verdict *out)
{
    static const shk_drive_options defaults = {0};
    memset(out, 0, sizeof *out);
    drive d = {
        .ends = {{.name = "client", .kind = client_kind, .end = client, .result = &out->client},
                 {.name = "server", .kind = server_kind, .end = server, .result = &out->server}},
        .options = options != NULL ? options : &defaults,
        .verdict = out,
        .flight = shk_buf_growing(&shk_libc_allocator),
        .early = shk_buf_growing(&shk_libc_allocator),
        .data = shk_buf_growing(&shk_libc_allocator),
    };
    for (size_t i = 0; i < 2; i++)
        shk_wire_begin(&d.ends[i].reader);
    out->alert = -1;
    out->kind = SHK_VERDICT_GOOD;
    (void)run(&d);
    update_result(&d);
    out->client_bytes = d.ends[0].sent;
    out->server_bytes = d.ends[1].sent;
    shk_buf_free(&d.flight);
    shk_buf_free(&d.early);
    shk_buf_free(&d.data);
    for (size_t i = 0; i < 2; i++)
        shk_wire_end(&d.ends[i].reader);
}

/* How a good connection differs from what was expected of it; NULL: it does not. */
static const char *resumption_mismatch(const shk_verdict *verdict, bool resumed,
                                       shk_early_outcome early)
{
    if (verdict->client.resumed != resumed || verdict->server.resumed != resumed)
        return resumed ? "it was not resumed" : "it was resumed";
    if (early == SHK_EARLY_ANY)
        return NULL;
    if (verdict->early_sent == 0)
        return "no early data were sent";
    if (verdict->server.early_data != (early == SHK_EARLY_ACCEPTED))
        return early == SHK_EARLY_ACCEPTED ? "its early data were rejected"
                                           : "its early data were accepted";
    return NULL;
}

void shk_check_resumption(shk_verdict *verdict, bool second, bool resumed, shk_early_outcome early)
{
    char why[SHK_WHY_SIZE];
    const char *flaw =
        verdict->kind == SHK_VERDICT_GOOD ? resumption_mismatch(verdict, resumed, early) : NULL;
    if (flaw != NULL) {
        verdict->kind = SHK_VERDICT_BROKEN;
        snprintf(verdict->why, SHK_WHY_SIZE, "%s", flaw);
    }
    if (verdict->kind == SHK_VERDICT_GOOD)
        return;
    snprintf(why, sizeof why, "%s connection: %.220s", second ? "second" : "first", verdict->why);
    memcpy(verdict->why, why, sizeof why);
}
