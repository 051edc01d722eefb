/* What each extension does in the hellos: one row per extension that is negotiated here.
 * A client offers and accepts, a server answers; extensions without a row are read and left alone.
 */
#include <arpa/inet.h>
#include <string.h>

#include "extensions/application_layer_protocol_negotiation.h"
#include "extensions/cookie.h"
#include "extensions/ec_point_formats.h"
#include "extensions/extended_master_secret.h"
#include "extensions/key_share.h"
#include "extensions/pre_shared_key.h"
#include "extensions/psk_key_exchange_modes.h"
#include "extensions/renegotiation_info.h"
#include "extensions/server_name.h"
#include "extensions/session_ticket.h"
#include "extensions/signature_algorithms.h"
#include "extensions/supported_groups.h"
#include "extensions/supported_versions.h"
#include "handshake/handshake.h"

/* Client: fills `body` (pieces that it points to go to `scratch`) and sets `send`. */
typedef shk_status offer_function(shk_conn *conn, shk_buf *scratch, void *body, bool *send);
/* Client: takes in the server's answer. */
typedef shk_status accept_function(shk_conn *conn, const void *body);
/* Server: as offer, for the answer that goes into a message of the place. The client has sent the
 * extension. */
typedef shk_status answer_function(shk_conn *conn, uint16_t place, shk_buf *scratch, void *body,
                                   bool *send);

static shk_status append_u16(shk_buf *out, uint16_t value)
{
    uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    return shk_buf_append(out, shk_span_of(bytes, 2));
}

shk_status shk_append_u16s(shk_buf *out, const shk_u16s *list)
{
    for (size_t i = 0; i < list->count; i++)
        SHK_TRY(append_u16(out, list->values[i]));
    return SHK_OK;
}

/* server_name (RFC 6066 §3): names only, never addresses. */
static shk_status offer_server_name(shk_conn *conn, shk_buf *scratch, void *body, bool *send)
{
    const char *name = conn->config->server_name;
    uint8_t address[16];
    if (name == NULL || inet_pton(AF_INET, name, address) == 1 ||
        inet_pton(AF_INET6, name, address) == 1)
        return SHK_OK;
    shk_server_name_entry entry = {0, shk_span_of_text(name)};
    SHK_TRY(shk_encode(shk_server_name_entry_shape, NULL, &entry, scratch, NULL));
    ((shk_server_name *)body)->server_name_list = shk_buf_span(scratch);
    *send = true;
    return SHK_OK;
}

static shk_status answer_server_name(shk_conn *conn, uint16_t place, shk_buf *scratch, void *body,
                                     bool *send)
{
    (void)scratch;
    (void)body;
    /* not where a session of TLS 1.2 is resumed (RFC 6066 §3) */
    *send = conn->info.server_name.len > 0 &&
            (place != SHK_IN_SERVER_HELLO_12 || !conn->handshake->resumes_12);
    return SHK_OK;
}

static shk_status offer_supported_groups(shk_conn *conn, shk_buf *scratch, void *body, bool *send)
{
    const shk_config *config = conn->config;
    for (size_t i = 0; i < config->groups.count; i++)
        if (shk_group_usable(conn, config->groups.values[i], config->min_version,
                             config->max_version))
            SHK_TRY(append_u16(scratch, config->groups.values[i]));
    ((shk_supported_groups *)body)->named_group_list = shk_buf_span(scratch);
    *send = true;
    return SHK_OK;
}

static shk_status offer_point_formats(shk_conn *conn, shk_buf *scratch, void *body, bool *send)
{
    static const uint8_t uncompressed[1] = {0};
    (void)scratch;
    ((shk_ec_point_formats *)body)->ec_point_format_list = shk_span_of(uncompressed, 1);
    *send = conn->config->min_version < SHK_TLS13;
    return SHK_OK;
}

/* RFC 8422 §5.2: only where an ECDHE suite was chosen. */
static shk_status answer_point_formats(shk_conn *conn, uint16_t place, shk_buf *scratch, void *body,
                                       bool *send)
{
    (void)place;
    SHK_TRY(offer_point_formats(conn, scratch, body, send));
    *send = conn->suite->key_exchange == SHK_KX_ECDHE;
    return SHK_OK;
}

