/* The ClientHello, built by the client and remembered (RFC 8446 §4.1.2). */
#include "handshake/hello/client_hello_builder.h"

#include <string.h>

#include "handshake/hello/hello_extensions.h"
#include "handshake/sessions/psk_13.h"
#include "handshake/state/grease.h"
#include "handshake/state/negotiated.h"
#include "shakedown/errors.h"

/* A ClientHello message but for session id, suites and extensions: header, version, random, null
 * compression and the lengths of all lists (RFC 8446 §4.1.2). */
enum { HELLO_WITHOUT_LISTS = 4 + 2 + 32 + 1 + 2 + 2 + 2 };

/* Suites of the configuration that a version within the range can use; list in wire order. */
static size_t suites_to_offer(const shk_conn *conn, uint8_t *list)
{
    const shk_config *config = conn->config;
    shk_buf grease = shk_buf_over(list, 2);
    shk_grease_u16(conn, SHK_GREASE_SUITE, &grease);
    size_t len = grease.len;
    for (size_t i = 0; i < config->suites.count; i++) {
        const shk_suite_row *row = shk_suite_of(config->suites.values[i]);
        if (!shk_suite_usable(conn, row->value, conn->min_version, conn->max_version))
            continue;
        list[len++] = (uint8_t)(row->value >> 8);
        list[len++] = (uint8_t)row->value;
    }
    if (config->fallback) { /* RFC 7507 §4 */
        list[len++] = (uint8_t)(SHK_TLS_FALLBACK_SCSV >> 8);
        list[len++] = (uint8_t)SHK_TLS_FALLBACK_SCSV;
    }
    return len;
}

shk_status shk_store_client_hello(shk_conn *conn, shk_span message)
{
    shk_handshake *hs = conn->handshake;
    hs->hello.len = 0;
    if (message.len < 4)
        return SHK_E_CONFIG;
    SHK_TRY(shk_buf_append(&hs->hello, shk_span_of(message.data + 4, message.len - 4)));
    SHK_TRY(shk_decode(shk_message_rows[SHK_MSG_client_hello].layout->shape, NULL,
                       shk_buf_span(&hs->hello), &hs->offered, NULL));
    memcpy(conn->client_random, hs->offered.random.data, 32);
    memcpy(hs->session_id, hs->offered.legacy_session_id.data, hs->offered.legacy_session_id.len);
    hs->session_id_len = (uint8_t)hs->offered.legacy_session_id.len;
    return SHK_OK;
}

/* The extensions; twice where the first time shows that the message is to be padded. */
static shk_status offer(shk_conn *conn, size_t suites, shk_flight *flight)
{
    shk_handshake *hs = conn->handshake;
    hs->client.padding = 0;
    SHK_TRY(shk_offer_extensions(conn, flight));
    size_t len = HELLO_WITHOUT_LISTS + hs->session_id_len + suites + flight->extensions.len;
    if (len >= conn->config->hello_padding || shk_ech_builds_inner(conn))
        return SHK_OK;
    hs->client.padding = conn->config->hello_padding - len;
    flight->extensions.len = 0;
    return shk_offer_extensions(conn, flight);
}

shk_status shk_build_client_hello(shk_conn *conn, shk_flight *flight)
{
    static const uint8_t null_compression[1] = {0};
    shk_handshake *hs = conn->handshake;
    uint8_t suites[2 * SHK_MAX_SUITES + 4];
    size_t suites_len = suites_to_offer(conn, suites);
    SHK_TRY(shk_collect_psks(conn));
    SHK_TRY(offer(conn, suites_len, flight));
    uint16_t version = conn->max_version;
    shk_client_hello m = {
        .legacy_version = version < SHK_TLS12 ? version : SHK_TLS12,
        .random = shk_span_of(shk_hello_random(conn), 32),
        .legacy_session_id = shk_span_of(hs->session_id, hs->session_id_len),
        .cipher_suites = shk_span_of(suites, suites_len),
        .legacy_compression_methods = shk_span_of(null_compression, 1),
        .extensions = shk_extension_block_of(&flight->extensions),
    };
    SHK_TRY(shk_add_message(flight, SHK_MSG_client_hello, &m));
    return shk_fill_binders(conn, &flight->messages);
}
