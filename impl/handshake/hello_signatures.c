/* What may be signed with, and whose certificates are welcome: signature_algorithms (RFC 8446
 * §4.2.3). */
#include "extensions/signature_algorithms.h"
#include "handshake/hello_extensions.h"

static shk_status offer_signature_algorithms(shk_conn *conn, shk_draft *out)
{
    SHK_TRY(shk_append_u16s(out->pieces, &conn->config->schemes));
    ((shk_signature_algorithms *)out->body)->supported_signature_algorithms =
        shk_buf_span(out->pieces);
    out->send = conn->max_version >= SHK_TLS12;
    return SHK_OK;
}

const shk_hello_extension shk_hello_signature_algorithms = {
    .offer = offer_signature_algorithms,
};