static shk_status offer_signature_algorithms(shk_conn *conn, shk_buf *scratch, void *body,
                                             bool *send)
{
    SHK_TRY(shk_append_u16s(scratch, &conn->config->schemes));
    ((shk_signature_algorithms *)body)->supported_signature_algorithms = shk_buf_span(scratch);
    *send = conn->config->max_version >= SHK_TLS12;
    return SHK_OK;
}

static shk_status offer_protocols(shk_conn *conn, shk_buf *scratch, void *body, bool *send)
{
    for (size_t i = 0; i < conn->config->protocol_count; i++) {
        shk_protocol_name name = {shk_span_of_text(conn->config->protocols[i])};
        SHK_TRY(shk_encode(shk_protocol_name_shape, NULL, &name, scratch, NULL));
    }
    ((shk_application_layer_protocol_negotiation *)body)->protocol_name_list =
        shk_buf_span(scratch);
    *send = conn->config->protocol_count > 0;
    return SHK_OK;
}

static void set_protocol(shk_conn *conn, shk_span name)
{
    memcpy(conn->protocol, name.data, name.len);
    conn->info.protocol = shk_span_of(conn->protocol, name.len);
}

static bool offers_protocol(const shk_config *config, shk_span name)
{
    for (size_t i = 0; i < config->protocol_count; i++)
        if (shk_span_equal(name, shk_span_of_text(config->protocols[i])))
            return true;
    return false;
}

static shk_status accept_protocol(shk_conn *conn, const void *body)
{
    shk_span list = ((const shk_application_layer_protocol_negotiation *)body)->protocol_name_list;
    shk_protocol_name name;
    shk_list_next(&list, NULL, shk_protocol_name_shape, &name);
    if (!offers_protocol(conn->config, name.name))
        return shk_conn_fail_field(conn, "protocol_name_list", SHK_E_UNOFFERED_PROTOCOL);
    set_protocol(conn, name.name);
    return SHK_OK;
}

static shk_status answer_protocol(shk_conn *conn, uint16_t place, shk_buf *scratch, void *body,
                                  bool *send)
{
    (void)place;
    *send = conn->info.protocol.len > 0;
    if (!*send)
        return SHK_OK;
    shk_protocol_name name = {conn->info.protocol};
    SHK_TRY(shk_encode(shk_protocol_name_shape, NULL, &name, scratch, NULL));
    ((shk_application_layer_protocol_negotiation *)body)->protocol_name_list =
        shk_buf_span(scratch);
    return SHK_OK;
}

static shk_status offer_extended_master_secret(shk_conn *conn, shk_buf *scratch, void *body,
                                               bool *send)
{
    (void)scratch;
    (void)body;
    *send = conn->config->min_version < SHK_TLS13;
    return SHK_OK;
}

static shk_status accept_extended_master_secret(shk_conn *conn, const void *body)
{
    (void)body;
    conn->info.extended_master_secret = true;
    return SHK_OK;
}

/* encrypt_then_mac (RFC 7366 §2): for CBC suites alone; a server that chose another does not
 * answer. */
static shk_status accept_encrypt_then_mac(shk_conn *conn, const void *body)
{
    (void)body;
    if (shk_cipher_of(conn->suite->cipher)->kind != SHK_KIND_CBC)
        return shk_conn_fail_field(conn, "encrypt_then_mac", SHK_E_ENCRYPT_THEN_MAC_SUITE);
    conn->info.encrypt_then_mac = true;
    return SHK_OK;
}

static shk_status answer_encrypt_then_mac(shk_conn *conn, uint16_t place, shk_buf *scratch,
                                          void *body, bool *send)
{
    (void)place;
    (void)scratch;
    (void)body;
    *send = conn->info.encrypt_then_mac;
    return SHK_OK;
}

static shk_status answer_always(shk_conn *conn, uint16_t place, shk_buf *scratch, void *body,
                                bool *send)
{
    (void)conn;
    (void)place;
    (void)scratch;
    (void)body;
    *send = true;
    return SHK_OK;
}

