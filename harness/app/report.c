/* What a connection has negotiated (app/report.h). */
#include <stdio.h>

#include "app/report.h"

#include "cli/number.h"
#include "cli/verdict_json.h"

static const char *const binding_names[SHK_BINDINGS] = {"tls-unique", "tls-server-end-point",
                                                        "tls-exporter"};

static shk_parameter *add(shk_parameter *row, const char *name, const char *value)
{
    row->name = name;
    snprintf(row->value, sizeof row->value, "%s", value);
    return row + 1;
}

/* The name of a code point, 0xNNNN if it has none, or "none" for 0. */
static shk_parameter *add_code_point(shk_parameter *row, const char *name, uint16_t value,
                                     shk_namer *namer)
{
    char number[8];
    const char *known = namer(value);
    snprintf(number, sizeof number, "0x%04x", value);
    return add(row, name, value == 0 ? "none" : known != NULL ? known : number);
}

static shk_parameter *add_flag(shk_parameter *row, const char *name, bool value)
{
    return add(row, name, value ? "yes" : "no");
}

static shk_parameter *add_count(shk_parameter *row, const char *name, unsigned value)
{
    snprintf(row->value, sizeof row->value, "%u", value);
    row->name = name;
    return row + 1;
}

bool shk_key_export_set_label(shk_key_export *exports, const char *value, char *why)
{
    exports->label = value;
    if (value[0] != 0)
        return true;
    snprintf(why, SHK_WHY_SIZE, "the label is empty");
    return false;
}

bool shk_key_export_set_len(shk_key_export *exports, const char *value, char *why)
{
    return shk_cli_number(value, 1, SHK_MAX_EXPORTED, &exports->len, why);
}

bool shk_key_export_complete(const shk_key_export *exports, char *why)
{
    snprintf(why, SHK_WHY_SIZE, "--keymatexportlen takes --keymatexport");
    return exports->len == 0 || exports->label != NULL;
}

