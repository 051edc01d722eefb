/* The kinds of endpoint by name.
 * A further library gets its line in endpoint_kinds.c. */
#ifndef SHK_DRIVE_ENDPOINT_KINDS_H
#define SHK_DRIVE_ENDPOINT_KINDS_H

#include "endpoint/endpoint.h"

/* The kind of that name, or NULL. */
const shk_endpoint_kind *shk_endpoint_kind_named(const char *name);

#endif
