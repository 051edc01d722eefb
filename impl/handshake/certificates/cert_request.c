/* CertificateRequest, sent and read (RFC 8446 §4.3.2, RFC 5246 §7.4.4). */
#include "handshake/certificates/cert_request.h"

#include "extensions/certificate_authorities.h"
#include "extensions/compress_certificate.h"
#include "extensions/oid_filters.h"
#include "extensions/signature_algorithms.h"
#include "extensions/signature_algorithms_cert.h"
#include "handshake/certificates/cert_choice.h"
#include "handshake/certificates/cert_compression.h"
#include "handshake/certificates/cert_filters.h"
#include "handshake/certificates/cert_status.h"
#include "handshake/hello/hello_certificates.h"
#include "handshake/hello/hello_signatures.h"
#include "handshake/state/grease.h"
#include "handshake/state/handshake.h"
#include "handshake/state/send.h"
#include "messages/certificate_request.h"
#include "messages/certificate_request_12.h"
#include "shakedown/errors.h"

static shk_status add(shk_flight *flight, shk_extension extension, void *body)
{
    return shk_extension_add(&flight->extensions, extension, SHK_IN_CERTIFICATE_REQUEST, body);
}

static shk_status add_grease(shk_conn *conn, shk_flight *flight)
{
    return shk_grease_extension(conn, SHK_GREASE_EXTENSION_1, shk_span_of(NULL, 0),
                                &flight->extensions);
}

/* GREASE, then `schemes`: the list of an extension. */
static shk_status list_schemes(const shk_conn *conn, const shk_u16s *schemes, shk_buf *out)
{
    out->len = 0;
    SHK_TRY(shk_grease_u16(conn, SHK_GREASE_SCHEME, out));
    return shk_append_schemes(out, schemes, SHK_TLS13, SHK_TLS13);
}

static shk_status add_schemes(shk_conn *conn, shk_flight *flight)
{
    SHK_TRY(list_schemes(conn, &conn->config->schemes, &flight->pieces));
    shk_signature_algorithms m = {shk_buf_span(&flight->pieces)};
    return add(flight, SHK_EXT_signature_algorithms, &m);
}

static shk_status add_chain_schemes(shk_conn *conn, shk_flight *flight)
{
    if (conn->config->chain_schemes.count == 0)
        return SHK_OK;
    SHK_TRY(list_schemes(conn, &conn->config->chain_schemes, &flight->pieces));
    shk_signature_algorithms_cert m = {shk_buf_span(&flight->pieces)};
    return add(flight, SHK_EXT_signature_algorithms_cert, &m);
}

static shk_status add_authorities(shk_conn *conn, shk_flight *flight)
{
    shk_certificate_authorities m = {shk_our_authorities(conn)};
    return m.authorities.len == 0 ? SHK_OK : add(flight, SHK_EXT_certificate_authorities, &m);
}

static shk_status add_filters(shk_conn *conn, shk_flight *flight)
{
    shk_oid_filters m = {conn->config->oid_filters};
    return m.filters.len == 0 ? SHK_OK : add(flight, SHK_EXT_oid_filters, &m);
}

static shk_status add_compressions(shk_conn *conn, shk_flight *flight)
{
    flight->pieces.len = 0;
    SHK_TRY(shk_append_compressions(conn, &flight->pieces));
    shk_compress_certificate m = {shk_buf_span(&flight->pieces)};
    return m.algorithms.len == 0 ? SHK_OK : add(flight, SHK_EXT_compress_certificate, &m);
}

/* signature_algorithms must be in it; the context is empty in a handshake. */
shk_status shk_add_certificate_request(shk_conn *conn, shk_flight *flight)
{
    SHK_TRY(add_grease(conn, flight));
    SHK_TRY(add_schemes(conn, flight));
    SHK_TRY(add_chain_schemes(conn, flight));
    SHK_TRY(add_authorities(conn, flight));
    SHK_TRY(add_filters(conn, flight));
    SHK_TRY(add_compressions(conn, flight));
    shk_certificate_request m = {
        shk_span_of(conn->handshake->own.context, conn->handshake->own.context_len),
        shk_extension_block_of(&flight->extensions)};
    return shk_add_message(flight, SHK_MSG_certificate_request, &m);
}

