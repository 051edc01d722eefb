/* Measures what an end takes, and what it was sent for it: an endpoint that passes everything
 * through to the one that it wraps. What the end takes is held against oracle/budgets.def. */
#ifndef SHK_ORACLE_METER_H
#define SHK_ORACLE_METER_H

#include "endpoint/endpoint.h"
#include "oracle/memory.h"
#include "oracle/process_usage.h"

/* Where an end stands when its peer sends it something; CLOSED: once it has been freed; PROGRAM: it
 * is not known. */
typedef enum {
#define SHK_STAGE_BUDGET(stage, ...) SHK_STAGE_##stage,
#include "oracle/budgets.def"
    SHK_STAGES
} shk_stage;

/* What an end takes. */
typedef enum {
    SHK_TAKES_PEAK,        /* bytes of memory at any one time */
    SHK_TAKES_KEPT,        /* bytes of memory after it has processed its input */
    SHK_TAKES_OUTPUT,      /* bytes that it sends, without what its application has written */
    SHK_TAKES_ALLOCATIONS, /* calls that take memory: they stand for work, and are countable */
    SHK_TAKES_TIME,        /* microseconds of processor time */
    SHK_TAKES
} shk_takes;

/* What an end may take: so much, and so much more for each byte that it was sent. */
typedef struct {
    int64_t fixed;
    int64_t per_byte;
} shk_allowance;

typedef struct {
    const char *name;
    shk_allowance may[SHK_TAKES];
    const char *reason;
} shk_budget;

extern const shk_budget shk_stage_budgets[SHK_STAGES];
/* The budget of a subject, a message or an extension by its name of `len` characters: what the
 * ledger holds each of its cases against. NULL: there is none. */
const shk_budget *shk_subject_budget(const char *name, size_t len);

/* Of what an end takes: "peak", "kept" and so on. */
const char *shk_takes_name(shk_takes takes);

/* The figures of one end. What it takes is of its present period, which began when it was opened,
 * or got to another stage, or when its application had last read all that had arrived. */
typedef struct {
    shk_memory memory;
    int64_t taken[SHK_TAKES];
    int64_t given_now; /* bytes from its peer and, for more each, from its application: in this
                          period */
    int64_t given;     /* in the longest period so far, as buffers keep the size they once had */
    shk_stage stage;   /* before its last input */
    struct {
        int64_t received;
        int64_t taken[SHK_TAKES]; /* KEPT: when it was last called before it was closed */
    } total;                      /* since it was opened */
    char why[SHK_WHY_SIZE];       /* the first budget of a stage that was passed; "": none */
} shk_meter;

/* A new connection of `kind` whose memory, time and bytes go into `meter`, which must outlive it.
 * It is closed by shk_endpoint_metered; then memory.live is what was not freed. Its memory has a
 * limit far above every budget, so that an end that grows without end stops. NULL: no memory. */
shk_endpoint *shk_metered_open(const shk_endpoint_kind *kind, shk_endpoint_setup *setup,
                               uint64_t seed, shk_meter *meter);
extern const shk_endpoint_kind shk_endpoint_metered;

/* In place of that for a peer that is a program: what it has taken between two looks at it, for so
 * many bytes that it received. */
void shk_meter_program(shk_meter *meter, const shk_process_usage *first,
                       const shk_process_usage *last, int64_t received);

/* Whether what was taken is within a budget, for so many bytes that were given; else `why`
 * (SHK_WHY_SIZE) says what is too much. */
bool shk_within_budget(const shk_budget *budget, const int64_t taken[SHK_TAKES], int64_t given,
                       char *why);

#endif
