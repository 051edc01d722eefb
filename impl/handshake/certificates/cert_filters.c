/* What a server asks of the client's certificate by oid_filters (RFC 8446 §4.2.5). */
#include "handshake/certificates/cert_filters.h"

#include "extensions/oid_filters.h"
#include "shakedown/config.h"
#include "shakedown/errors.h"
#include "shakedown/types.h"

enum { MOST_FILTERS = 32, MOST_BYTES = 65533 };

bool shk_filters_well_formed(const shk_crypto *crypto, shk_span filters)
{
    const shk_span no_certificate = {NULL, 0};
    shk_oid_filter filter;
    shk_span seen[MOST_FILTERS];
    size_t count = 0;
    bool passes;
    if (filters.len > MOST_BYTES)
        return false;
    while (filters.len > 0) {
        if (count == MOST_FILTERS || !shk_list_next(&filters, NULL, shk_oid_filter_shape, &filter))
            return false;
        for (size_t i = 0; i < count; i++)
            if (shk_span_equal(seen[i], filter.certificate_extension_oid))
                return false;
        seen[count++] = filter.certificate_extension_oid;
        if (crypto->oid_filter(no_certificate, filter.certificate_extension_oid,
                               filter.certificate_extension_values, &passes) != SHK_OK)
            return false;
    }
    return true;
}

/* Without a certificate only filters of what the provider does not know are passed. */
bool shk_oid_filters_usable(const shk_crypto *crypto, shk_span filters)
{
    const shk_span no_certificate = {NULL, 0};
    shk_oid_filter filter;
    bool passes = false;
    if (!shk_filters_well_formed(crypto, filters))
        return false;
    while (!passes && shk_list_next(&filters, NULL, shk_oid_filter_shape, &filter))
        if (crypto->oid_filter(no_certificate, filter.certificate_extension_oid,
                               filter.certificate_extension_values, &passes) != SHK_OK)
            return false;
    return !passes;
}

shk_status shk_certificate_passes_filters(const shk_crypto *crypto, shk_span filters,
                                          shk_span certificate, bool *passes)
{
    shk_oid_filter filter;
    *passes = true;
    while (*passes && shk_list_next(&filters, NULL, shk_oid_filter_shape, &filter))
        SHK_TRY(crypto->oid_filter(certificate, filter.certificate_extension_oid,
                                   filter.certificate_extension_values, passes));
    return SHK_OK;
}