/* supported_versions (RFC 8446 §4.2.1): highest first; left out by those who know no TLS 1.3. */
static shk_status offer_versions(shk_conn *conn, shk_buf *scratch, void *body, bool *send)
{
    const shk_config *config = conn->config;
    for (unsigned version = config->max_version; version >= config->min_version; version--)
        SHK_TRY(append_u16(scratch, (uint16_t)version));
    ((shk_supported_versions *)body)->versions = shk_buf_span(scratch);
    *send = config->max_version >= SHK_TLS13;
    return SHK_OK;
}

static shk_status answer_versions(shk_conn *conn, uint16_t place, shk_buf *scratch, void *body,
                                  bool *send)
{
    (void)place;
    (void)scratch;
    ((shk_supported_versions *)body)->selected_version = conn->info.version;
    *send = true;
    return SHK_OK;
}

static shk_status offer_cookie(shk_conn *conn, shk_buf *scratch, void *body, bool *send)
{
    (void)scratch;
    ((shk_cookie *)body)->cookie = shk_buf_span(&conn->handshake->cookie);
    *send = conn->handshake->cookie.len > 0;
    return SHK_OK;
}

static shk_status offer_key_share(shk_conn *conn, shk_buf *scratch, void *body, bool *send)
{
    const shk_handshake *hs = conn->handshake;
    for (size_t i = 0; i < hs->pair_count; i++) {
        if (hs->retry_group != NULL && hs->pairs[i].group != hs->retry_group->value)
            continue;
        size_t len = shk_group_of(hs->pairs[i].group)->share;
        shk_key_share_entry entry = {hs->pairs[i].group,
                                     shk_span_of(hs->pairs[i].public_value, len)};
        SHK_TRY(shk_encode(shk_key_share_entry_shape, NULL, &entry, scratch, NULL));
    }
    ((shk_key_share *)body)->client_shares = shk_buf_span(scratch);
    *send = conn->config->max_version >= SHK_TLS13;
    return SHK_OK;
}

static shk_status answer_key_share(shk_conn *conn, uint16_t place, shk_buf *scratch, void *body,
                                   bool *send)
{
    const shk_key_pair *pair = &conn->handshake->pairs[0];
    shk_key_share *m = (shk_key_share *)body;
    (void)scratch;
    *send = true;
    if (place == SHK_IN_HELLO_RETRY_REQUEST) {
        *send = conn->handshake->retry_group != NULL;
        m->selected_group = *send ? conn->handshake->retry_group->value : 0;
        return SHK_OK;
    }
    m->server_share.group = pair->group;
    m->server_share.key_exchange =
        shk_span_of(pair->public_value, shk_group_of(pair->group)->share);
    return SHK_OK;
}

/* renegotiation_info (RFC 5746 §3.4): empty, since no handshake came before. */
static shk_status offer_renegotiation_info(shk_conn *conn, shk_buf *scratch, void *body, bool *send)
{
    (void)scratch;
    (void)body;
    *send = conn->config->min_version < SHK_TLS13;
    return SHK_OK;
}

static shk_status accept_renegotiation_info(shk_conn *conn, const void *body)
{
    if (((const shk_renegotiation_info *)body)->renegotiated_connection.len != 0)
        return shk_conn_fail_field(conn, "renegotiated_connection", SHK_E_RENEGOTIATION_INFO);
    return SHK_OK;
}

/* session_ticket (RFC 5077 §3.2): a ticket, or empty to ask for one. */
static shk_status offer_session_ticket(shk_conn *conn, shk_buf *scratch, void *body, bool *send)
{
    const shk_session *s = &conn->handshake->session;
    (void)scratch;
    if (shk_offers_session_12(conn))
        ((shk_session_ticket *)body)->ticket = s->ticket;
    *send = conn->config->session_sink != NULL && conn->config->min_version < SHK_TLS13;
    return SHK_OK;
}

static shk_status accept_session_ticket(shk_conn *conn, const void *body)
{
    (void)body;
    conn->handshake->ticket_due = true;
    return SHK_OK;
}

static shk_status answer_session_ticket(shk_conn *conn, uint16_t place, shk_buf *scratch,
                                        void *body, bool *send)
{
    (void)place;
    (void)scratch;
    (void)body;
    *send = conn->handshake->ticket_due;
    return SHK_OK;
}

