/* The facts in which both ends of a handshake must agree (facts.def), and those that a kind of
 * endpoint declares it cannot report. A fact without such a declaration is compared, and an absent
 * one is not equal. */
#ifndef SHK_ENDPOINT_FACTS_H
#define SHK_ENDPOINT_FACTS_H

#include "endpoint/endpoint.h"

typedef enum {
    SHK_FACT_TYPE_CODE_POINT,
    SHK_FACT_TYPE_FLAG,
    SHK_FACT_TYPE_COUNT,
    SHK_FACT_TYPE_TEXT,
    SHK_FACT_TYPE_ALERT,
    SHK_FACT_TYPE_BYTES,
    SHK_FACT_TYPE_EVENT
} shk_fact_type;

typedef enum { SHK_TOLD_SHARED, SHK_TOLD_EACH, SHK_TOLD_CLIENT, SHK_TOLD_SERVER } shk_fact_who;

/* Where bytes are defined. */
typedef enum {
    SHK_DEFINED_ALWAYS,
    SHK_DEFINED_BELOW_13,
    SHK_DEFINED_CERTIFICATE,
    SHK_DEFINED_EXPORTER
} shk_fact_where;

typedef struct {
    const char *name;  /* of the field, of JSON, of the channel binding */
    const char *words; /* of BYTES: the clause that defines them */
    shk_fact_type type;
    shk_fact_who who;
    shk_fact_where where;
    size_t offset; /* into shk_endpoint_result, of facts that are fields */
    shk_namer *namer;
} shk_fact_row;

extern const shk_fact_row shk_fact_rows[SHK_FACTS];

/* The fact of that name, or SHK_FACTS. */
shk_fact shk_fact_named(const char *name);
/* Whether two ends report the same for a fact that is a field. */
bool shk_fact_equal(shk_fact fact, const shk_endpoint_result *a, const shk_endpoint_result *b);
/* The value of a fact that is a field, for a person; SHK_WHY_SIZE bytes. */
void shk_fact_text(shk_fact fact, const shk_endpoint_result *result, char *out);
/* The value of such a fact as JSON, by its name. */
void shk_fact_json(shk_printer *p, shk_fact fact, const shk_endpoint_result *result);
/* Whether the fact is defined for a connection with this result. */
bool shk_fact_defined(shk_fact fact, const shk_endpoint_result *result);

/* A fact that a kind of endpoint cannot report. */
typedef struct {
    shk_fact fact;
    /* For which connections. */
    bool (*when)(const shk_endpoint_config *config, const shk_endpoint_result *result);
    const char *why;
} shk_untold_row;

/* Marks in `result` the facts that the kind's table excludes for this connection. */
void shk_declare_untold(const shk_untold_row *rows, size_t count, const shk_endpoint_config *config,
                        shk_endpoint_result *result);
/* `when` of a row that holds for every connection. */
bool shk_never_told(const shk_endpoint_config *config, const shk_endpoint_result *result);

#endif
