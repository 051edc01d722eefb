/* CertificateRequest, sent and read (RFC 8446 §4.3.2, RFC 5246 §7.4.4). */
#include "handshake/certificates/cert_request.h"

#include "extensions/certificate_authorities.h"
#include "extensions/oid_filters.h"
#include "extensions/signature_algorithms.h"
#include "extensions/signature_algorithms_cert.h"
#include "handshake/certificates/cert_choice.h"
#include "handshake/certificates/cert_compression.h"
#include "handshake/certificates/cert_filters.h"
#include "handshake/certificates/cert_status.h"
#include "handshake/flow/flow_table.h"
#include "handshake/hello/hello_signatures.h"
#include "handshake/state/grease.h"
#include "handshake/state/handshake.h"
#include "handshake/state/send.h"
#include "messages/certificate_request.h"
#include "messages/certificate_request_12.h"
#include "shakedown/errors.h"

static shk_status add_grease(shk_conn *conn, shk_buf *pieces, shk_buf *raw)
{
    (void)pieces;
    return shk_grease_extension(conn, SHK_GREASE_EXTENSION_1, shk_span_of(NULL, 0), raw);
}

static shk_status add_schemes(shk_conn *conn, shk_buf *pieces, shk_buf *raw)
{
    SHK_TRY(shk_grease_u16(conn, SHK_GREASE_SCHEME, pieces));
    SHK_TRY(shk_append_schemes(pieces, &conn->config->schemes, SHK_TLS13, SHK_TLS13));
    shk_signature_algorithms m = {shk_buf_span(pieces)};
    return shk_extension_add(raw, SHK_EXT_signature_algorithms, SHK_IN_CERTIFICATE_REQUEST, &m);
}

static shk_status add_chain_schemes(shk_conn *conn, shk_buf *pieces, shk_buf *raw)
{
    if (conn->config->chain_schemes.count == 0)
        return SHK_OK;
    SHK_TRY(shk_grease_u16(conn, SHK_GREASE_SCHEME, pieces));
    SHK_TRY(shk_append_schemes(pieces, &conn->config->chain_schemes, SHK_TLS13, SHK_TLS13));
    shk_signature_algorithms_cert m = {shk_buf_span(pieces)};
    return shk_extension_add(raw, SHK_EXT_signature_algorithms_cert, SHK_IN_CERTIFICATE_REQUEST,
                             &m);
}

static shk_status add_authorities(shk_conn *conn, shk_buf *pieces, shk_buf *raw)
{
    shk_certificate_authorities m = {shk_our_authorities(conn)};
    (void)pieces;
    return m.authorities.len == 0 ? SHK_OK
                                  : shk_extension_add(raw, SHK_EXT_certificate_authorities,
                                                      SHK_IN_CERTIFICATE_REQUEST, &m);
}

static shk_status add_filters(shk_conn *conn, shk_buf *pieces, shk_buf *raw)
{
    shk_oid_filters m = {conn->config->oid_filters};
    (void)pieces;
    return m.filters.len == 0
               ? SHK_OK
               : shk_extension_add(raw, SHK_EXT_oid_filters, SHK_IN_CERTIFICATE_REQUEST, &m);
}

/* signature_algorithms must be in it; the context is empty in a handshake. */
shk_status shk_add_certificate_request(shk_conn *conn, shk_buf *flight)
{
    static shk_status (*const parts[])(shk_conn * conn, shk_buf * pieces, shk_buf * raw) = {
        add_grease,      add_schemes, add_chain_schemes,
        add_authorities, add_filters, shk_ask_for_compression};
    shk_buf raw = shk_buf_growing(conn->allocator);
    shk_buf pieces = shk_buf_growing(conn->allocator);
    shk_status status = SHK_OK;
    for (size_t i = 0; status == SHK_OK && i < sizeof parts / sizeof parts[0]; i++) {
        pieces.len = 0;
        status = parts[i](conn, &pieces, &raw);
    }
    shk_certificate_request m = {
        shk_span_of(conn->handshake->context, conn->handshake->context_len),
        shk_extension_block_of(&raw)};
    if (status == SHK_OK)
        status = shk_add_message(conn, SHK_MSG_certificate_request, &m, true, flight);
    shk_buf_free(&pieces);
    shk_buf_free(&raw);
    return status;
}

