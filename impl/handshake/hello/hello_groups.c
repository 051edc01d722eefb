/* Key exchange: supported_groups, ec_point_formats (RFC 8422 §5.1), key_share (RFC
 * 8446 §4.2.8). */
#include "extensions/ec_point_formats.h"
#include "extensions/key_share.h"
#include "extensions/supported_groups.h"
#include "handshake/hello/hello_extensions.h"
#include "handshake/state/grease.h"
#include "handshake/state/handshake.h"
#include "handshake/state/negotiated.h"
#include "shakedown/errors.h"
#include "wire/u16_list.h"

/* Whether a suite that is offered needs a group, or a curve (RFC 8422 §4). */
static bool offers_suites_with(const shk_conn *conn, bool curves_alone)
{
    const shk_config *config = conn->config;
    for (size_t i = 0; i < config->suites.count; i++) {
        const shk_suite_row *row = shk_suite_of(config->suites.values[i]);
        bool wanted =
            (row->key_exchange & SHK_FORM_ECDHE) != 0 ||
            (!curves_alone && (row->max_version >= SHK_TLS13 || shk_suite_is_ephemeral(row)));
        if (wanted && shk_suite_usable(conn, row->value, conn->min_version, conn->max_version))
            return true;
    }
    return false;
}

static shk_status offer_supported_groups(shk_conn *conn, shk_draft *out)
{
    const shk_config *config = conn->config;
    SHK_TRY(shk_grease_u16(conn, SHK_GREASE_GROUP, out->pieces));
    for (size_t i = 0; i < config->groups.count; i++)
        if (shk_group_usable(conn, config->groups.values[i], conn->min_version, conn->max_version))
            SHK_TRY(shk_append_u16(out->pieces, config->groups.values[i]));
    SHK_EXTENSION_BODY(out, supported_groups)->named_group_list = shk_buf_span(out->pieces);
    out->send = offers_suites_with(conn, false);
    return SHK_OK;
}

static shk_status offer_point_formats(shk_conn *conn, shk_draft *out)
{
    static const uint8_t uncompressed[1] = {0};
    SHK_EXTENSION_BODY(out, ec_point_formats)->ec_point_format_list = shk_span_of(uncompressed, 1);
    out->send = conn->min_version < SHK_TLS13 && offers_suites_with(conn, true);
    return SHK_OK;
}

/* Uncompressed must be among them (RFC 8422 §5.1.2, §5.2), which TLS 1.3 knows nothing of. */
static shk_status check_point_formats(shk_conn *conn, const shk_extension_body *in)
{
    shk_span formats = SHK_EXTENSION_BODY(in, ec_point_formats)->ec_point_format_list;
    for (size_t i = 0; i < formats.len; i++)
        if (formats.data[i] == 0)
            return SHK_OK;
    return conn->version >= SHK_TLS13
               ? shk_conn_deviation(conn, "ec_point_format_list", SHK_DEVIATION_POINT_FORMATS)
               : shk_conn_fail_field(conn, "ec_point_format_list", SHK_E_POINT_FORMATS);
}

/* RFC 8422 §5.2: only where an ECDHE suite was chosen. */
static shk_status answer_point_formats(shk_conn *conn, shk_draft *out)
{
    SHK_TRY(offer_point_formats(conn, out));
    out->send = (conn->suite->key_exchange & SHK_FORM_ECDHE) != 0;
    return SHK_OK;
}

/* A share of any bytes for the group of GREASE (RFC 8701 §3.1). */
static shk_status grease_share(shk_conn *conn, shk_buf *out)
{
    static const uint8_t share[] = {0, 1, 0}; /* its length, and one byte */
    SHK_TRY(shk_grease_u16(conn, SHK_GREASE_GROUP, out));
    return conn->config->grease ? shk_buf_append(out, shk_span_of(share, 3)) : SHK_OK;
}

static shk_status offer_key_share(shk_conn *conn, shk_draft *out)
{
    const shk_handshake *hs = conn->handshake;
    if (hs->retry.group == NULL)
        SHK_TRY(grease_share(conn, out->pieces));
    for (size_t i = 0; i < hs->exchange.pair_count; i++) {
        if (hs->retry.group != NULL && hs->exchange.pairs[i].group != hs->retry.group->value)
            continue;
        shk_key_share_entry entry = {hs->exchange.pairs[i].group,
                                     shk_buf_span(&hs->exchange.pairs[i].public_value)};
        SHK_TRY(shk_encode(shk_key_share_entry_shape, NULL, &entry, out->pieces, NULL));
    }
    SHK_EXTENSION_BODY(out, key_share)->client_shares = shk_buf_span(out->pieces);
    out->send = conn->max_version >= SHK_TLS13;
    return SHK_OK;
}

static shk_status answer_key_share(shk_conn *conn, shk_draft *out)
{
    const shk_key_pair *pair = &conn->handshake->exchange.pairs[0];
    shk_key_share *m = SHK_EXTENSION_BODY(out, key_share);
    out->send = true;
    if (out->place == SHK_IN_HELLO_RETRY_REQUEST) {
        out->send = conn->handshake->retry.group != NULL;
        m->selected_group = out->send ? conn->handshake->retry.group->value : 0;
        return SHK_OK;
    }
    out->send = conn->handshake->exchange.group != NULL; /* not with a PSK alone */
    if (!out->send)
        return SHK_OK;
    m->server_share.group = pair->group;
    m->server_share.key_exchange = shk_buf_span(&pair->public_value);
    return SHK_OK;
}

/* In EncryptedExtensions it is legal (RFC 8446 §4.2.7); below TLS 1.3 servers have none to send. */
static shk_status accept_supported_groups(shk_conn *conn, const shk_extension_body *in)
{
    (void)in;
    return conn->version >= SHK_TLS13
               ? SHK_OK
               : shk_conn_deviation(conn, "supported_groups", SHK_DEVIATION_SERVER_GROUPS_12);
}

const shk_hello_extension shk_hello_supported_groups = {
    .offer = offer_supported_groups,
    .accept = accept_supported_groups,
};

const shk_hello_extension shk_hello_ec_point_formats = {
    .offer = offer_point_formats,
    .accept = check_point_formats,
    .read = check_point_formats,
    .answer = answer_point_formats,
};

const shk_hello_extension shk_hello_key_share = {
    .offer = offer_key_share,
    .answer = answer_key_share,
};
