/* server_name (RFC 6066 §3),
 * application_layer_protocol_negotiation (RFC 7301). */
#include <string.h>

#include "extensions/application_layer_protocol_negotiation.h"
#include "extensions/server_name.h"
#include "handshake/hello/hello_extensions.h"
#include "handshake/state/ech_state.h"
#include "handshake/state/grease.h"
#include "handshake/state/negotiated.h"
#include "shakedown/errors.h"

/* server_name (RFC 6066 §3): names only, never addresses. */
static shk_status offer_server_name(shk_conn *conn, shk_draft *out)
{
    const char *name = shk_reference_name(conn);
    if (name == NULL || shk_is_address(name))
        return SHK_OK;
    shk_server_name_entry entry = {0, shk_span_of_text(name)};
    SHK_TRY(shk_encode(shk_server_name_entry_shape, NULL, &entry, out->pieces, NULL));
    SHK_EXTENSION_BODY(out, server_name)->server_name_list = shk_buf_span(out->pieces);
    out->send = true;
    return SHK_OK;
}

static shk_status answer_server_name(shk_conn *conn, shk_draft *out)
{
    out->send = conn->negotiated.server_name.len > 0 && !conn->negotiated.resumed; /* RFC 6066 §3 */
    return SHK_OK;
}

static shk_status read_server_name(shk_conn *conn, const shk_extension_body *in)
{
    shk_span list = SHK_EXTENSION_BODY(in, server_name)->server_name_list;
    shk_server_name_entry entry;
    while (shk_list_next(&list, NULL, shk_server_name_entry_shape, &entry))
        if (entry.name_type == 0 && entry.host_name.len <= sizeof conn->server_name) {
            memcpy(conn->server_name, entry.host_name.data, entry.host_name.len);
            conn->negotiated.server_name = shk_span_of(conn->server_name, entry.host_name.len);
        }
    return SHK_OK;
}

/* A name of two bytes (RFC 8701 §2), with its length before it. */
static shk_status grease_protocol(shk_conn *conn, shk_buf *out)
{
    static const uint8_t length[1] = {2};
    SHK_TRY(conn->config->grease ? shk_buf_append(out, shk_span_of(length, 1)) : SHK_OK);
    return shk_grease_u16(conn, SHK_GREASE_PROTOCOL, out);
}

static shk_status offer_protocols(shk_conn *conn, shk_draft *out)
{
    SHK_TRY(grease_protocol(conn, out->pieces));
    for (size_t i = 0; i < conn->config->protocol_count; i++) {
        shk_protocol_name name = {shk_span_of_text(conn->config->protocols[i])};
        SHK_TRY(shk_encode(shk_protocol_name_shape, NULL, &name, out->pieces, NULL));
    }
    SHK_EXTENSION_BODY(out, application_layer_protocol_negotiation)->protocol_name_list =
        shk_buf_span(out->pieces);
    out->send = conn->config->protocol_count > 0;
    return SHK_OK;
}

static void set_protocol(shk_conn *conn, shk_span name)
{
    memcpy(conn->protocol, name.data, name.len);
    conn->negotiated.protocol = shk_span_of(conn->protocol, name.len);
}

static shk_status accept_protocol(shk_conn *conn, const shk_extension_body *in)
{
    shk_span list =
        SHK_EXTENSION_BODY(in, application_layer_protocol_negotiation)->protocol_name_list;
    shk_protocol_name name;
    shk_list_next(&list, NULL, shk_protocol_name_shape, &name);
    if (!shk_offers_protocol(conn->config, name.name))
        return shk_conn_fail_field(conn, "protocol_name_list", SHK_E_UNOFFERED_PROTOCOL);
    set_protocol(conn, name.name);
    return SHK_OK;
}

/* Our most preferred of the client's (RFC 7301 §3.2). */
static shk_status read_protocols(shk_conn *conn, const shk_extension_body *in)
{
    shk_span offered =
        SHK_EXTENSION_BODY(in, application_layer_protocol_negotiation)->protocol_name_list;
    if (conn->config->protocol_count == 0)
        return SHK_OK;
    for (size_t i = 0; i < conn->config->protocol_count; i++) {
        shk_span ours = shk_span_of_text(conn->config->protocols[i]);
        shk_protocol_name name;
        for (shk_span rest = offered; shk_list_next(&rest, NULL, shk_protocol_name_shape, &name);)
            if (shk_span_equal(ours, name.name)) {
                set_protocol(conn, ours);
                return SHK_OK;
            }
    }
    return shk_conn_fail_field(conn, "protocol_name_list", SHK_E_NO_COMMON_PROTOCOL);
}

static shk_status answer_protocol(shk_conn *conn, shk_draft *out)
{
    out->send = conn->negotiated.protocol.len > 0;
    if (!out->send)
        return SHK_OK;
    shk_protocol_name name = {conn->negotiated.protocol};
    SHK_TRY(shk_encode(shk_protocol_name_shape, NULL, &name, out->pieces, NULL));
    SHK_EXTENSION_BODY(out, application_layer_protocol_negotiation)->protocol_name_list =
        shk_buf_span(out->pieces);
    return SHK_OK;
}

const shk_hello_extension shk_hello_server_name = {
    .offer = offer_server_name,
    .read = read_server_name,
    .answer = answer_server_name,
};

const shk_hello_extension shk_hello_application_layer_protocol_negotiation = {
    .offer = offer_protocols,
    .accept = accept_protocol,
    .read = read_protocols,
    .answer = answer_protocol,
};
