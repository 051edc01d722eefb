/* What a connection has come to (cli/negotiated.h). */
#include "cli/negotiated.h"

#include "cli/pair.h"

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

static const char *yes_or_no(bool yes)
{
    return yes ? "yes" : "no";
}

size_t shk_negotiated_rows(const shk_negotiated *n, shk_parameter *rows)
{
    const shk_endpoint_result *r = &n->result;
    shk_parameter *row = rows;
    row = add_code_point(row, "version", r->version, shk_version_name);
    row = add_code_point(row, "cipher suite", r->suite, shk_suite_name);
    row = add_code_point(row, "group", r->group, shk_group_name);
    row = add_code_point(row, "signature scheme", r->scheme, shk_signature_scheme_name);
    row = add(row, "ALPN", r->alpn[0] != 0 ? r->alpn : "none");
    row = add(row, "server name", n->server_name[0] != 0 ? n->server_name : "none");
    if (!n->server)
        row = add(row, "peer verified", yes_or_no(n->verified));
    row = add(row, "HelloRetryRequest", yes_or_no(r->retried));
    if (r->version < SHK_TLS13)
        row = add(row, "extended master secret", yes_or_no(r->extended_master_secret));
    return (size_t)(row - rows);
}

void shk_negotiated_text(const shk_negotiated *n, FILE *out)
{
    shk_parameter rows[SHK_PARAMETERS];
    size_t count = shk_negotiated_rows(n, rows);
    fprintf(out, "connected to %s\n", n->peer);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "  %-22s  %s\n", rows[i].name, rows[i].value);
}

static void print_flag(shk_printer *p, const char *name, bool value)
{
    shk_print_literal(p, name, value ? "true" : "false");
}

void shk_negotiated_json(const shk_negotiated *n, FILE *out)
{
    shk_printer p = {.sink = shk_file_sink, .context = out, .style = SHK_JSON_LINE, .first = true};
    shk_print_begin(&p, NULL, false);
    shk_print_text(&p, "role", shk_span_of_text(n->server ? "server" : "client"));
    if (n->number != 0)
        shk_print_number(&p, "connection", n->number, 8, NULL);
    shk_print_text(&p, "peer", shk_span_of_text(n->peer));
    shk_print_text(&p, "server_name", shk_span_of_text(n->server_name));
    print_flag(&p, "verified", n->verified);
    print_flag(&p, "truncated", n->truncated);
    shk_print_number(&p, "bytes_received", n->bytes_received, 8, NULL);
    shk_print_number(&p, "bytes_sent", n->bytes_sent, 8, NULL);
    shk_print_result_json(&p, &n->result);
    shk_print_end(&p, false);
    fputc('\n', out);
    fflush(out);
}
