/* Channel bindings: what tells a connection from all others, for a protocol above (RFC 5929, RFC
 * 9266). */
#include "handshake/keys/channel_binding.h"

#include <string.h>

#include "handshake/state/handshake.h"
#include "shakedown/errors.h"

/* RFC 5929 §3: the first Finished of the last handshake. Without extended_master_secret two
 * connections could share it (RFC 7627 §1). */
static size_t tls_unique(const shk_conn *conn, uint8_t *out)
{
    if (conn->version >= SHK_TLS13 || !conn->negotiated.extended_master_secret)
        return 0;
    size_t at =
        conn->negotiated.resumed ? SHK_VERIFY_DATA_12 : 0; /* then the server's is the first */
    memcpy(out, conn->verify_data + at, SHK_VERIFY_DATA_12);
    return SHK_VERIFY_DATA_12;
}

shk_status shk_store_end_point(shk_conn *conn, shk_span certificate)
{
    return conn->crypto->certificate_digest(conn->crypto, certificate, conn->end_point,
                                            &conn->end_point_len);
}

static size_t tls_server_end_point(const shk_conn *conn, uint8_t *out)
{
    memcpy(out, conn->end_point, conn->end_point_len);
    return conn->end_point_len;
}

/* RFC 9266 §2; below TLS 1.3 not where keys may change (§4.2). */
static size_t tls_exporter(shk_conn *conn, uint8_t *out)
{
    enum { LENGTH = 32 };
    if (conn->version < SHK_TLS13 && conn->config->renegotiation)
        return 0;
    bool made = shk_conn_export(conn, "EXPORTER-Channel-Binding", shk_span_of("", 0), out,
                                LENGTH) == SHK_OK;
    return made ? LENGTH : 0;
}

shk_status shk_conn_channel_binding(shk_conn *conn, shk_channel_binding kind, uint8_t *out,
                                    size_t *len)
{
    *len = 0;
    SHK_TRY(shk_conn_usable(conn, false));
    switch (kind) {
    case SHK_TLS_UNIQUE:
        *len = tls_unique(conn, out);
        break;
    case SHK_TLS_SERVER_END_POINT:
        *len = tls_server_end_point(conn, out);
        break;
    case SHK_TLS_EXPORTER:
        *len = tls_exporter(conn, out);
        break;
    }
    return *len > 0 ? SHK_OK : SHK_E_NO_CHANNEL_BINDING;
}