static void to_hex(const uint8_t *bytes, size_t len, char *text)
{
    text[0] = 0;
    for (size_t i = 0; i < len; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

void shk_report_bind(shk_report *n, const shk_endpoint_kind *kind, shk_endpoint *end)
{
    uint8_t binding[SHK_MAX_BINDING];
    uint8_t exported[SHK_MAX_EXPORTED];
    const size_t len = n->exports.len != 0 ? (size_t)n->exports.len : SHK_DEFAULT_EXPORTED;
    for (size_t k = 0; k < SHK_BINDINGS; k++)
        to_hex(binding, kind->channel_binding(end, binding_names[k], binding), n->bindings[k]);
    if (n->exports.label != NULL) {
        const shk_span none = {NULL, 0};
        const bool done = kind->export_keys(end, n->exports.label, none, exported, len);
        to_hex(exported, done ? len : 0, n->exported);
    }
    shk_wipe(exported, sizeof exported);
}

/* Rows that only one end, or only some versions, have. */
static shk_parameter *add_rest(const shk_report *n, shk_parameter *row)
{
    const shk_endpoint_result *r = &n->result;
    if (n->server) {
        row = add_flag(row, "client authenticated", r->client_authenticated);
    } else {
        row = add_flag(row, "OCSP response verified", r->status_verified);
        row = add_count(row, "SCTs", r->sct_count);
        row = add_count(row, "tickets", r->tickets);
    }
    if (r->version < SHK_TLS13) {
        row = add_flag(row, "extended master secret", r->extended_master_secret);
        row = add_flag(row, "encrypt-then-MAC", r->encrypt_then_mac);
        row = add_flag(row, "secure renegotiation", r->secure_renegotiation);
        row = add_count(row, "renegotiations", r->renegotiations);
    } else {
        row = add(row, "early data",
                  r->early_data       ? "accepted"
                  : n->early_sent > 0 ? "rejected"
                                      : "none");
        row = add_flag(row, "ClientHello encrypted", r->ech_accepted);
        row = add_count(row, "later authentications", r->later_authentications);
    }
    if (n->exports.label != NULL)
        row = add(row, "exported keys",
                  n->exported[0] != 0 ? n->exported
                                      : "none: the label is TLS's own, or there is no "
                                        "extended_master_secret [RFC 7627 §5.4]");
    for (size_t k = 0; k < SHK_BINDINGS; k++)
        if (n->bindings[k][0] != 0)
            row = add(row, binding_names[k], n->bindings[k]);
    return row;
}

const char *shk_report_deviations(uint32_t set, char text[SHK_WHY_SIZE])
{
    size_t len = 0;
    text[0] = 0;
    for (unsigned i = 0; i < SHK_DEVIATION_COUNT && len < SHK_WHY_SIZE; i++)
        if ((set & 1U << i) != 0)
            len += (size_t)snprintf(text + len, SHK_WHY_SIZE - len, "%s%s", len > 0 ? ", " : "",
                                    shk_error(shk_deviation_error((shk_deviation)i))->name);
    return text;
}

static shk_parameter *add_deviations(shk_parameter *row, uint32_t set)
{
    row->name = "tolerated deviations";
    return shk_report_deviations(set, row->value)[0] != 0 ? row + 1 : row;
}

size_t shk_report_rows(const shk_report *n, shk_parameter *rows)
{
    const shk_endpoint_result *r = &n->result;
    shk_parameter *row = rows;
    row = add_code_point(row, "version", r->version, shk_version_name);
    row = add_code_point(row, "cipher suite", r->suite, shk_suite_name);
    row = add_code_point(row, "group", r->group, shk_group_name);
    row = add_code_point(row, "signature scheme", r->scheme, shk_signature_scheme_name);
    row = add(row, "ALPN", r->alpn[0] != 0 ? r->alpn : "none");
    row = add(row, "server name", r->server_name[0] != 0 ? r->server_name : "none");
    if (!n->server)
        row = add_flag(row, "peer verified", n->verified);
    row = add_flag(row, "resumed", r->resumed);
    row = add_flag(row, "external PSK", r->external_psk);
    row = add_flag(row, "HelloRetryRequest", r->retried);
    row = add_flag(row, "raw public key", r->raw_public_key);
    row = add_flag(row, "certificate compressed", r->certificate_compressed);
    row = add_rest(n, row);
    row = add_deviations(row, r->deviations);
    return (size_t)(row - rows);
}

void shk_report_text(const shk_report *n, FILE *out)
{
    shk_parameter rows[SHK_PARAMETERS];
    size_t count = shk_report_rows(n, rows);
    fprintf(out, "connected to %s\n", n->peer);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "  %-22s  %s\n", rows[i].name, rows[i].value);
}

static void print_flag(shk_printer *p, const char *name, bool value)
{
    shk_print_literal(p, name, value ? "true" : "false");
}

void shk_report_json(const shk_report *n, FILE *out)
{
    shk_printer p = {.sink = shk_file_sink, .context = out, .style = SHK_JSON_LINE, .first = true};
    shk_print_begin(&p, NULL, false);
    shk_print_text(&p, "role", shk_span_of_text(n->server ? "server" : "client"));
    if (n->number != 0)
        shk_print_number(&p, "connection", n->number, 8, NULL);
    shk_print_text(&p, "peer", shk_span_of_text(n->peer));
    print_flag(&p, "verified", n->verified);
    print_flag(&p, "truncated", n->truncated);
    shk_print_number(&p, "bytes_received", n->bytes_received, 8, NULL);
    shk_print_number(&p, "bytes_sent", n->bytes_sent, 8, NULL);
    if (!n->server)
        shk_print_number(&p, "early_data_sent", n->early_sent, 8, NULL);
    shk_print_begin(&p, "channel_bindings", false);
    for (size_t k = 0; k < SHK_BINDINGS; k++)
        shk_print_text(&p, binding_names[k], shk_span_of_text(n->bindings[k]));
    shk_print_end(&p, false);
    if (n->exports.label != NULL)
        shk_print_text(&p, "exported_keys", shk_span_of_text(n->exported));
    shk_print_result_json(&p, &n->result);
    shk_print_end(&p, false);
    fputc('\n', out);
    fflush(out);
}
