/* Keying material exporters of all versions (RFC 8446 §7.5, RFC 5705). */
#include <string.h>

#include "crypto/derive.h"
#include "crypto/hash_parts.h"
#include "handshake/state/handshake.h"
#include "shakedown/errors.h"

/* RFC 8446 §7.5 */
static shk_status export_13(shk_conn *conn, shk_hash hash, const uint8_t *master, const char *label,
                            shk_span context, uint8_t *out, size_t len)
{
    const shk_crypto *crypto = conn->crypto;
    uint8_t secret[SHK_MAX_HASH];
    uint8_t digest[SHK_MAX_HASH];
    SHK_TRY(shk_hash_parts(crypto, hash, &context, 1, digest));
    SHK_TRY(shk_derive_secret(crypto, hash, master, label, NULL, secret));
    shk_status status = shk_expand_label(crypto, hash, secret, "exporter",
                                         shk_span_of(digest, shk_hash_size(hash)), out, len);
    shk_wipe(secret, sizeof secret);
    return status;
}

/* RFC 5705 §4. `seed` receives both randoms, and a context, if there is one, with its length before
 * it. */
static shk_status export_seeded(shk_conn *conn, const char *label, shk_span context, shk_buf *seed,
                                uint8_t *out, size_t len)
{
    const shk_span master = shk_span_of(conn->exporter_secret, SHK_MASTER_SECRET);
    uint8_t length[2] = {(uint8_t)(context.len >> 8), (uint8_t)context.len};
    SHK_TRY(shk_buf_append(seed, shk_span_of(conn->client_random, 32)));
    SHK_TRY(shk_buf_append(seed, shk_span_of(conn->server_random, 32)));
    if (context.data != NULL) {
        SHK_TRY(shk_buf_append(seed, shk_span_of(length, 2)));
        SHK_TRY(shk_buf_append(seed, context));
    }
    return shk_prf(conn->crypto, shk_prf_hash(conn), master, label, shk_buf_span(seed),
                   shk_span_of(NULL, 0), out, len);
}

static shk_status export_12(shk_conn *conn, const char *label, shk_span context, uint8_t *out,
                            size_t len)
{
    shk_buf seed = shk_buf_growing(conn->allocator);
    if (context.len > 65535)
        return SHK_E_VECTOR_LENGTH;
    shk_status status = export_seeded(conn, label, context, &seed, out, len);
    shk_buf_free(&seed);
    return status;
}

/* RFC 5705 §6: what the PRF is used with below TLS 1.3 is not exported. */
static bool is_reserved(const char *label)
{
    static const char *const reserved[] = {"client finished", "server finished", "master secret",
                                           "key expansion", "extended master secret"};
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (strcmp(label, reserved[i]) == 0)
            return true;
    return false;
}

shk_status shk_conn_export(shk_conn *conn, const char *label, shk_span context, uint8_t *out,
                           size_t len)
{
    SHK_TRY(shk_conn_usable(conn, false));
    if (conn->version < SHK_TLS13 && !conn->negotiated.extended_master_secret)
        return SHK_E_EXPORTER_EMS; /* RFC 7627 §5.4 */
    if (is_reserved(label))
        return SHK_E_EXPORTER_LABEL;
    return conn->version >= SHK_TLS13
               ? export_13(conn, conn->suite->hash, conn->exporter_secret, label, context, out, len)
               : export_12(conn, label, context, out, len);
}

shk_status shk_conn_export_early(shk_conn *conn, const char *label, shk_span context, uint8_t *out,
                                 size_t len)
{
    if (conn->failure.fault.status != SHK_OK)
        return SHK_E_CLOSED;
    bool is_server = conn->config->is_server;
    bool open = !is_server && conn->handshake != NULL && conn->handshake->early.open;
    if (!conn->negotiated.early_data && !open)
        return SHK_E_NO_EARLY_DATA;
    return export_13(conn, conn->early_exporter_hash, conn->early_exporter_secret, label, context,
                     out, len);
}
