/* What the RFCs demand, and what becomes of it here: checked on receipt, kept by what we send, not
 * ours, or open; and which unit tests provoke which error row. Derived from
 * registry/requirements.def, which says what the columns hold, and registry/error_tests.def. */
#ifndef SHAKEDOWN_REQUIREMENTS_H
#define SHAKEDOWN_REQUIREMENTS_H

#include "errors.h"

/* What becomes of a requirement. */
typedef enum {
    SHK_REQUIREMENT_CHECKED,  /* what breaks it is refused on receipt */
    SHK_REQUIREMENT_KEPT,     /* by what we send or do */
    SHK_REQUIREMENT_NOT_OURS, /* it speaks of others, or of what we do not do */
    SHK_REQUIREMENT_OPEN,     /* to become CHECKED or KEPT */
    SHK_REQUIREMENT_CLASSES   /* how many classes there are */
} shk_requirement_class;

/* One row. Lists are separated by spaces. No pointer is NULL. */
typedef struct {
    const char *id;               /* RFC/section/number, e.g. "6066/10.1/1" */
    const char *text;             /* what is demanded, in short */
    shk_requirement_class class_; /* what becomes of it */
    const char *note;             /* CHECKED: error rows; NOT_OURS: why; OPEN: what is missing */
    const char *tests;            /* FILE:FUNCTION of unit tests */
} shk_requirement;

/* The rows, in the order of requirements.def. */
extern const shk_requirement shk_requirements[];
/* How many there are. */
extern const size_t shk_requirement_count;

/* A test, FILE:FUNCTION, that provokes an error row. Sorted by both. */
typedef struct {
    shk_status error; /* the row */
    const char *test; /* FILE:FUNCTION */
} shk_error_test;

/* All of them. */
extern const shk_error_test shk_error_tests[];
/* How many there are. */
extern const size_t shk_error_test_count;

/* "CHECKED", "KEPT", "NOT_OURS" or "OPEN". */
const char *shk_requirement_class_name(shk_requirement_class class_);

#endif
