/* Why something is not usable for OpenSSL, in its own words (openssl_kind.h). */
#include <string.h>

#include <openssl/err.h>

#include "endpoint/openssl/openssl_kind.h"

void shk_openssl_append(char *why, const char *text)
{
    const size_t used = strlen(why);
    snprintf(why + used, SHK_WHY_SIZE - used, "%s%s", used > 0 ? ": " : "", text);
}

void shk_openssl_append_reasons(char *why)
{
    unsigned long error;
    while ((error = ERR_get_error()) != 0) {
        const char *reason = ERR_SYSTEM_ERROR(error) ? strerror(ERR_GET_REASON(error))
                                                     : ERR_reason_error_string(error);
        shk_openssl_append(why, reason != NULL ? reason : "unknown error");
    }
}

bool shk_openssl_unusable(char *why, const char *what, const char *name)
{
    snprintf(why, SHK_WHY_SIZE, "%s %.128s is not usable", what, name);
    shk_openssl_append_reasons(why);
    return false;
}