static shk_status offer_psk_modes(shk_conn *conn, shk_buf *scratch, void *body, bool *send)
{
    static const uint8_t psk_dhe_ke[1] = {1};
    (void)scratch;
    ((shk_psk_key_exchange_modes *)body)->ke_modes = shk_span_of(psk_dhe_ke, 1);
    const shk_config *config =
        conn->config; /* not what is left after a retry: the second hello has it too */
    *send = config->max_version >= SHK_TLS13 &&
            (config->session_sink != NULL || config->session.len > 0 || config->psk.key.len > 0);
    return SHK_OK;
}

/* Identities, and room for the binders, which cover the hello up to themselves (RFC 8446
 * §4.2.11.2). */
static shk_status offer_psks(shk_conn *conn, shk_buf *scratch, void *body, bool *send)
{
    static const uint8_t zeros[SHK_MAX_HASH] = {0};
    const shk_handshake *hs = conn->handshake;
    shk_pre_shared_key *m = (shk_pre_shared_key *)body;
    if (hs->psk_count == 0)
        return SHK_OK;
    for (size_t i = 0; i < hs->psk_count; i++) {
        shk_psk_identity identity = {hs->psks[i].identity, hs->psks[i].obfuscated_ticket_age};
        SHK_TRY(shk_encode(shk_psk_identity_shape, NULL, &identity, scratch, NULL));
    }
    size_t split = scratch->len;
    for (size_t i = 0; i < hs->psk_count; i++) {
        shk_psk_binder binder = {shk_span_of(zeros, shk_hash_size(hs->psks[i].hash))};
        SHK_TRY(shk_encode(shk_psk_binder_shape, NULL, &binder, scratch, NULL));
    }
    m->identities = shk_span_of(scratch->data, split);
    m->binders = shk_span_of(scratch->data + split, scratch->len - split);
    *send = true;
    return SHK_OK;
}

static shk_status answer_psk(shk_conn *conn, uint16_t place, shk_buf *scratch, void *body,
                             bool *send)
{
    (void)place;
    (void)scratch;
    ((shk_pre_shared_key *)body)->selected_identity = conn->handshake->psk_index;
    *send = conn->handshake->psk_len > 0;
    return SHK_OK;
}

typedef struct {
    shk_extension extension;
    offer_function *offer;
    accept_function *accept;
    answer_function *answer;
} hello_row;

static const hello_row rows[] = {
    {SHK_EXT_server_name, offer_server_name, NULL, answer_server_name},
    {SHK_EXT_supported_groups, offer_supported_groups, NULL, NULL},
    {SHK_EXT_ec_point_formats, offer_point_formats, NULL, answer_point_formats},
    {SHK_EXT_signature_algorithms, offer_signature_algorithms, NULL, NULL},
    {SHK_EXT_application_layer_protocol_negotiation, offer_protocols, accept_protocol,
     answer_protocol},
    {SHK_EXT_encrypt_then_mac, offer_extended_master_secret, accept_encrypt_then_mac,
     answer_encrypt_then_mac},
    {SHK_EXT_extended_master_secret, offer_extended_master_secret, accept_extended_master_secret,
     answer_always},
    {SHK_EXT_session_ticket, offer_session_ticket, accept_session_ticket, answer_session_ticket},
    {SHK_EXT_key_share, offer_key_share, NULL, answer_key_share},
    {SHK_EXT_supported_versions, offer_versions, NULL, answer_versions},
    {SHK_EXT_cookie, offer_cookie, NULL, NULL},
    {SHK_EXT_renegotiation_info, offer_renegotiation_info, accept_renegotiation_info,
     answer_always},
    {SHK_EXT_psk_key_exchange_modes, offer_psk_modes, NULL, NULL},
    {SHK_EXT_pre_shared_key, offer_psks, NULL, answer_psk}, /* must be the last */
};
enum { ROWS = sizeof rows / sizeof rows[0] };

shk_status shk_offer_extensions(shk_conn *conn, shk_buf *raw)
{
    shk_buf scratch = shk_buf_growing(conn->allocator);
    shk_status status = SHK_OK;
    for (size_t i = 0; status == SHK_OK && i < ROWS; i++) {
        shk_any body = {{0}};
        bool send = false;
        scratch.len = 0;
        status = rows[i].offer(conn, &scratch, &body, &send);
        if (status == SHK_OK && send)
            status = shk_extension_add(raw, rows[i].extension, SHK_IN_CLIENT_HELLO, &body);
    }
    shk_buf_free(&scratch);
    return status;
}

