/* What is served along with a credential's certificate: an OCSP response, SCTs
 * (shakedown/crypto.h). */
#include <stdlib.h>
#include <string.h>

#include "extensions/signed_certificate_timestamp.h"
#include "shakedown/crypto.h"

/* Replaces what was there by a copy. */
static shk_status keep(shk_span *kept, shk_span bytes)
{
    uint8_t *copy = (uint8_t *)malloc(bytes.len + 1);
    if (copy == NULL)
        return SHK_OWN(NO_MEMORY);
    memcpy(copy, bytes.data, bytes.len);
    free((void *)(uintptr_t)kept->data);
    *kept = shk_span_of(copy, bytes.len);
    return SHK_OK;
}

shk_status shk_credential_set_status(shk_credential *credential, shk_span response)
{
    return response.len == 0 || response.len > 0xffffff ? SHK_E_VECTOR_LENGTH
                                                        : keep(&credential->status, response);
}

shk_status shk_credential_set_timestamps(shk_credential *credential, shk_span list)
{
    const shk_form form = {.place = SHK_IN_CERTIFICATE};
    shk_signed_certificate_timestamp m;
    uint16_t count = 0;
    SHK_TRY(shk_decode(shk_extension_rows[SHK_EXT_signed_certificate_timestamp].layout->shape,
                       &form, list, &m, NULL));
    SHK_TRY(shk_check_timestamps(m.sct_list, &count));
    return keep(&credential->timestamps, m.sct_list);
}
