/* The kinds of endpoint by name (drive/endpoint_kinds.h). */
#include "drive/endpoint_kinds.h"

#include <string.h>

const shk_endpoint_kind *shk_endpoint_kind_named(const char *name)
{
    static const shk_endpoint_kind *const kinds[] = {
        &shk_endpoint_ours,
        &shk_endpoint_openssl,
        &shk_endpoint_gnutls,
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i]->name, name) == 0)
            return kinds[i];
    return NULL;
}
