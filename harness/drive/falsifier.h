/* An endpoint that tells one fact of its connection otherwise than it is, or not at all: what the
 * tests of the verdict and of the matrix put in the place of an end. */
#ifndef SHK_FALSIFIER_H
#define SHK_FALSIFIER_H

#include "endpoint/endpoint.h"

typedef enum {
    SHK_FALSE_CHANGED, /* another value */
    SHK_FALSE_ABSENT   /* none: zero, empty, not done */
} shk_falsehood;

/* Hands everything on to `end`, which stays the caller's, but for one fact. Closed by its own
 * kind's close. NULL: no memory. */
shk_endpoint *shk_falsifier_wrap(const shk_endpoint_kind *kind, shk_endpoint *end, shk_fact fact,
                                 shk_falsehood how);
extern const shk_endpoint_kind shk_endpoint_falsifier;

#endif
