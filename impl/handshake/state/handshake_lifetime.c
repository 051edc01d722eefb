/* The life of a handshake in progress (handshake/state/handshake.h). */
#include "handshake/state/handshake_lifetime.h"

#include "handshake/state/limits.h"
#include "shakedown/errors.h"

shk_status shk_handshake_new(shk_conn *conn)
{
    shk_handshake *hs = (shk_handshake *)shk_new(conn->allocator, sizeof *hs);
    if (hs == NULL)
        return SHK_OWN(NO_MEMORY);
    shk_transcript_init(&hs->transcript, conn->crypto, conn->allocator);
    hs->hello = shk_buf_growing(conn->allocator);
    shk_ech_init(&hs->ech, conn->allocator);
    hs->retry.cookie = shk_buf_growing(conn->allocator);
    hs->own.request = shk_buf_growing(conn->allocator);
    hs->peer.chain = shk_buf_growing(conn->allocator);
    hs->exchange.peer_share = shk_buf_growing(conn->allocator);
    hs->ticket_bytes = shk_buf_growing(conn->allocator);
    hs->exchange.dh_p = shk_buf_growing(conn->allocator);
    hs->exchange.dh_g = shk_buf_growing(conn->allocator);
    hs->psk.imported = shk_buf_growing(conn->allocator);
    conn->handshake = hs;
    return SHK_OK;
}

void shk_handshake_free(shk_conn *conn)
{
    shk_handshake *hs = conn->handshake;
    if (hs == NULL)
        return;
    for (size_t i = 0; i < hs->exchange.pair_count; i++) {
        conn->crypto->ephemeral_free(hs->exchange.pairs[i].key);
        shk_buf_free(&hs->exchange.pairs[i].public_value);
    }
    conn->crypto->public_key_free(hs->peer.key);
    shk_transcript_free(&hs->transcript);
    shk_ech_free(&hs->ech);
    shk_buf_free(&hs->hello);
    shk_buf_free(&hs->retry.cookie);
    shk_buf_free(&hs->own.request);
    shk_buf_free(&hs->peer.chain);
    shk_buf_free(&hs->exchange.peer_share);
    shk_buf_wipe(&hs->ticket_bytes);
    shk_buf_free(&hs->exchange.dh_p);
    shk_buf_free(&hs->exchange.dh_g);
    shk_buf_free(&hs->psk.imported);
    shk_protection_free(hs->tls12.pending_read);
    shk_protection_free(hs->tls12.pending_write);
    shk_wipe(hs, sizeof *hs);
    shk_delete(conn->allocator, hs, sizeof *hs);
    conn->handshake = NULL;
}

/* The transcript of the main handshake is kept for those who may need it. */
static void keep_transcript(shk_conn *conn)
{
    if (conn->post_handshake_auth)
        shk_transcript_move(&conn->handshake->transcript, &conn->main_transcript);
}

void shk_complete_handshake(shk_conn *conn)
{
    conn->connected = true;
    if (conn->renegotiating) {
        conn->counters.renegotiations++;
        shk_apply_pending_limits(conn);
    }
    conn->renegotiating = false;
    keep_transcript(conn);
    shk_handshake_free(conn);
    shk_buf_free(&conn->reassembly);
}
