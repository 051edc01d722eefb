/* Certificates: status_request (RFC 6066 §8), signed_certificate_timestamp (RFC 6962
 * §3.3), client_certificate_type and server_certificate_type (RFC 7250), compress_certificate (RFC
 * 8879), post_handshake_auth (RFC 8446 §4.2.6). */
#include "handshake/hello/hello_certificates.h"

#include "compress/compress.h"
#include "extensions/client_certificate_type.h"
#include "extensions/compress_certificate.h"
#include "extensions/server_certificate_type.h"
#include "extensions/signed_certificate_timestamp.h"
#include "extensions/status_request.h"
#include "handshake/hello/hello_extensions.h"
#include "handshake/state/handshake.h"
#include "handshake/state/negotiated.h"
#include "shakedown/errors.h"
#include "wire/u16_list.h"

/* Below TLS 1.3 what goes with a certificate is told in ServerHello, unless none will come: then
 * no credential was chosen. */
static bool shows_certificate(const shk_conn *conn)
{
    return conn->handshake->own.credential != NULL &&
           conn->own_certificate_type == SHK_CERTIFICATE_X509;
}

static shk_status offer_status_request(shk_conn *conn, shk_draft *out)
{
    SHK_EXTENSION_BODY(out, status_request)->status_type = SHK_STATUS_TYPE_OCSP;
    out->send = conn->config->status_request != SHK_STAPLING_NONE;
    return SHK_OK;
}

/* ServerHello says that a CertificateStatus may come; TLS 1.3 has it in Certificate. */
static shk_status accept_status_request(shk_conn *conn, const shk_extension_body *in)
{
    (void)in;
    conn->handshake->tls12.status_due = conn->version < SHK_TLS13;
    return SHK_OK;
}

static shk_status read_status_request(shk_conn *conn, const shk_extension_body *in)
{
    conn->handshake->own.status_requested =
        SHK_EXTENSION_BODY(in, status_request)->status_type == SHK_STATUS_TYPE_OCSP;
    return SHK_OK;
}

static shk_status answer_status_request(shk_conn *conn, shk_draft *out)
{
    out->send = conn->handshake->own.status_requested && shows_certificate(conn) &&
                conn->handshake->own.credential->status.len > 0;
    conn->handshake->tls12.status_due = out->send;
    return SHK_OK;
}

static shk_status offer_timestamps(shk_conn *conn, shk_draft *out)
{
    out->send = conn->config->request_timestamps;
    return SHK_OK;
}

static shk_status accept_timestamps(shk_conn *conn, const shk_extension_body *in)
{
    shk_span list = SHK_EXTENSION_BODY(in, signed_certificate_timestamp)->sct_list;
    shk_status status = shk_check_timestamps(list, &conn->negotiated.timestamps);
    return status == SHK_OK ? SHK_OK : shk_conn_fail_field(conn, "sct_list", status);
}

static shk_status read_timestamps(shk_conn *conn, const shk_extension_body *in)
{
    (void)in;
    conn->handshake->own.timestamps_requested = true;
    return SHK_OK;
}

static shk_status answer_timestamps(shk_conn *conn, shk_draft *out)
{
    out->send = shows_certificate(conn) && conn->handshake->own.credential->timestamps.len > 0;
    if (out->send)
        SHK_EXTENSION_BODY(out, signed_certificate_timestamp)->sct_list =
            conn->handshake->own.credential->timestamps;
    return SHK_OK;
}

/* X.509 alone goes without saying (RFC 7250 §4.1). */
static bool should_offer(const shk_conn *conn, shk_span types)
{
    return shk_has_certificate_type(types, SHK_CERTIFICATE_RAW_PUBLIC_KEY) &&
           conn->max_version >= SHK_TLS12;
}

/* Our most preferred of the client's types; false: there is none. */
static bool agree(shk_span ours, shk_span theirs, uint8_t *type)
{
    size_t i = 0;
    while (i < ours.len && !shk_has_certificate_type(theirs, ours.data[i]))
        i++;
    if (i < ours.len)
        *type = ours.data[i];
    return i < ours.len;
}

