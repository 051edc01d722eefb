/* Why something is not usable for GnuTLS (gnutls_kind.h). */
#include <errno.h>
#include <string.h>

#include "endpoint/gnutls/gnutls_kind.h"

bool shk_gnutls_unusable(char *why, const char *what, const char *name, const char *reason)
{
    snprintf(why, SHK_WHY_SIZE, "%s %s is not usable: %s", what, name, reason);
    return false;
}

/* GnuTLS's errors do not say which of two files could not be read. */
bool shk_gnutls_readable(const char *what, const char *file, char *why)
{
    FILE *stream = file != NULL ? fopen(file, "r") : NULL;
    if (stream == NULL)
        return shk_gnutls_unusable(why, what, file != NULL ? file : "(none)",
                                   file != NULL ? strerror(errno) : "it is needed");
    fclose(stream);
    return true;
}
