/* What a connection holds of Encrypted ClientHello (RFC 9849), and which of its two ClientHellos is
 * meant. */
#include "handshake/state/ech_state.h"

#include "handshake/state/handshake.h"

void shk_ech_init(shk_ech *ech, const shk_allocator *allocator)
{
    ech->payload = shk_buf_growing(allocator);
    ech->sent = shk_buf_growing(allocator);
    ech->outer = shk_buf_growing(allocator);
    ech->psk_identities = shk_buf_growing(allocator);
    ech->inner = shk_buf_growing(allocator);
}

void shk_ech_free(shk_ech *ech)
{
    shk_hpke_end(&ech->hpke);
    shk_buf_free(&ech->payload);
    shk_buf_free(&ech->sent);
    shk_buf_free(&ech->outer);
    shk_buf_free(&ech->psk_identities);
    shk_buf_free(&ech->inner);
}

const char *shk_reference_name(const shk_conn *conn)
{
    const shk_ech *ech = &conn->handshake->ech;
    return ech->building_outer ? ech->public_name : conn->reference_name;
}

const uint8_t *shk_hello_random(const shk_conn *conn)
{
    const shk_ech *ech = &conn->handshake->ech;
    return ech->building_outer ? ech->outer_random : conn->client_random;
}

bool shk_ech_builds_inner(const shk_conn *conn)
{
    const shk_ech *ech = &conn->handshake->ech;
    return (ech->status == SHK_ECH_OFFERED || ech->status == SHK_ECH_ACCEPTED) &&
           !ech->building_outer;
}

bool shk_ech_rejected(const shk_conn *conn)
{
    return !conn->config->is_server && conn->handshake->ech.status == SHK_ECH_REJECTED;
}
