/* renegotiation_info and TLS_EMPTY_RENEGOTIATION_INFO_SCSV: a handshake is bound to the one before
 * (RFC 5746). */
#include "handshake/hello/hello_renegotiation.h"

#include "extensions/renegotiation_info.h"
#include "handshake/hello/hello_extensions.h"
#include "handshake/state/handshake.h"
#include "shakedown/errors.h"

/* renegotiation_info (RFC 5746 §3.2): in a first handshake empty, in a new one what both Finished
 * of the last held, the client's first; a client sends its own alone. */
static shk_span previous(const shk_conn *conn, bool both)
{
    size_t len = !conn->renegotiating ? 0 : both ? 2 * SHK_VERIFY_DATA_12 : SHK_VERIFY_DATA_12;
    return shk_span_of(conn->verify_data, len);
}

static shk_status offer_renegotiation_info(shk_conn *conn, shk_draft *out)
{
    SHK_EXTENSION_BODY(out, renegotiation_info)->renegotiated_connection = previous(conn, false);
    out->send = conn->min_version < SHK_TLS13;
    return SHK_OK;
}

static shk_status answer_renegotiation_info(shk_conn *conn, shk_draft *out)
{
    SHK_EXTENSION_BODY(out, renegotiation_info)->renegotiated_connection = previous(conn, true);
    out->send = true;
    return SHK_OK;
}

static shk_status check(shk_conn *conn, shk_span received, bool both)
{
    shk_span expected = previous(conn, both);
    conn->negotiated.secure_renegotiation = true;
    return received.len == expected.len &&
                   shk_equal_constant_time(received.data, expected.data, expected.len)
               ? SHK_OK
               : shk_conn_fail_field(conn, "renegotiated_connection", SHK_E_RENEGOTIATION_INFO);
}

static shk_status accept_renegotiation_info(shk_conn *conn, const shk_extension_body *in)
{
    return check(conn, SHK_EXTENSION_BODY(in, renegotiation_info)->renegotiated_connection, true);
}

static shk_status read_renegotiation_info(shk_conn *conn, const shk_extension_body *in)
{
    return check(conn, SHK_EXTENSION_BODY(in, renegotiation_info)->renegotiated_connection, false);
}

/* A new handshake needs the extension, and TLS_EMPTY_RENEGOTIATION_INFO_SCSV has no place in it; in
 * a first one that stands for the extension (RFC 5746 §3.5, §3.6, §3.7). */
shk_status shk_check_renegotiation(shk_conn *conn, const shk_extension_block *block)
{
    bool has_scsv =
        conn->config->is_server && shk_u16_list_has(conn->handshake->offered.cipher_suites,
                                                    SHK_TLS_EMPTY_RENEGOTIATION_INFO_SCSV);
    if (!conn->renegotiating) {
        conn->negotiated.secure_renegotiation |= has_scsv;
        return SHK_OK;
    }
    if (has_scsv)
        return shk_conn_fail_field(conn, "cipher_suites", SHK_E_RENEGOTIATION_SCSV);
    return shk_extension_in(block, SHK_EXT_renegotiation_info)
               ? SHK_OK
               : shk_conn_fail_field(conn, "renegotiation_info", SHK_E_RENEGOTIATION_INFO);
}

const shk_hello_extension shk_hello_renegotiation_info = {
    .offer = offer_renegotiation_info,
    .accept = accept_renegotiation_info,
    .read = read_renegotiation_info,
    .answer = answer_renegotiation_info,
};
