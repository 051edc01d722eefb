/* An endpoint that reports one fact of its connection falsely, or not at all: with it tests show
 * that the verdict, and the matrix, notice a difference in each fact. */
#ifndef SHK_FALSIFIER_H
#define SHK_FALSIFIER_H

#include "endpoint/endpoint.h"

typedef enum {
    SHK_FALSE_CHANGED, /* another value */
    SHK_FALSE_ABSENT   /* none: zero, empty, not done */
} shk_falsehood;

/* Wraps `end`, which stays the caller's: everything is passed through but one fact. It is closed by
 * shk_endpoint_falsifier. NULL: no memory. */
shk_endpoint *shk_falsifier_wrap(const shk_endpoint_kind *kind, shk_endpoint *end, shk_fact fact,
                                 shk_falsehood how);
extern const shk_endpoint_kind shk_endpoint_falsifier;

#endif