/* ClientCertificateTypes of the schemes (RFC 5246 §7.4.4): a key of another kind could not sign. */
static size_t types_of(shk_span schemes, uint8_t *types)
{
    static const struct {
        shk_auth auth;
        uint8_t type;
    } rows[] = {{SHK_AUTH_RSA, SHK_RSA_SIGN},
                {SHK_AUTH_DSS, SHK_DSS_SIGN},
                {SHK_AUTH_ECDSA, SHK_ECDSA_SIGN}};
    size_t count = 0;
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        size_t i = 0;
        while (i < schemes.len / 2 &&
               shk_key_kind_auth(shk_signature_scheme_of(shk_u16_at(schemes, i))->key) !=
                   rows[row].auth)
            i++;
        if (i < schemes.len / 2)
            types[count++] = rows[row].type;
    }
    return count;
}

/* Every kind of key that our schemes know, issued by one of our anchors. */
shk_status shk_add_certificate_request_12(shk_conn *conn, shk_flight *flight)
{
    uint8_t types[3];
    SHK_TRY(shk_append_schemes(&flight->pieces, &conn->config->schemes, SHK_TLS12, SHK_TLS12));
    shk_span schemes = shk_buf_span(&flight->pieces);
    shk_certificate_request_12 m = {
        .certificate_types = shk_span_of(types, types_of(schemes, types)),
        .supported_signature_algorithms = schemes,
        .certificate_authorities = shk_our_authorities(conn),
    };
    return shk_add_message(flight, SHK_MSG_certificate_request_12, &m);
}

static shk_status check_filters(shk_conn *conn, const shk_extension_block *block)
{
    shk_oid_filters m;
    shk_extension_get(block, SHK_EXT_oid_filters, SHK_IN_CERTIFICATE_REQUEST, &m);
    return shk_filters_well_formed(conn->crypto, m.filters)
               ? SHK_OK
               : shk_conn_fail_field(conn, "filters", SHK_E_OID_FILTER);
}

/* Keeps the body, of which the choice of a credential is made. */
static shk_status store_request(shk_conn *conn, const shk_received *message)
{
    conn->handshake->own.requested = true;
    return shk_buf_append(&conn->handshake->own.request, message->bytes);
}

/* An extension that is not known is ignored. */
shk_status shk_do_read_certificate_request(shk_conn *conn, const shk_received *message)
{
    const shk_certificate_request *m = SHK_MESSAGE_BODY(message, certificate_request);
    if (m->certificate_request_context.len !=
        conn->handshake->own.context_len) /* 0 in a handshake */
        return shk_conn_fail_field(conn, "certificate_request_context", SHK_E_CERTIFICATE_CONTEXT);
    if (!shk_extension_in(&m->extensions, SHK_EXT_signature_algorithms))
        return shk_conn_fail_field(conn, "signature_algorithms", SHK_E_MISSING_EXTENSION);
    SHK_TRY(check_filters(conn, &m->extensions));
    shk_read_requested_stapling(conn, &m->extensions);
    shk_read_requested_compression(conn, &m->extensions);
    return store_request(conn, message);
}

shk_status shk_do_read_certificate_request_12(shk_conn *conn, const shk_received *message)
{
    return store_request(conn, message);
}

bool shk_choose_client_credential(shk_conn *conn)
{
    /* any key will do that can sign: the suites of TLS 1.2 speak of the server's */
    static const shk_suite_row any = {.auth = SHK_AUTH_ANY, .key_exchange = SHK_KX_ANY};
    shk_span body = shk_buf_span(&conn->handshake->own.request);
    shk_form form = shk_form_of(conn);
    shk_cert_constraints constraints;
    if (conn->version >= SHK_TLS13) {
        shk_certificate_request m;
        if (shk_decode(shk_message_rows[SHK_MSG_certificate_request].layout->shape, &form, body, &m,
                       NULL) != SHK_OK)
            return false;
        shk_read_cert_constraints(&m.extensions, SHK_IN_CERTIFICATE_REQUEST, &constraints);
    } else {
        shk_certificate_request_12 m;
        if (shk_decode(shk_message_rows[SHK_MSG_certificate_request_12].layout->shape, &form, body,
                       &m, NULL) != SHK_OK)
            return false;
        constraints = (shk_cert_constraints){
            .schemes = m.supported_signature_algorithms,
            .chain_schemes = m.supported_signature_algorithms,
            .authorities = m.certificate_authorities, /* the same bytes as DistinguishedNames */
            .types = m.certificate_types,
        };
    }
    return shk_choose_credential(conn, &constraints, &any);
}
