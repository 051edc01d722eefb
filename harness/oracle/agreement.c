/* The oracle of agreement (oracle/oracles.def): RFC 8446 §E.1 wants the same view of the handshake
 * at both ends. Two ends that have completed are compared in what they report, in their secrets,
 * exported keys and bindings, and in the messages that each has seen; each end also with its own
 * messages. */
#include <stdio.h>
#include <string.h>

#include "endpoint/facts.h"
#include "endpoint/printable.h"
#include "oracle/cursor.h"
#include "oracle/judge.h"

/* Whether a renegotiation has begun that is not over: what the end reports is half of each. */
static bool is_between_handshakes(const shk_observed *end)
{
    for (size_t i = 0; i < end->view.count; i++)
        if (end->view.items[i].handshake > end->result.renegotiations)
            return true;
    return false;
}

static bool stands(const shk_observed *end)
{
    return end->who.kind != NULL && end->connected && end->result.state != SHK_FAILED &&
           !is_between_handshakes(end);
}

static void compare_facts(shk_case *c)
{
    const shk_endpoint_result *client = &c->seen->ends[0].result;
    const shk_endpoint_result *server = &c->seen->ends[1].result;
    for (size_t i = 0; i < SHK_FACTS; i++) {
        const shk_fact fact = (shk_fact)i;
        const shk_fact_row *row = &shk_fact_rows[i];
        char said[2][SHK_WHY_SIZE];
        if (row->who != SHK_TOLD_SHARED || row->type >= SHK_FACT_TYPE_BYTES ||
            client->untold[i] != NULL || server->untold[i] != NULL ||
            shk_fact_equal(fact, client, server))
            continue;
        shk_fact_text(fact, client, said[0]);
        shk_fact_text(fact, server, said[1]);
        shk_raise(c, "RFC 8446 §E.1", "both ends completed, and differ in %s: %.90s and %.90s",
                  row->words, said[0], said[1]);
    }
}

static void compare_secrets(shk_case *c)
{
    const shk_observed *ends = c->seen->ends;
    shk_span rest = shk_buf_span(&ends[0].key_log);
    shk_key_line client, server;
    while (shk_key_line_next(&rest, &client)) {
        if (!shk_key_line_find(shk_buf_span(&ends[1].key_log), client.label, client.random,
                               &server) ||
            memcmp(client.random, server.random, sizeof client.random) != 0)
            continue;
        if (client.len != server.len || memcmp(client.secret, server.secret, client.len) != 0)
            shk_raise(c, "RFC 8446 §E.1", "both ends completed, and differ in the secret %s",
                      client.label);
    }
    if (ends[0].has_exported && ends[1].has_exported &&
        memcmp(ends[0].exported, ends[1].exported, SHK_OBSERVED_EXPORT) != 0)
        shk_raise(c, "RFC 8446 §7.5", "both ends completed, and differ in exported keys");
}

/* Two channels with the same binding are one; here one has to have the same at both ends. */
static void compare_bindings(shk_case *c)
{
    for (size_t i = 0; i < SHK_BINDINGS; i++) {
        const shk_observed_binding *client = &c->seen->ends[0].bindings[i];
        const shk_observed_binding *server = &c->seen->ends[1].bindings[i];
        const shk_fact_row *row = &shk_fact_rows[SHK_BINDING_FIRST + i];
        if (client->is_asked && server->is_asked &&
            !shk_span_equal(shk_span_of(client->bytes, client->len),
                            shk_span_of(server->bytes, server->len)))
            shk_raise(c, row->words, "both ends completed, and differ in %s", row->name);
    }
}

/* Both views of the messages that go from one end to the other, up to its Finished. */
static void compare_messages(shk_case *c, bool by_server)
{
    const shk_view *sent = &c->seen->ends[by_server].view;
    const shk_view *got = &c->seen->ends[!by_server].view;
    size_t k = 0;
    for (size_t i = 0; i < sent->count; i++) {
        const shk_item *item = &sent->items[i];
        if (item->by_server != by_server || !shk_is_covered(item))
            continue;
        while (k < got->count &&
               (got->items[k].by_server != by_server || !shk_is_covered(&got->items[k])))
            k++;
        if (k == got->count || !shk_span_equal(item->raw, got->items[k].raw)) {
            shk_raise(c, "RFC 8446 §4.4.1",
                      "both ends completed, and the %s's %s was not what the %s got",
                      shk_side_name(by_server),
                      item->id < SHK_MSG_COUNT ? shk_message_rows[item->id].name : "message",
                      shk_side_name(!by_server));
            return;
        }
        if (item == sent->first.finished[by_server])
            return;
        k++;
    }
}

