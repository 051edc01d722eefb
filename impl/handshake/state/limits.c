/* Limits of records that are negotiated: max_fragment_length (RFC 6066 §4) and record_size_limit
 * (RFC 8449). */
#include "handshake/state/limits.h"

#include "extensions/max_fragment_length.h"
#include "extensions/record_size_limit.h"

enum { FRAGMENT_LENGTH_UNIT = 256 /* bytes, doubled by each value of MaxFragmentLength */ };

uint16_t shk_fragment_length_bytes(uint8_t value)
{
    return (uint16_t)(value == 0 ? 0 : FRAGMENT_LENGTH_UNIT << value);
}

/* The value of MaxFragmentLength in the hello that was sent or received; 0: none. */
uint8_t shk_offered_fragment_length(const shk_conn *conn)
{
    shk_max_fragment_length m;
    shk_extension_get(&conn->handshake->offered.extensions, SHK_EXT_max_fragment_length,
                      SHK_IN_CLIENT_HELLO, &m);
    return m.max_fragment_length;
}

uint16_t shk_offered_size_limit(const shk_conn *conn)
{
    shk_record_size_limit m;
    shk_extension_get(&conn->handshake->offered.extensions, SHK_EXT_record_size_limit,
                      SHK_IN_CLIENT_HELLO, &m);
    return m.record_size_limit;
}

uint16_t shk_fragment_length_asked(const shk_conn *conn)
{
    if (!conn->config->is_server)
        return conn->config->max_fragment_length;
    bool ignored = conn->config->record_size_limit > 0 && shk_offered_size_limit(conn) > 0;
    return ignored ? 0 : shk_fragment_length_bytes(shk_offered_fragment_length(conn));
}

static void set_limits(shk_conn *conn, shk_record_limits limits)
{
    conn->fragment_limit = limits.fragment_limit;
    conn->own_size_limit = limits.own_size_limit;
    conn->peer_size_limit = limits.peer_size_limit;
    conn->negotiated.send_limit = limits.send_limit;
}

/* At once in a first handshake; in a new one the old limits hold up to its end. */
void shk_use_limits(shk_conn *conn, shk_record_limits limits)
{
    if (conn->renegotiating)
        conn->handshake->pending_limits = limits;
    else
        set_limits(conn, limits);
}

uint16_t shk_fragment_length_agreed(const shk_conn *conn)
{
    return conn->renegotiating ? conn->handshake->pending_limits.fragment_limit
                               : conn->fragment_limit;
}

void shk_apply_pending_limits(shk_conn *conn)
{
    set_limits(conn, conn->handshake->pending_limits);
}

void shk_use_fragment_length(shk_conn *conn, uint16_t bytes)
{
    shk_use_limits(conn, (shk_record_limits){.fragment_limit = bytes, .send_limit = bytes});
}

void shk_restore_fragment_length(shk_conn *conn)
{
    if (conn->fragment_limit == 0 && conn->peer_size_limit == 0)
        shk_use_fragment_length(conn, conn->handshake->session.max_fragment_length);
}
