/* Verdicts as JSON (cli/pair.h). */
#include <stdio.h>
#include <string.h>

#include "cli/pair.h"

void shk_file_sink(void *context, const char *text, size_t len)
{
    fwrite(text, 1, len, (FILE *)context);
}

/* A name, a hexadecimal number where there is no name, or null for 0. */
static void code_point(shk_printer *p, const char *field, uint16_t value, shk_namer *namer)
{
    char number[16];
    const char *name = namer(value);
    if (value == 0) {
        shk_print_literal(p, field, "null");
        return;
    }
    snprintf(number, sizeof number, "0x%04x", value);
    shk_print_text(p, field, shk_span_of_text(name != NULL ? name : number));
}

static void alert(shk_printer *p, const char *field, int value)
{
    char number[16];
    if (value < 0) {
        shk_print_literal(p, field, "null");
        return;
    }
    const char *name = shk_alert_name((uint32_t)value);
    snprintf(number, sizeof number, "%d", value);
    shk_print_text(p, field, shk_span_of_text(name != NULL ? name : number));
}

static void flag(shk_printer *p, const char *field, bool value)
{
    shk_print_literal(p, field, value ? "true" : "false");
}

static void deviations(shk_printer *p, uint32_t set)
{
    shk_print_begin(p, "deviations", true);
    for (unsigned i = 0; i < SHK_DEVIATION_COUNT; i++)
        if ((set & 1U << i) != 0)
            shk_print_text(
                p, NULL, shk_span_of_text(shk_error(shk_deviation_error((shk_deviation)i))->name));
    shk_print_end(p, true);
}

void shk_print_result_json(shk_printer *p, const shk_endpoint_result *r)
{
    static const char *const states[] = {"handshaking", "connected", "ended", "failed"};
    shk_print_text(p, "state", shk_span_of_text(states[r->state]));
    code_point(p, "version", r->version, shk_version_name);
    code_point(p, "suite", r->suite, shk_suite_name);
    code_point(p, "group", r->group, shk_group_name);
    code_point(p, "scheme", r->scheme, shk_signature_scheme_name);
    shk_print_text(p, "alpn", shk_span_of_text(r->alpn));
    shk_print_text(p, "server_name", shk_span_of_text(r->server_name));
    flag(p, "resumed", r->resumed);
    flag(p, "external_psk", r->external_psk);
    flag(p, "client_authenticated", r->client_authenticated);
    flag(p, "early_data", r->early_data);
    flag(p, "extended_master_secret", r->extended_master_secret);
    flag(p, "encrypt_then_mac", r->encrypt_then_mac);
    flag(p, "ech_accepted", r->ech_accepted);
    flag(p, "retried", r->retried);
    flag(p, "raw_public_key", r->raw_public_key);
    flag(p, "status_verified", r->status_verified);
    flag(p, "certificate_compressed", r->certificate_compressed);
    flag(p, "secure_renegotiation", r->secure_renegotiation);
    shk_print_number(p, "tickets", r->tickets, 2, NULL);
    shk_print_number(p, "sct_count", r->sct_count, 2, NULL);
    shk_print_number(p, "send_limit", r->send_limit, 2, NULL);
    shk_print_number(p, "renegotiations", r->renegotiations, 2, NULL);
    shk_print_number(p, "later_authentications", r->later_authentications, 2, NULL);
    deviations(p, r->deviations);
    alert(p, "alert_sent", r->alert_sent);
    alert(p, "alert_received", r->alert_received);
    shk_print_text(p, "why", shk_span_of_text(r->why));
}

static shk_printer line_printer(void)
{
    shk_printer p = {
        .sink = shk_file_sink, .context = stdout, .style = SHK_JSON_LINE, .first = true};
    return p;
}

void shk_print_verdict_json(const char *id, bool ok, const shk_verdict *v, int64_t micros)
{
    shk_printer p = line_printer();
    shk_print_begin(&p, NULL, false);
    if (id != NULL)
        shk_print_text(&p, "id", shk_span_of_text(id));
    flag(&p, "ok", ok);
    shk_print_text(&p, "verdict", shk_span_of_text(shk_verdict_name(v->kind)));
    alert(&p, "alert", v->kind == SHK_VERDICT_REFUSED ? v->alert : -1);
    if (v->kind == SHK_VERDICT_REFUSED)
        shk_print_text(&p, "alert_from",
                       shk_span_of_text(v->alert_from_server ? "server" : "client"));
    else
        shk_print_literal(&p, "alert_from", "null");
    shk_print_text(&p, "why", shk_span_of_text(v->why));
    shk_print_number(&p, "micros", (uint64_t)micros, 8, NULL);
    shk_print_number(&p, "early_sent", v->early_sent, 8, NULL);
    shk_print_begin(&p, "client", false);
    shk_print_result_json(&p, &v->client);
    shk_print_end(&p, false);
    shk_print_begin(&p, "server", false);
    shk_print_result_json(&p, &v->server);
    shk_print_end(&p, false);
    shk_print_end(&p, false);
    printf("\n");
    fflush(stdout);
}

void shk_print_unusable_json(const char *id, const char *why)
{
    shk_printer p = line_printer();
    shk_print_begin(&p, NULL, false);
    shk_print_text(&p, "id", shk_span_of_text(id));
    flag(&p, "ok", false);
    shk_print_text(&p, "verdict", shk_span_of_text("unusable"));
    shk_print_text(&p, "why", shk_span_of_text(why));
    shk_print_end(&p, false);
    printf("\n");
    fflush(stdout);
}