enum { RSA_SIGN = 1, DSS_SIGN = 2, ECDSA_SIGN = 64 /* and Ed25519 (RFC 8422 §5.5) */ };

/* ClientCertificateTypes of the schemes (RFC 5246 §7.4.4): a key of another kind could not sign. */
static size_t types_of(shk_span schemes, uint8_t *types)
{
    static const struct {
        shk_auth auth;
        uint8_t type;
    } rows[] = {{SHK_AUTH_RSA, RSA_SIGN}, {SHK_AUTH_DSS, DSS_SIGN}, {SHK_AUTH_ECDSA, ECDSA_SIGN}};
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
shk_status shk_add_certificate_request_12(shk_conn *conn, shk_buf *flight)
{
    uint8_t types[3];
    shk_buf schemes = shk_buf_growing(conn->allocator);
    shk_status status = shk_append_schemes(&schemes, &conn->config->schemes, SHK_TLS12, SHK_TLS12);
    shk_certificate_request_12 m = {
        .certificate_types = shk_span_of(types, types_of(shk_buf_span(&schemes), types)),
        .supported_signature_algorithms = shk_buf_span(&schemes),
        .certificate_authorities = shk_our_authorities(conn),
    };
    if (status == SHK_OK)
        status = shk_add_message(conn, SHK_MSG_certificate_request_12, &m, true, flight);
    shk_buf_free(&schemes);
    return status;
}

static shk_status check_filters(shk_conn *conn, const shk_extension_block *block)
{
    shk_oid_filters m;
    shk_extension_get(block, SHK_EXT_oid_filters, SHK_IN_CERTIFICATE_REQUEST, &m);
    return shk_are_filters(conn->crypto, m.filters)
               ? SHK_OK
               : shk_conn_fail_field(conn, "filters", SHK_E_OID_FILTER);
}

/* Keeps the body, of which the choice of a credential is made. */
static shk_status keep_request(shk_conn *conn, const shk_received *message)
{
    conn->handshake->client_authentication = true;
    return shk_buf_append(&conn->handshake->request,
                          shk_span_of(message->raw.data + 4, message->raw.len - 4));
}

/* An extension that is not known is ignored. */
shk_status shk_do_read_certificate_request(shk_conn *conn, const shk_received *message)
{
    const shk_certificate_request *m = (const shk_certificate_request *)message->body;
    if (m->certificate_request_context.len != conn->handshake->context_len) /* late ones have one */
        return shk_conn_fail_field(conn, "certificate_request_context", SHK_E_CERTIFICATE_CONTEXT);
    if (!shk_extension_in(&m->extensions, SHK_EXT_signature_algorithms))
        return shk_conn_fail_field(conn, "signature_algorithms", SHK_E_MISSING_EXTENSION);
    SHK_TRY(check_filters(conn, &m->extensions));
    shk_read_stapling_wishes(conn, &m->extensions);
    shk_read_compression_wishes(conn, &m->extensions);
    return keep_request(conn, message);
}

shk_status shk_do_read_certificate_request_12(shk_conn *conn, const shk_received *message)
{
    return keep_request(conn, message);
}

bool shk_choose_client_credential(shk_conn *conn)
{
    /* any key will do that can sign: the suites of TLS 1.2 speak of the server's */
    static const shk_suite_row any = {.auth = SHK_AUTH_ANY, .key_exchange = SHK_KX_ANY};
    shk_span body = shk_buf_span(&conn->handshake->request);
    shk_form form = shk_form_of(conn);
    shk_certificate_wishes wishes;
    if (conn->info.version >= SHK_TLS13) {
        shk_certificate_request m;
        if (shk_decode(shk_message_rows[SHK_MSG_certificate_request].layout->shape, &form, body, &m,
                       NULL) != SHK_OK)
            return false;
        shk_read_wishes(&m.extensions, SHK_IN_CERTIFICATE_REQUEST, &wishes);
    } else {
        shk_certificate_request_12 m;
        if (shk_decode(shk_message_rows[SHK_MSG_certificate_request_12].layout->shape, &form, body,
                       &m, NULL) != SHK_OK)
            return false;
        wishes = (shk_certificate_wishes){
            .schemes = m.supported_signature_algorithms,
            .chain_schemes = m.supported_signature_algorithms,
            .authorities = m.certificate_authorities, /* the same bytes as DistinguishedNames */
            .types = m.certificate_types,
        };
    }
    return shk_choose_credential(conn, &wishes, &any);
}
