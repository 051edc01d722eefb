/* Verdicts as JSON (cli/verdict_json.h). */
#include <stdio.h>
#include <string.h>

#include "cli/verdict_json.h"
#include "endpoint/facts.h"

void shk_file_sink(void *context, const char *text, size_t len)
{
    fwrite(text, 1, len, (FILE *)context);
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
    for (size_t i = 0; i < SHK_FACTS; i++)
        if (shk_fact_rows[i].type < SHK_FACT_TYPE_BYTES)
            shk_fact_json(p, (shk_fact)i, r);
    deviations(p, r->deviations);
    shk_print_text(p, "why", shk_span_of_text(r->why));
}

/* The facts that were compared, and those that an end could not report, with its kind's reason. */
static void print_compared(shk_printer *p, const shk_verdict *v)
{
    const shk_endpoint_result *const ends[2] = {&v->client, &v->server};
    shk_print_begin(p, "compared", true);
    for (size_t i = 0; i < SHK_FACTS; i++)
        if (v->compared[i])
            shk_print_text(p, NULL, shk_span_of_text(shk_fact_rows[i].name));
    shk_print_end(p, true);
    shk_print_begin(p, "untold", false);
    for (int side = 0; side < 2; side++) {
        shk_print_begin(p, side == 0 ? "client" : "server", false);
        for (size_t i = 0; i < SHK_FACTS; i++)
            if (ends[side]->untold[i] != NULL)
                shk_print_text(p, shk_fact_rows[i].name, shk_span_of_text(ends[side]->untold[i]));
        shk_print_end(p, false);
    }
    shk_print_end(p, false);
}

/* The names of the extensions whose bits are set. */
static void print_extensions(shk_printer *p, const char *field, uint64_t set)
{
    shk_print_begin(p, field, true);
    for (size_t i = 0; i < SHK_EXT_COUNT; i++)
        if ((set >> i & 1) != 0)
            shk_print_text(p, NULL, shk_span_of_text(shk_extension_rows[i].name));
    shk_print_end(p, true);
}

static void print_wire(shk_printer *p, const char *side, const shk_wire *w)
{
    shk_print_begin(p, side, false);
#define PRINT_FLAG(field) shk_print_literal(p, #field, w->field ? "true" : "false");
#define PRINT_COUNT(field) shk_print_number(p, #field, w->field, 2, NULL);
#define PRINT_NAMES(field) print_extensions(p, #field, w->field);
#define SHK_WIRE(field, type, who) PRINT_##type(field)
#include "drive/wire.def"
#undef SHK_WIRE
#undef PRINT_FLAG
#undef PRINT_COUNT
#undef PRINT_NAMES
    shk_print_end(p, false);
}

static shk_printer line_printer(void)
{
    shk_printer p = {
        .sink = shk_file_sink, .context = stdout, .style = SHK_JSON_LINE, .first = true};
    return p;
}

static void print_refusal(shk_printer *p, const shk_verdict *v)
{
    char number[16];
    const char *name = shk_alert_name((uint32_t)v->alert);
    if (v->kind != SHK_VERDICT_REFUSED) {
        shk_print_literal(p, "alert", "null");
        shk_print_literal(p, "alert_from", "null");
        return;
    }
    snprintf(number, sizeof number, "%d", v->alert);
    shk_print_text(p, "alert", shk_span_of_text(name != NULL ? name : number));
    shk_print_text(p, "alert_from", shk_span_of_text(v->alert_from_server ? "server" : "client"));
}

/* What the oracles found, and of the last connection what they could not see. */
static void print_judgements(shk_printer *p, const shk_judgement *judgements, size_t count)
{
    shk_print_begin(p, "alarms", true);
    for (size_t n = 0; n < count; n++)
        for (size_t i = 0; i < judgements[n].count; i++) {
            const shk_alarm *alarm = &judgements[n].alarms[i];
            shk_print_begin(p, NULL, false);
            shk_print_text(p, "oracle", shk_span_of_text(shk_oracle_rows[alarm->oracle].name));
            shk_print_text(p, "clause", shk_span_of_text(alarm->clause));
            shk_print_text(p, "words", shk_span_of_text(alarm->words));
            shk_print_number(p, "connection", n + 1, 8, NULL);
            shk_print_end(p, false);
        }
    shk_print_end(p, true);
    shk_print_begin(p, "unseen", false);
    for (size_t i = 0; count > 0 && i < SHK_ORACLES; i++)
        if (judgements[count - 1].unjudged[i] != NULL)
            shk_print_text(p, shk_oracle_rows[i].name,
                           shk_span_of_text(judgements[count - 1].unjudged[i]));
    shk_print_end(p, false);
}

void shk_print_verdict_json(const char *id, bool ok, const shk_verdict *v,
                            const shk_judgement *judgements, size_t count, int64_t micros)
{
    shk_printer p = line_printer();
    shk_print_begin(&p, NULL, false);
    if (id != NULL)
        shk_print_text(&p, "id", shk_span_of_text(id));
    shk_print_literal(&p, "ok", ok ? "true" : "false");
    shk_print_text(&p, "verdict", shk_span_of_text(shk_verdict_name(v->kind)));
    print_refusal(&p, v);
    shk_print_text(&p, "why", shk_span_of_text(v->why));
    shk_print_number(&p, "micros", (uint64_t)micros, 8, NULL);
    shk_print_number(&p, "early_sent", v->early_sent, 8, NULL);
    print_compared(&p, v);
    print_judgements(&p, judgements, count);
    shk_print_begin(&p, "wire", false);
    print_wire(&p, "client", &v->wire[0]);
    print_wire(&p, "server", &v->wire[1]);
    shk_print_end(&p, false);
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
    shk_print_literal(&p, "ok", "false");
    shk_print_text(&p, "verdict", shk_span_of_text("unusable"));
    shk_print_text(&p, "why", shk_span_of_text(why));
    shk_print_end(&p, false);
    printf("\n");
    fflush(stdout);
}
