/* What the RFCs demand, and what becomes of it here: checked on receipt, kept by what we send, not
 * ours, or open; and which unit tests provoke which error row. Derived from
 * registry/requirements.def, which says what the columns hold, and registry/error_tests.def. */
#ifndef SHAKEDOWN_REQUIREMENTS_H
#define SHAKEDOWN_REQUIREMENTS_H

#include "errors.h"

typedef enum {
    SHK_REQUIREMENT_CHECKED,
    SHK_REQUIREMENT_KEPT,
    SHK_REQUIREMENT_NOT_OURS,
    SHK_REQUIREMENT_OPEN,
    SHK_REQUIREMENT_CLASSES
} shk_requirement_class;

/* One row. `note` holds error rows, a reason, or what is missing, by class; `tests` is empty but
 * for CHECKED and KEPT. Lists are separated by spaces. No pointer is NULL. */
typedef struct {
    const char *id;
    const char *text;
    shk_requirement_class class_;
    const char *note;
    const char *tests;
} shk_requirement;

extern const shk_requirement shk_requirements[];
extern const size_t shk_requirement_count;

/* A test, FILE:FUNCTION, that provokes an error row. Sorted by both. */
typedef struct {
    shk_status error;
    const char *test;
} shk_error_test;

extern const shk_error_test shk_error_tests[];
extern const size_t shk_error_test_count;

/* "CHECKED", "KEPT", "NOT_OURS" or "OPEN". */
const char *shk_requirement_class_name(shk_requirement_class class_);

#endif
