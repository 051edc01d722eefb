/* Facts (endpoint/facts.h). */
#include "endpoint/facts.h"

#include <stdio.h>
#include <string.h>

#include "shakedown/registry.h"
#include "shakedown/types.h"

const shk_fact_row shk_fact_rows[SHK_FACTS] = {
#define SHK_FACT(field, type, namer, who, words)                                                   \
    {#field,                                                                                       \
     words,                                                                                        \
     SHK_FACT_TYPE_##type,                                                                         \
     SHK_TOLD_##who,                                                                               \
     SHK_DEFINED_ALWAYS,                                                                           \
     offsetof(shk_endpoint_result, field),                                                         \
     namer},
#define SHK_FACT_BYTES(fact, name, where, words)                                                   \
    {name, words, SHK_FACT_TYPE_BYTES, SHK_TOLD_SHARED, SHK_DEFINED_##where, 0, NULL},
#define SHK_FACT_EVENT(fact, name)                                                                 \
    {name, NULL, SHK_FACT_TYPE_EVENT, SHK_TOLD_EACH, SHK_DEFINED_ALWAYS, 0, NULL},
#include "endpoint/facts.def"
#undef SHK_FACT
#undef SHK_FACT_BYTES
#undef SHK_FACT_EVENT
};

shk_fact shk_fact_named(const char *name)
{
    size_t fact = 0;
    while (fact < SHK_FACTS && strcmp(shk_fact_rows[fact].name, name) != 0)
        fact++;
    return (shk_fact)fact;
}

/* Of CODE_POINT, COUNT, FLAG and ALERT. */
static int number_of(shk_fact fact, const shk_endpoint_result *result)
{
    const char *field = (const char *)result + shk_fact_rows[fact].offset;
    switch (shk_fact_rows[fact].type) {
    case SHK_FACT_TYPE_FLAG:
        return *(const bool *)field;
    case SHK_FACT_TYPE_ALERT:
        return *(const int *)(const void *)field;
    default:
        return *(const uint16_t *)(const void *)field;
    }
}

static const char *text_of(shk_fact fact, const shk_endpoint_result *result)
{
    return (const char *)result + shk_fact_rows[fact].offset;
}

bool shk_fact_equal(shk_fact fact, const shk_endpoint_result *a, const shk_endpoint_result *b)
{
    if (shk_fact_rows[fact].type == SHK_FACT_TYPE_TEXT)
        return strcmp(text_of(fact, a), text_of(fact, b)) == 0;
    return number_of(fact, a) == number_of(fact, b);
}

/* The name of a code point or alert, or its number; NULL: there is none. */
static const char *name_of(shk_fact fact, int value, char number[16])
{
    const shk_fact_row *row = &shk_fact_rows[fact];
    const bool is_alert = row->type == SHK_FACT_TYPE_ALERT;
    if (is_alert ? value < 0 : value == 0)
        return NULL;
    snprintf(number, 16, is_alert ? "%d" : "0x%04x", (unsigned)value);
    const char *name = is_alert ? shk_alert_name((uint32_t)value) : row->namer((uint32_t)value);
    return name != NULL ? name : number;
}

void shk_fact_text(shk_fact fact, const shk_endpoint_result *result, char *out)
{
    const shk_fact_type type = shk_fact_rows[fact].type;
    char number[16];
    if (type == SHK_FACT_TYPE_TEXT) {
        snprintf(out, SHK_WHY_SIZE, "'%.100s'", text_of(fact, result));
        return;
    }
    const int value = number_of(fact, result);
    if (type == SHK_FACT_TYPE_FLAG) {
        snprintf(out, SHK_WHY_SIZE, "%s", value != 0 ? "yes" : "no");
    } else if (type == SHK_FACT_TYPE_COUNT) {
        snprintf(out, SHK_WHY_SIZE, "%d", value);
    } else {
        const char *name = name_of(fact, value, number);
        snprintf(out, SHK_WHY_SIZE, "%s", name != NULL ? name : "none");
    }
}

void shk_fact_json(shk_printer *p, shk_fact fact, const shk_endpoint_result *result)
{
    const shk_fact_row *row = &shk_fact_rows[fact];
    char number[16];
    if (row->type == SHK_FACT_TYPE_TEXT) {
        shk_print_text(p, row->name, shk_span_of_text(text_of(fact, result)));
        return;
    }
    const int value = number_of(fact, result);
    if (row->type == SHK_FACT_TYPE_FLAG) {
        shk_print_literal(p, row->name, value != 0 ? "true" : "false");
    } else if (row->type == SHK_FACT_TYPE_COUNT) {
        shk_print_number(p, row->name, (uint64_t)value, 2, NULL);
    } else {
        const char *name = name_of(fact, value, number);
        if (name == NULL)
            shk_print_literal(p, row->name, "null");
        else
            shk_print_text(p, row->name, shk_span_of_text(name));
    }
}

/* RFC 5929 §4.1 defines it for a certificate in the server's Certificate message: not for a raw
 * key, a resumed session, or a PSK. */
static bool has_certificate(const shk_endpoint_result *result)
{
    const shk_suite_row *suite = shk_suite_of(result->suite);
    const bool by_psk = result->external_psk && result->version >= SHK_TLS13;
    return suite != NULL && shk_suite_certified(suite) && !by_psk && !result->resumed &&
           !result->raw_public_key;
}

bool shk_fact_defined(shk_fact fact, const shk_endpoint_result *result)
{
    switch (shk_fact_rows[fact].where) {
    case SHK_DEFINED_BELOW_13: /* RFC 9266 §3 */
        return result->version < SHK_TLS13;
    case SHK_DEFINED_CERTIFICATE:
        return has_certificate(result);
    case SHK_DEFINED_EXPORTER: /* RFC 9266 §4.2, RFC 7627 §5.4 */
        return result->version >= SHK_TLS13 || result->extended_master_secret;
    default:
        return true;
    }
}

void shk_declare_untold(const shk_untold_row *rows, size_t count, const shk_endpoint_config *config,
                        shk_endpoint_result *result)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].when(config, result))
            result->untold[rows[i].fact] = rows[i].why;
}

bool shk_never_told(const shk_endpoint_config *config, const shk_endpoint_result *result)
{
    (void)config;
    (void)result;
    return true;
}