/* renegotiation_info is also answered to the SCSV that stands for it (RFC 5746 §3.6). */
static bool asked_for(const shk_handshake *hs, shk_extension extension)
{
    return shk_extension_in(&hs->offered.extensions, extension) ||
           (extension == SHK_EXT_renegotiation_info &&
            shk_u16_list_has(hs->offered.cipher_suites, SHK_TLS_EMPTY_RENEGOTIATION_INFO_SCSV));
}

shk_status shk_answer_extensions(shk_conn *conn, uint16_t place, shk_buf *raw)
{
    shk_buf scratch = shk_buf_growing(conn->allocator);
    shk_status status = SHK_OK;
    for (size_t i = 0; status == SHK_OK && i < ROWS; i++) {
        shk_any body = {{0}};
        bool send = false;
        if (rows[i].answer == NULL || (shk_extension_rows[rows[i].extension].places & place) == 0 ||
            !asked_for(conn->handshake, rows[i].extension))
            continue;
        scratch.len = 0;
        status = rows[i].answer(conn, place, &scratch, &body, &send);
        if (status == SHK_OK && send)
            status = shk_extension_add(raw, rows[i].extension, place, &body);
    }
    shk_buf_free(&scratch);
    return status;
}

/* What the server may send unasked (RFC 8446 §4.2.2, §4.2.7). */
static bool needs_no_offer(shk_extension extension, uint16_t place)
{
    return extension == SHK_EXT_cookie && place == SHK_IN_HELLO_RETRY_REQUEST;
}

shk_status shk_accept_extensions(shk_conn *conn, const shk_extension_block *block, uint16_t place)
{
    const shk_handshake *hs = conn->handshake;
    shk_raw_extension e;
    shk_any body;
    for (shk_span rest = block->raw; shk_list_next(&rest, NULL, shk_raw_extension_shape, &e);) {
        shk_extension id = shk_extension_identify(e.extension_type);
        if (id == SHK_EXT_COUNT)
            return shk_conn_fail_field(conn, "extensions", SHK_E_UNSOLICITED_EXTENSION);
        const shk_extension_row *row = &shk_extension_rows[id];
        if (!asked_for(hs, id) && !needs_no_offer(id, place))
            return shk_conn_fail_field(conn, row->name, SHK_E_UNSOLICITED_EXTENSION);
        if ((row->places & place) == 0)
            return shk_conn_fail_field(conn, row->name, SHK_E_EXTENSION_PLACE);
    }
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].accept != NULL && shk_extension_get(block, rows[i].extension, place, &body))
            SHK_TRY(rows[i].accept(conn, &body));
    return SHK_OK;
}

/* Server: the host name asked for, the application protocol chosen (RFC 7301 §3.2), and the flags.
 */
shk_status shk_read_extensions(shk_conn *conn)
{
    const shk_extension_block *block = &conn->handshake->offered.extensions;
    shk_any body;
    if (shk_extension_get(block, SHK_EXT_server_name, SHK_IN_CLIENT_HELLO, &body)) {
        shk_span list = ((const shk_server_name *)(const void *)&body)->server_name_list;
        shk_server_name_entry entry;
        while (shk_list_next(&list, NULL, shk_server_name_entry_shape, &entry))
            if (entry.name_type == 0 && entry.host_name.len <= sizeof conn->server_name) {
                memcpy(conn->server_name, entry.host_name.data, entry.host_name.len);
                conn->info.server_name = shk_span_of(conn->server_name, entry.host_name.len);
            }
    }
    if (shk_extension_get(block, SHK_EXT_renegotiation_info, SHK_IN_CLIENT_HELLO, &body))
        SHK_TRY(accept_renegotiation_info(conn, &body));
    if (conn->config->protocol_count == 0 ||
        !shk_extension_get(block, SHK_EXT_application_layer_protocol_negotiation,
                           SHK_IN_CLIENT_HELLO, &body))
        return SHK_OK;
    shk_span offered = ((const shk_application_layer_protocol_negotiation *)(const void *)&body)
                           ->protocol_name_list;
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
