/* Versions, and what protects those below TLS 1.3: supported_versions, cookie (RFC 8446 §4.2.1,
 * §4.2.2), extended_master_secret (RFC 7627), encrypt_then_mac (RFC 7366). */
#include "extensions/cookie.h"
#include "extensions/supported_versions.h"
#include "handshake/hello/hello_extensions.h"
#include "handshake/state/grease.h"
#include "handshake/state/handshake.h"
#include "handshake/state/negotiated.h"
#include "shakedown/errors.h"
#include "wire/u16_list.h"

/* supported_versions (RFC 8446 §4.2.1): highest first; left out by those who know no TLS 1.3. */
static shk_status offer_versions(shk_conn *conn, shk_draft *out)
{
    SHK_TRY(shk_grease_u16(conn, SHK_GREASE_VERSION, out->pieces));
    for (unsigned version = conn->max_version; version >= conn->min_version; version--)
        SHK_TRY(shk_append_u16(out->pieces, (uint16_t)version));
    SHK_EXTENSION_BODY(out, supported_versions)->versions = shk_buf_span(out->pieces);
    out->send = conn->max_version >= SHK_TLS13;
    return SHK_OK;
}

static shk_status answer_versions(shk_conn *conn, shk_draft *out)
{
    SHK_EXTENSION_BODY(out, supported_versions)->selected_version = conn->version;
    out->send = true;
    return SHK_OK;
}

static shk_status offer_cookie(shk_conn *conn, shk_draft *out)
{
    SHK_EXTENSION_BODY(out, cookie)->cookie = shk_buf_span(&conn->handshake->retry.cookie);
    out->send = conn->handshake->retry.cookie.len > 0;
    return SHK_OK;
}

/* extended_master_secret (RFC 7627 §5.2, §5.3): TLS 1.3 did away with it. */
static shk_status offer_extended_master_secret(shk_conn *conn, shk_draft *out)
{
    out->send = conn->min_version < SHK_TLS13 && !conn->config->no_extended_master_secret;
    return SHK_OK;
}

static shk_status accept_extended_master_secret(shk_conn *conn, const shk_extension_body *in)
{
    (void)in;
    conn->negotiated.extended_master_secret = true;
    return SHK_OK;
}

static shk_status answer_extended_master_secret(shk_conn *conn, shk_draft *out)
{
    out->send = conn->negotiated.extended_master_secret;
    return SHK_OK;
}

/* encrypt_then_mac (RFC 7366 §2): for CBC suites alone; it is not offered where none is, and a
 * server that chose another does not answer. */
static shk_status offer_encrypt_then_mac(shk_conn *conn, shk_draft *out)
{
    const shk_u16s *suites = &conn->config->suites;
    for (size_t i = 0; i < suites->count && !conn->config->no_encrypt_then_mac; i++) {
        const shk_suite_row *row = shk_suite_of(suites->values[i]);
        out->send |= shk_cipher_of(row->cipher)->kind == SHK_KIND_CBC &&
                     shk_suite_usable(conn, row->value, conn->min_version, conn->max_version);
    }
    return SHK_OK;
}

static shk_status accept_encrypt_then_mac(shk_conn *conn, const shk_extension_body *in)
{
    (void)in;
    if (shk_cipher_of(conn->suite->cipher)->kind != SHK_KIND_CBC)
        return shk_conn_fail_field(conn, "encrypt_then_mac", SHK_E_ENCRYPT_THEN_MAC_SUITE);
    conn->negotiated.encrypt_then_mac = true;
    return SHK_OK;
}

static shk_status answer_encrypt_then_mac(shk_conn *conn, shk_draft *out)
{
    out->send = conn->negotiated.encrypt_then_mac;
    return SHK_OK;
}

const shk_hello_extension shk_hello_supported_versions = {
    .offer = offer_versions,
    .answer = answer_versions,
};

const shk_hello_extension shk_hello_cookie = {
    .offer = offer_cookie,
};

const shk_hello_extension shk_hello_encrypt_then_mac = {
    .offer = offer_encrypt_then_mac,
    .accept = accept_encrypt_then_mac,
    .answer = answer_encrypt_then_mac,
};

const shk_hello_extension shk_hello_extended_master_secret = {
    .offer = offer_extended_master_secret,
    .accept = accept_extended_master_secret,
    .answer = answer_extended_master_secret,
};
