/* Raw public keys in place of certificates: the types that are agreed on, and the keys (RFC 7250,
 * RFC 8446 §4.4.2). */
#include <string.h>

#include "extensions/client_certificate_type.h"
#include "extensions/server_certificate_type.h"
#include "handshake/certificates/authentication.h"
#include "handshake/hello/hello_extensions.h"

static bool has_type(shk_span types, uint8_t type)
{
    return types.len > 0 && memchr(types.data, type, types.len) != NULL;
}

bool shk_type_enabled(shk_span configured, uint8_t type)
{
    return configured.len == 0 ? type == SHK_CERTIFICATE_X509 : has_type(configured, type);
}

/* X.509 alone goes without saying (RFC 7250 §4.1). */
static bool worth_saying(const shk_conn *conn, shk_span types)
{
    return has_type(types, SHK_CERTIFICATE_RAW_PUBLIC_KEY) &&
           conn->config->max_version >= SHK_TLS12;
}

/* Our most preferred of the client's types; false: there is none. */
static bool agree(shk_span ours, shk_span theirs, uint8_t *type)
{
    size_t i = 0;
    while (i < ours.len && !has_type(theirs, ours.data[i]))
        i++;
    if (i < ours.len)
        *type = ours.data[i];
    return i < ours.len;
}

static shk_status none_in_common(shk_conn *conn)
{
    return shk_conn_fail_field(conn, "certificate_types", SHK_E_NO_COMMON_CERTIFICATE_TYPE);
}

/* Of a key that there is (RFC 7250 §4.1). */
static shk_status offer_client_type(shk_conn *conn, shk_draft *out)
{
    shk_span types = conn->config->own_certificate_types;
    ((shk_client_certificate_type *)out->body)->certificate_types = types;
    out->send = worth_saying(conn, types) && conn->config->credential_count > 0;
    return SHK_OK;
}

/* Who rejects a hidden ClientHello has to show a certificate of the public name (RFC 9849 §6.1.7):
 * a raw key has none. */
static shk_status offer_server_type(shk_conn *conn, shk_draft *out)
{
    shk_span types = conn->config->peer_certificate_types;
    ((shk_server_certificate_type *)out->body)->certificate_types = types;
    out->send = worth_saying(conn, types) && !conn->handshake->ech.building_outer;
    return SHK_OK;
}

static shk_status accept_type(shk_conn *conn, shk_span configured, uint8_t type, uint8_t *out)
{
    if (!shk_type_enabled(configured, type))
        return shk_conn_fail_field(conn, "certificate_type", SHK_E_UNOFFERED_CERTIFICATE_TYPE);
    *out = type;
    return conn->info.version >= SHK_TLS12
               ? SHK_OK
               : shk_conn_deviation(conn, "certificate_type", SHK_DEVIATION_CERTIFICATE_TYPE_OLD);
}

static shk_status accept_client_type(shk_conn *conn, const void *body)
{
    return accept_type(conn, conn->config->own_certificate_types,
                       ((const shk_client_certificate_type *)body)->certificate_type,
                       &conn->own_certificate_type);
}

static shk_status accept_server_type(shk_conn *conn, const void *body)
{
    return accept_type(conn, conn->config->peer_certificate_types,
                       ((const shk_server_certificate_type *)body)->certificate_type,
                       &conn->peer_certificate_type);
}

/* A server that is not configured for raw keys does as one that does not know the extension. */
static shk_status read_server_type(shk_conn *conn, const void *body)
{
    const shk_server_certificate_type *m = (const shk_server_certificate_type *)body;
    shk_span ours = conn->config->own_certificate_types;
    if (ours.len == 0 || conn->info.version < SHK_TLS12)
        return SHK_OK;
    conn->handshake->own_type_agreed =
        agree(ours, m->certificate_types, &conn->own_certificate_type);
    return conn->handshake->own_type_agreed ? SHK_OK : none_in_common(conn);
}

/* A client that may go without a certificate is not asked where no type is in common (RFC 7250
 * §4.2). */
static shk_status read_client_type(shk_conn *conn, const void *body)
{
    const shk_client_certificate_type *m = (const shk_client_certificate_type *)body;
    shk_span ours = conn->config->peer_certificate_types;
    if (ours.len == 0 || conn->info.version < SHK_TLS12 ||
        conn->config->client_auth == SHK_CLIENT_AUTH_NONE)
        return SHK_OK;
    conn->handshake->peer_type_agreed =
        agree(ours, m->certificate_types, &conn->peer_certificate_type);
    conn->handshake->peer_type_missing = !conn->handshake->peer_type_agreed;
    return conn->handshake->peer_type_agreed || conn->config->client_auth != SHK_CLIENT_AUTH_REQUIRE
               ? SHK_OK
               : none_in_common(conn);
}

/* Where a session or a PSK stands in for certificates, and no credential was chosen, there is
 * nothing to be said of them. */
static bool certificates_come(const shk_conn *conn)
{
    return conn->handshake->credential != NULL;
}

static shk_status answer_server_type(shk_conn *conn, shk_draft *out)
{
    ((shk_server_certificate_type *)out->body)->certificate_type = conn->own_certificate_type;
    out->send = conn->handshake->own_type_agreed && certificates_come(conn);
    return SHK_OK;
}

/* Only where the client will be asked (RFC 7250 §4.2), be it after the handshake. */
static shk_status answer_client_type(shk_conn *conn, shk_draft *out)
{
    ((shk_client_certificate_type *)out->body)->certificate_type = conn->peer_certificate_type;
    bool asked = certificates_come(conn) || conn->post_handshake_auth;
    out->send = conn->handshake->peer_type_agreed && asked;
    return SHK_OK;
}

bool shk_type_may_come(const shk_conn *conn)
{
    return !conn->handshake->peer_type_missing &&
           shk_type_enabled(conn->config->peer_certificate_types, conn->peer_certificate_type);
}

shk_status shk_check_type_unused(shk_conn *conn, const shk_extension_block *block)
{
    return shk_extension_in(block, SHK_EXT_server_certificate_type)
               ? shk_conn_deviation(conn, "certificate_type",
                                    SHK_DEVIATION_CERTIFICATE_TYPE_RESUMED)
               : SHK_OK;
}

/* Without configured keys any will do, and none is verified. */
static shk_status check_trust(shk_conn *conn, shk_span key_info)
{
    const shk_config *config = conn->config;
    bool found = false;
    for (size_t i = 0; i < config->peer_key_count; i++)
        found |= shk_span_equal(config->peer_keys[i], key_info);
    if (config->peer_key_count > 0 && !found)
        return shk_conn_fail_field(conn, "subject_public_key_info", SHK_E_RAW_KEY_UNTRUSTED);
    conn->handshake->chain_verified = found;
    return SHK_OK;
}

shk_status shk_read_raw_key(shk_conn *conn, shk_span key_info)
{
    shk_public_key **key = &conn->handshake->peer_key;
    SHK_TRY(conn->crypto->public_key(conn->crypto, key_info, key));
    SHK_TRY(check_trust(conn, key_info));
    if (conn->config->is_server)
        return SHK_OK;
    SHK_TRY(shk_keep_server(conn, key_info));
    conn->info.raw_public_key = true;
    return shk_key_fits_suite(conn->crypto->public_key_kind(*key), conn->suite)
               ? SHK_OK
               : SHK_E_CERTIFICATE_KEY_SUITE;
}

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
