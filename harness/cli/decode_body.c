/* Prints one message's body and its errors (cli/decode.h). */
#include <stdio.h>
#include <string.h>

#include "cli/decode.h"

void shk_decoding_begin(shk_decoding *d, const char *kind, const char *name)
{
    if (d->printer.style == SHK_TEXT) {
        shk_print_begin(&d->printer, name, false);
        return;
    }
    shk_print_begin(&d->printer, NULL, false);
    shk_print_text(&d->printer, kind, shk_span_of_text(name));
}

void shk_decoding_end(shk_decoding *d)
{
    shk_print_end(&d->printer, false);
}

/* The printer keeps to ASCII. */
static void ascii_clause(const char *clause, char *out, size_t size)
{
    static const char section_sign[] = "§";
    const char *sign = strstr(clause, section_sign);
    if (sign == NULL)
        snprintf(out, size, "%s", clause);
    else
        snprintf(out, size, "%.*ssection %s", (int)(sign - clause), clause,
                 sign + strlen(section_sign));
}

void shk_decoding_error(shk_decoding *d, const char *what, const shk_fault *fault,
                        size_t body_offset)
{
    const shk_error_row *row = shk_error(fault->status);
    shk_printer *p = &d->printer;
    char clause[64];
    d->errors++;
    if (d->complaints != NULL)
        fprintf(d->complaints,
                "shakedown decode: %s: %s: %s%s%s%s%s%s, at byte %zu of the input, %zu of it\n",
                d->source, what, fault->field != NULL ? fault->field : "",
                fault->field != NULL ? ": " : "", row->text, row->clause[0] != 0 ? " [" : "",
                row->clause, row->clause[0] != 0 ? "]" : "", body_offset + fault->offset,
                fault->offset);
    ascii_clause(row->clause, clause, sizeof clause);
    shk_print_begin(p, "error", false);
    shk_print_text(p, "name", shk_span_of_text(row->name));
    if (fault->field != NULL)
        shk_print_text(p, "field", shk_span_of_text(fault->field));
    shk_print_number(p, "offset", body_offset + fault->offset, 8, NULL);
    shk_print_number(p, "offset_in_body", fault->offset, 8, NULL);
    shk_print_number(p, "alert", row->alert, 1, shk_alert_name);
    shk_print_text(p, "text", shk_span_of_text(row->text));
    shk_print_text(p, "clause", shk_span_of_text(clause));
    shk_print_end(p, false);
}

/* The candidate that decodes the body, else the one that decodes most of it. */
static size_t best_of(const shk_candidate *candidates, size_t count, shk_span body,
                      shk_any *message, shk_fault *fault)
{
    size_t best = 0;
    for (size_t i = 0; i < count; i++) {
        shk_fault here;
        memset(message, 0, sizeof *message);
        if (shk_decode(candidates[i].layout->shape, &candidates[i].form, body, message, &here) ==
            SHK_OK) {
            *fault = here;
            return i;
        }
        if (i == 0 || here.offset > fault->offset) {
            *fault = here;
            best = i;
        }
    }
    return best;
}

size_t shk_decoding_body(shk_decoding *d, const shk_candidate *candidates, size_t count,
                         shk_span body, size_t offset, bool cut)
{
    shk_printer *p = &d->printer;
    shk_any message;
    shk_fault fault;
    size_t best = best_of(candidates, count, body, &message, &fault);
    const shk_candidate *c = &candidates[best];
    if (c->form.name != NULL)
        shk_print_text(p, "form", shk_span_of_text(c->form.name));
    if (cut && fault.status != SHK_E_TRUNCATED)
        fault = (shk_fault){SHK_E_TRUNCATED, body.len, NULL};
    shk_print_begin(p, "body", false);
    if (fault.status == SHK_OK)
        shk_print(c->layout->shape, &c->form, &message, p);
    else
        shk_decoding_partial(d, c, body, &fault);
    shk_print_end(p, false);
    if (fault.status == SHK_OK)
        return best;
    if (fault.offset < body.len)
        shk_print_bytes(p, "undecoded",
                        shk_span_of(body.data + fault.offset, body.len - fault.offset));
    shk_decoding_error(d, c->name, &fault, offset);
    return best;
}
