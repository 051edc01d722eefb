/* Lengths of records and of the ClientHello: max_fragment_length (RFC 6066 §4), record_size_limit
 * (RFC 8449), padding (RFC 7685). */
#include <string.h>

#include "extensions/max_fragment_length.h"
#include "extensions/padding.h"
#include "extensions/record_size_limit.h"
#include "handshake/hello/hello_extensions.h"
#include "handshake/state/limits.h"
#include "shakedown/config.h"
#include "shakedown/errors.h"

enum { EXTENSION_HEADER = 4 };

static shk_status offer_length(shk_conn *conn, shk_draft *out)
{
    shk_max_fragment_length *m = SHK_EXTENSION_BODY(out, max_fragment_length);
    out->send = conn->config->max_fragment_length > 0;
    while (shk_fragment_length_bytes(m->max_fragment_length) < conn->config->max_fragment_length)
        m->max_fragment_length++;
    return SHK_OK;
}

static shk_status accept_length(shk_conn *conn, const shk_extension_body *in)
{
    uint8_t value = SHK_EXTENSION_BODY(in, max_fragment_length)->max_fragment_length;
    if (value != shk_offered_fragment_length(conn))
        return shk_conn_fail_field(conn, "max_fragment_length", SHK_E_FRAGMENT_LENGTH_ANSWER);
    shk_use_fragment_length(conn, shk_fragment_length_bytes(value));
    conn->handshake->client.fragment_length_agreed = true;
    return SHK_OK;
}

static shk_status answer_length(shk_conn *conn, shk_draft *out)
{
    uint16_t asked = shk_fragment_length_asked(conn);
    SHK_EXTENSION_BODY(out, max_fragment_length)->max_fragment_length =
        shk_offered_fragment_length(conn);
    out->send = asked > 0;
    if (out->send)
        shk_use_fragment_length(conn, asked);
    return SHK_OK;
}

/* A limit is no higher than the version's largest plaintext (RFC 8449 §4). */
static uint16_t clamp(uint16_t limit, uint16_t version)
{
    uint16_t most = version >= SHK_TLS13 ? SHK_MAX_PLAINTEXT + 1 : SHK_MAX_PLAINTEXT;
    return limit < most ? limit : most;
}

static shk_record_limits limits_of(const shk_conn *conn, uint16_t own, uint16_t peer)
{
    uint16_t version = conn->version;
    uint16_t content_type = version >= SHK_TLS13 ? 1 : 0; /* counts there */
    return (shk_record_limits){
        .own_size_limit = clamp(own, version),
        .peer_size_limit = clamp(peer, version),
        .send_limit = (uint16_t)(clamp(peer, version) - content_type),
    };
}

static shk_status offer_limit(shk_conn *conn, shk_draft *out)
{
    const shk_config *config = conn->config;
    SHK_EXTENSION_BODY(out, record_size_limit)->record_size_limit =
        clamp(config->record_size_limit, conn->max_version);
    out->send = config->record_size_limit > 0;
    return SHK_OK;
}

static shk_status accept_limit(shk_conn *conn, const shk_extension_body *in)
{
    if (conn->handshake->client.fragment_length_agreed)
        return shk_conn_fail_field(conn, "record_size_limit", SHK_E_RECORD_SIZE_LIMIT_TWICE);
    uint16_t answer = SHK_EXTENSION_BODY(in, record_size_limit)->record_size_limit;
    shk_use_limits(conn, limits_of(conn, shk_offered_size_limit(conn), answer));
    return SHK_OK;
}

static shk_status answer_limit(shk_conn *conn, shk_draft *out)
{
    uint16_t own = conn->config->record_size_limit;
    out->send = own > 0;
    if (!out->send)
        return SHK_OK;
    shk_record_limits limits = limits_of(conn, own, shk_offered_size_limit(conn));
    shk_use_limits(conn, limits);
    SHK_EXTENSION_BODY(out, record_size_limit)->record_size_limit = limits.own_size_limit;
    return SHK_OK;
}

static shk_status offer_padding(shk_conn *conn, shk_draft *out)
{
    size_t len = conn->handshake->client.padding;
    out->send = len > 0;
    if (!out->send)
        return SHK_OK;
    len = len > EXTENSION_HEADER ? len - EXTENSION_HEADER : 0;
    SHK_TRY(shk_buf_reserve(out->pieces, len));
    if (len > 0)
        memset(out->pieces->data, 0, len);
    SHK_EXTENSION_BODY(out, padding)->padding = shk_span_of(out->pieces->data, len);
    return SHK_OK;
}

const shk_hello_extension shk_hello_max_fragment_length = {
    .offer = offer_length,
    .accept = accept_length,
    .answer = answer_length,
};

const shk_hello_extension shk_hello_record_size_limit = {
    .offer = offer_limit,
    .accept = accept_limit,
    .answer = answer_limit,
};

const shk_hello_extension shk_hello_padding = {
    .offer = offer_padding,
};
