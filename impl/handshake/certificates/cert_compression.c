/* Certificates that travel compressed, in TLS 1.3 (RFC 8879). The transcript has the message as it
 * is sent. */
#include "handshake/certificates/cert_compression.h"

#include "compress/compress.h"
#include "extensions/compress_certificate.h"
#include "handshake/hello/hello_certificates.h"
#include "handshake/state/handshake.h"
#include "shakedown/errors.h"
#include "wire/u16_list.h"

void shk_read_requested_compression(shk_conn *conn, const shk_extension_block *request)
{
    shk_compress_certificate m;
    shk_extension_get(request, SHK_EXT_compress_certificate, SHK_IN_CERTIFICATE_REQUEST, &m);
    conn->handshake->own.compression = shk_choose_compression(conn, m.algorithms);
}

static shk_status add_compressed(shk_conn *conn, shk_certificate *certificate, shk_buf *plain,
                                 shk_buf *compressed, shk_flight *flight)
{
    shk_compressed_certificate m = {.algorithm = conn->handshake->own.compression};
    SHK_TRY(shk_encode(shk_message_rows[SHK_MSG_certificate].layout->shape, NULL, certificate,
                       plain, NULL));
    SHK_TRY(shk_compress(m.algorithm, shk_buf_span(plain), compressed));
    m.uncompressed_length = (uint32_t)plain->len;
    m.compressed_certificate_message = shk_buf_span(compressed);
    return shk_add_message(flight, SHK_MSG_compressed_certificate, &m);
}

shk_status shk_add_compressed_certificate(shk_conn *conn, shk_certificate *certificate,
                                          shk_flight *flight)
{
    shk_buf plain = shk_buf_growing(conn->allocator);
    shk_buf compressed = shk_buf_growing(conn->allocator);
    shk_status status = add_compressed(conn, certificate, &plain, &compressed, flight);
    if (conn->config->is_server)
        conn->negotiated.certificate_compressed = true;
    shk_buf_free(&plain);
    shk_buf_free(&compressed);
    return status;
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

shk_status shk_decompress_certificate(shk_conn *conn, const shk_compressed_certificate *m,
                                      shk_buf *plain, shk_certificate *out)
{
    SHK_TRY(decompress(conn, m, plain));
    return shk_decode(shk_message_rows[SHK_MSG_certificate].layout->shape, NULL,
                      shk_buf_span(plain), out, &conn->failure.fault);
}