static shk_status no_common_type(shk_conn *conn)
{
    return shk_conn_fail_field(conn, "certificate_types", SHK_E_NO_COMMON_CERTIFICATE_TYPE);
}

/* Of a key that there is (RFC 7250 §4.1). */
static shk_status offer_client_type(shk_conn *conn, shk_draft *out)
{
    shk_span types = conn->config->own_certificate_types;
    SHK_EXTENSION_BODY(out, client_certificate_type)->certificate_types = types;
    out->send = should_offer(conn, types) && conn->config->credential_count > 0;
    return SHK_OK;
}

/* A server that rejects the inner ClientHello has to show a certificate of the public name (RFC
 * 9849 §6.1.7): a raw key has none. */
static shk_status offer_server_type(shk_conn *conn, shk_draft *out)
{
    shk_span types = conn->config->peer_certificate_types;
    SHK_EXTENSION_BODY(out, server_certificate_type)->certificate_types = types;
    out->send = should_offer(conn, types) && !conn->handshake->ech.building_outer;
    return SHK_OK;
}

static shk_status accept_type(shk_conn *conn, shk_span configured, uint8_t type, uint8_t *out)
{
    if (!shk_type_enabled(configured, type))
        return shk_conn_fail_field(conn, "certificate_type", SHK_E_UNOFFERED_CERTIFICATE_TYPE);
    *out = type;
    return conn->version >= SHK_TLS12
               ? SHK_OK
               : shk_conn_deviation(conn, "certificate_type", SHK_DEVIATION_CERTIFICATE_TYPE_OLD);
}

static shk_status accept_client_type(shk_conn *conn, const shk_extension_body *in)
{
    return accept_type(conn, conn->config->own_certificate_types,
                       SHK_EXTENSION_BODY(in, client_certificate_type)->certificate_type,
                       &conn->own_certificate_type);
}

static shk_status accept_server_type(shk_conn *conn, const shk_extension_body *in)
{
    return accept_type(conn, conn->config->peer_certificate_types,
                       SHK_EXTENSION_BODY(in, server_certificate_type)->certificate_type,
                       &conn->peer_certificate_type);
}

/* A server that is not configured for raw keys does as one that does not know the extension. */
static shk_status read_server_type(shk_conn *conn, const shk_extension_body *in)
{
    const shk_server_certificate_type *m = SHK_EXTENSION_BODY(in, server_certificate_type);
    shk_span ours = conn->config->own_certificate_types;
    if (ours.len == 0 || conn->version < SHK_TLS12)
        return SHK_OK;
    conn->handshake->own.type_agreed =
        agree(ours, m->certificate_types, &conn->own_certificate_type);
    return conn->handshake->own.type_agreed ? SHK_OK : no_common_type(conn);
}

/* A client that may go without a certificate is not asked where no type is in common (RFC 7250
 * §4.2). */
static shk_status read_client_type(shk_conn *conn, const shk_extension_body *in)
{
    const shk_client_certificate_type *m = SHK_EXTENSION_BODY(in, client_certificate_type);
    shk_span ours = conn->config->peer_certificate_types;
    if (ours.len == 0 || conn->version < SHK_TLS12 ||
        conn->config->client_auth == SHK_CLIENT_AUTH_NONE)
        return SHK_OK;
    conn->handshake->peer.type_agreed =
        agree(ours, m->certificate_types, &conn->peer_certificate_type);
    conn->handshake->peer.type_missing = !conn->handshake->peer.type_agreed;
    return conn->handshake->peer.type_agreed || conn->config->client_auth != SHK_CLIENT_AUTH_REQUIRE
               ? SHK_OK
               : no_common_type(conn);
}

/* Where a session or a PSK stands in for certificates, and no credential was chosen, there is
 * nothing to be said of them. */
static bool certificates_come(const shk_conn *conn)
{
    return conn->handshake->own.credential != NULL;
}

static shk_status answer_server_type(shk_conn *conn, shk_draft *out)
{
    SHK_EXTENSION_BODY(out, server_certificate_type)->certificate_type = conn->own_certificate_type;
    out->send = conn->handshake->own.type_agreed && certificates_come(conn);
    return SHK_OK;
}

