/* Certificates that travel compressed, in TLS 1.3 (RFC 8879). The transcript has the message as it
 * is sent. */
#include "compress/compress.h"
#include "extensions/compress_certificate.h"
#include "handshake/certificates/authentication.h"
#include "handshake/hello/hello_extensions.h"
#include "messages/certificate.h"
#include "messages/compressed_certificate.h"

static shk_status append_algorithms(const shk_conn *conn, shk_buf *out)
{
    const shk_u16s *ours = &conn->config->certificate_compressions;
    for (size_t i = 0; i < ours->count; i++)
        if (shk_has_compression(ours->values[i]))
            SHK_TRY(shk_append_u16(out, ours->values[i]));
    return SHK_OK;
}

/* Our most preferred algorithm of the peer's; 0: none. */
static uint16_t choose(const shk_conn *conn, shk_span theirs)
{
    const shk_u16s *ours = &conn->config->certificate_compressions;
    for (size_t i = 0; i < ours->count; i++)
        if (shk_has_compression(ours->values[i]) && shk_u16_list_has(theirs, ours->values[i]))
            return ours->values[i];
    return 0;
}

static shk_status offer_compressions(shk_conn *conn, shk_draft *out)
{
    SHK_TRY(append_algorithms(conn, out->pieces));
    ((shk_compress_certificate *)out->body)->algorithms = shk_buf_span(out->pieces);
    out->send = out->pieces->len > 0 && conn->config->max_version >= SHK_TLS13;
    return SHK_OK;
}

static shk_status read_compressions(shk_conn *conn, const void *body)
{
    conn->handshake->compression =
        choose(conn, ((const shk_compress_certificate *)body)->algorithms);
    return SHK_OK;
}

void shk_read_compression_wishes(shk_conn *conn, const shk_extension_block *request)
{
    shk_compress_certificate m;
    shk_extension_get(request, SHK_EXT_compress_certificate, SHK_IN_CERTIFICATE_REQUEST, &m);
    conn->handshake->compression = choose(conn, m.algorithms);
}

shk_status shk_ask_for_compression(shk_conn *conn, shk_buf *pieces, shk_buf *raw)
{
    SHK_TRY(append_algorithms(conn, pieces));
    shk_compress_certificate m = {shk_buf_span(pieces)};
    return pieces->len == 0 ? SHK_OK
                            : shk_extension_add(raw, SHK_EXT_compress_certificate,
                                                SHK_IN_CERTIFICATE_REQUEST, &m);
}

shk_status shk_add_compressed_certificate(shk_conn *conn, shk_certificate *certificate,
                                          shk_buf *flight)
{
    shk_buf plain = shk_buf_growing(conn->allocator);
    shk_buf compressed = shk_buf_growing(conn->allocator);
    shk_compressed_certificate m = {.algorithm = conn->handshake->compression};
    shk_status status = shk_encode(shk_message_rows[SHK_MSG_certificate].layout->shape, NULL,
                                   certificate, &plain, NULL);
    if (status == SHK_OK)
        status = shk_compress(m.algorithm, shk_buf_span(&plain), &compressed);
    m.uncompressed_length = (uint32_t)plain.len;
    m.compressed_certificate_message = shk_buf_span(&compressed);
    if (status == SHK_OK)
        status = shk_add_message(conn, SHK_MSG_compressed_certificate, &m, true, flight);
    if (conn->config->is_server)
        conn->info.certificate_compressed = true;
    shk_buf_free(&plain);
    shk_buf_free(&compressed);
    return status;
}

/* Whether we have said that we can decompress: in the ClientHello, or in each CertificateRequest.
 */
bool shk_if_accepts_compression(const shk_conn *conn)
{
    const shk_u16s *ours = &conn->config->certificate_compressions;
    bool any = false;
    if (!conn->config->is_server)
        return shk_extension_in(&conn->handshake->offered.extensions, SHK_EXT_compress_certificate);
    for (size_t i = 0; i < ours->count; i++)
        any |= shk_has_compression(ours->values[i]);
    return any;
}

/* The Certificate inside, up to the limit that it has uncompressed too. */
static shk_status decompress(shk_conn *conn, const shk_compressed_certificate *m, shk_buf *out)
{
    if (!shk_u16s_have(&conn->config->certificate_compressions, m->algorithm) ||
        !shk_has_compression(m->algorithm))
        return shk_conn_fail_field(conn, "algorithm", SHK_E_UNOFFERED_COMPRESSION);
    if (m->uncompressed_length > conn->config->max_certificate)
        return shk_conn_fail_field(conn, "uncompressed_length", SHK_E_CERTIFICATE_TOO_LONG);
    SHK_TRY(shk_buf_reserve(out, m->uncompressed_length));
    shk_status status = shk_decompress(m->algorithm, m->compressed_certificate_message, out->data,
                                       m->uncompressed_length);
    if (status != SHK_OK)
        return shk_conn_fail_field(conn, "compressed_certificate_message", status);
    out->len = m->uncompressed_length;
    return SHK_OK;
}

shk_status shk_do_read_compressed_certificate(shk_conn *conn, const shk_received *message)
{
    shk_buf plain = shk_buf_growing(conn->allocator);
    shk_certificate certificate;
    shk_status status = decompress(conn, (const shk_compressed_certificate *)message->body, &plain);
    shk_received inside = {SHK_MSG_certificate, message->raw, &certificate};
    if (status == SHK_OK)
        status = shk_decode(shk_message_rows[SHK_MSG_certificate].layout->shape, NULL,
                            shk_buf_span(&plain), &certificate, &conn->failure.fault);
    if (status == SHK_OK)
        status = conn->config->is_server ? shk_do_read_client_certificate(conn, &inside)
                                         : shk_do_read_server_certificate(conn, &inside);
    if (status == SHK_OK && !conn->config->is_server)
        conn->info.certificate_compressed = true;
    shk_buf_free(&plain);
    return status;
}

const shk_hello_extension shk_hello_compress_certificate = {
    .offer = offer_compressions,
    .read = read_compressions,
};
