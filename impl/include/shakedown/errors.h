/* Error rows: every way in which a call can fail, each with its alert, its RFC clause and its text.
 * Derived from registry/errors.def and registry/alerts.def. */
#ifndef SHAKEDOWN_ERRORS_H
#define SHAKEDOWN_ERRORS_H

#include <stddef.h>
#include <stdint.h>

/* The result of every fallible function: SHK_OK (0) or the error row that was hit. */
typedef enum {
    SHK_OK = 0,
#define SHK_ERROR(name, alert, clause, text) SHK_E_##name,
#include "registry/errors.def"
#undef SHK_ERROR
    SHK_STATUS_COUNT
} shk_status;

/* What a peer may get wrong and is taken all the same, unless the configuration is strict: a bit
 * for each row of tolerated.def. */
typedef enum {
#define SHK_TOLERATED(error, why) SHK_DEVIATION_##error,
#include "registry/tolerated.def"
#undef SHK_TOLERATED
    SHK_DEVIATION_COUNT
} shk_deviation;

/* The error that a deviation is where nothing is tolerated. */
shk_status shk_deviation_error(shk_deviation deviation);
/* Who sends it, and why it harms nothing. */
const char *shk_deviation_reason(shk_deviation deviation);

/* AlertDescription (RFC 8446 §6). */
typedef enum {
#define SHK_ALERT(name, value) SHK_ALERT_##name = value,
#include "registry/alerts.def"
#undef SHK_ALERT
    SHK_ALERT_NONE = 256 /* an error that never reaches the wire */
} shk_alert;

/* One row of errors.def. `alert` is a shk_alert; `clause` is empty for errors of our own. */
typedef struct {
    const char *name;   /* as errors.def has it: TRUNCATED for SHK_E_TRUNCATED */
    uint16_t alert;     /* the shk_alert that is sent; SHK_ALERT_NONE: none */
    const char *clause; /* of the RFC that demands it, e.g. "RFC 8446 §4.1.3" */
    const char *text;   /* for people */
} shk_error_row;

/* The row of an error (any status; SHK_OK has a row too, "OK"). Never NULL. */
const shk_error_row *shk_error(shk_status status);
/* A line of our sources. */
typedef struct {
    const char *file; /* from the root of the tree; NULL: none */
    int line;         /* from 1 */
} shk_source_line;

/* The status of a failure of our own: INTERNAL, CRYPTO or NO_MEMORY. The line is noted. */
#define SHK_OWN(name) shk_own_failure(SHK_E_##name, __FILE__, __LINE__)
/* Notes the line for the thread; nothing but shk_own_failure_line depends on it. Returns `status`.
 */
shk_status shk_own_failure(shk_status status, const char *file, int line);
/* Where the thread's last such failure was noted; no line unless it was of that status. */
shk_source_line shk_own_failure_line(shk_status status);

/* The name of an AlertDescription, or NULL if no row has the value. */
const char *shk_alert_name(uint32_t value);

/* What went wrong and where, for a message that was decoded or encoded. */
typedef struct {
    shk_status status; /* SHK_OK: nothing went wrong */
    size_t offset;     /* bytes from the start of the message's body */
    const char *field; /* the RFC's name of the field, or NULL */
} shk_fault;

#endif