/* Only where the client will be asked (RFC 7250 §4.2), be it after the handshake. */
static shk_status answer_client_type(shk_conn *conn, shk_draft *out)
{
    SHK_EXTENSION_BODY(out, client_certificate_type)->certificate_type =
        conn->peer_certificate_type;
    bool asked = certificates_come(conn) || conn->post_handshake_auth;
    out->send = conn->handshake->peer.type_agreed && asked;
    return SHK_OK;
}

bool shk_client_type_usable(const shk_conn *conn)
{
    return !conn->handshake->peer.type_missing &&
           shk_type_enabled(conn->config->peer_certificate_types, conn->peer_certificate_type);
}

shk_status shk_check_type_unused(shk_conn *conn, const shk_extension_block *block)
{
    return shk_extension_in(block, SHK_EXT_server_certificate_type)
               ? shk_conn_deviation(conn, "certificate_type",
                                    SHK_DEVIATION_CERTIFICATE_TYPE_RESUMED)
               : SHK_OK;
}

shk_status shk_append_compressions(const shk_conn *conn, shk_buf *out)
{
    const shk_u16s *ours = &conn->config->certificate_compressions;
    for (size_t i = 0; i < ours->count; i++)
        if (shk_has_compression(ours->values[i]))
            SHK_TRY(shk_append_u16(out, ours->values[i]));
    return SHK_OK;
}

/* Our most preferred algorithm of the peer's; 0: none. */
uint16_t shk_choose_compression(const shk_conn *conn, shk_span theirs)
{
    const shk_u16s *ours = &conn->config->certificate_compressions;
    for (size_t i = 0; i < ours->count; i++)
        if (shk_has_compression(ours->values[i]) && shk_u16_list_has(theirs, ours->values[i]))
            return ours->values[i];
    return 0;
}

static shk_status offer_compressions(shk_conn *conn, shk_draft *out)
{
    SHK_TRY(shk_append_compressions(conn, out->pieces));
    SHK_EXTENSION_BODY(out, compress_certificate)->algorithms = shk_buf_span(out->pieces);
    out->send = out->pieces->len > 0 && conn->max_version >= SHK_TLS13;
    return SHK_OK;
}

static shk_status read_compressions(shk_conn *conn, const shk_extension_body *in)
{
    conn->handshake->own.compression =
        shk_choose_compression(conn, SHK_EXTENSION_BODY(in, compress_certificate)->algorithms);
    return SHK_OK;
}

static shk_status offer_post_handshake_auth(shk_conn *conn, shk_draft *out)
{
    out->send = conn->config->post_handshake_auth && conn->max_version >= SHK_TLS13;
    conn->post_handshake_auth = out->send;
    return SHK_OK;
}

static shk_status read_post_handshake_auth(shk_conn *conn, const shk_extension_body *in)
{
    (void)in;
    conn->post_handshake_auth = conn->config->post_handshake_auth && conn->version >= SHK_TLS13;
    return SHK_OK;
}

const shk_hello_extension shk_hello_status_request = {
    .offer = offer_status_request,
    .accept = accept_status_request,
    .read = read_status_request,
    .answer = answer_status_request,
};

const shk_hello_extension shk_hello_signed_certificate_timestamp = {
    .offer = offer_timestamps,
    .accept = accept_timestamps,
    .read = read_timestamps,
    .answer = answer_timestamps,
};

const shk_hello_extension shk_hello_client_certificate_type = {
    .offer = offer_client_type,
    .accept = accept_client_type,
    .read = read_client_type,
    .answer = answer_client_type,
};

const shk_hello_extension shk_hello_server_certificate_type = {
    .offer = offer_server_type,
    .accept = accept_server_type,
    .read = read_server_type,
    .answer = answer_server_type,
};

const shk_hello_extension shk_hello_compress_certificate = {
    .offer = offer_compressions,
    .read = read_compressions,
};

const shk_hello_extension shk_hello_post_handshake_auth = {
    .offer = offer_post_handshake_auth,
    .read = read_post_handshake_auth,
};