static void differs(shk_case *c, size_t side, const char *what, unsigned told, unsigned seen)
{
    shk_raise(c, "RFC 8446 §4.1.3", "the %s reports %s 0x%04x, and its messages have 0x%04x",
              shk_side_name(side), what, told, seen);
}

/* The group of the exchange, as the server's message names it; 0: none, or not so. */
static uint16_t group_of(const shk_first_handshake *f)
{
    if (f->version >= SHK_TLS13) {
        shk_cursor share =
            shk_cursor_over(shk_extension_of(f->server.extensions, SHK_EXT_key_share));
        return (uint16_t)shk_cursor_number(&share, 2);
    }
    return 0;
}

/* The block of extensions that holds the answers to the ClientHello. */
static shk_span answers_of(const shk_first_handshake *f)
{
    if (f->version < SHK_TLS13)
        return f->server.extensions;
    if (f->encrypted_extensions == NULL)
        return shk_span_of(NULL, 0);
    shk_cursor body = shk_cursor_over(shk_item_body(f->encrypted_extensions));
    return shk_cursor_vector(&body, 2);
}

static void check_protocol(shk_case *c, size_t side)
{
    const shk_observed *end = &c->seen->ends[side];
    char name[SHK_PROTOCOL_SIZE];
    const shk_span answer = shk_extension_of(answers_of(&end->view.first),
                                             SHK_EXT_application_layer_protocol_negotiation);
    shk_cursor body = shk_cursor_over(answer);
    shk_cursor list = shk_cursor_over(shk_cursor_vector(&body, 2));
    shk_printable_text(shk_cursor_vector(&list, 1), name, sizeof name);
    if (end->result.untold[SHK_FACT_alpn] == NULL && strcmp(name, end->result.alpn) != 0)
        shk_raise(c, "RFC 7301 §3.1",
                  "the %s reports the protocol '%.60s', and was answered '%.60s'",
                  shk_side_name(side), end->result.alpn, name);
}

static void check_flag(shk_case *c, size_t side, shk_fact fact, bool told, bool seen)
{
    if (c->seen->ends[side].result.untold[fact] == NULL && told != seen)
        differs(c, side, shk_fact_rows[fact].words, told, seen);
}

/* What an end reports against its own messages. */
static void check_report(shk_case *c, size_t side)
{
    const shk_observed *end = &c->seen->ends[side];
    const shk_first_handshake *f = &end->view.first;
    const shk_endpoint_result *r = &end->result;
    if (!stands(end) || f->server_hello == NULL || r->renegotiations > 0)
        return;
    const bool is_13 = f->version >= SHK_TLS13;
    const shk_span answers = answers_of(f);
    if (r->version != f->version)
        differs(c, side, "version", r->version, f->version);
    if (r->suite != f->server.suite)
        differs(c, side, "suite", r->suite, f->server.suite);
    if (is_13 && r->untold[SHK_FACT_group] == NULL && r->group != group_of(f))
        differs(c, side, "group", r->group, group_of(f));
    check_flag(c, side, SHK_FACT_retried, r->retried, f->retry != NULL);
    if (is_13 && f->encrypted_extensions == NULL)
        return;
    check_protocol(c, side);
    check_flag(c, side, SHK_FACT_extended_master_secret, r->extended_master_secret,
               !is_13 && shk_has_extension(answers, SHK_EXT_extended_master_secret));
    check_flag(c, side, SHK_FACT_early_data, r->early_data,
               is_13 && shk_has_extension(answers, SHK_EXT_early_data));
}

void shk_judge_agreement(shk_case *c)
{
    const shk_observed *ends = c->seen->ends;
    for (size_t side = 0; side < 2; side++)
        if (shk_is_judged(&ends[side]))
            check_report(c, side);
    if (ends[0].who.kind == NULL || ends[1].who.kind == NULL) {
        shk_unseen(c, "an end tells nothing of itself");
        return;
    }
    /* An end that deviates may report what it likes. */
    if (!stands(&ends[0]) || !stands(&ends[1]) || !shk_is_judged(&ends[0]) ||
        !shk_is_judged(&ends[1]))
        return;
    compare_facts(c);
    compare_secrets(c);
    compare_bindings(c);
    compare_messages(c, false);
    compare_messages(c, true);
}
