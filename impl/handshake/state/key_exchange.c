/* Key pairs for a group, and the secret that both ends agree on. */
#include "handshake/state/key_exchange.h"

#include "handshake/state/deviating.h"
#include "shakedown/errors.h"

shk_status shk_new_key_pair(shk_conn *conn, size_t share, shk_key_pair **out)
{
    shk_handshake *hs = conn->handshake;
    if (hs->exchange.pair_count == SHK_MAX_KEY_SHARES)
        return SHK_OWN(INTERNAL);
    shk_key_pair *pair = &hs->exchange.pairs[hs->exchange.pair_count++];
    pair->public_value = shk_buf_growing(conn->allocator);
    SHK_TRY(shk_buf_reserve(&pair->public_value, share));
    pair->public_value.len = share;
    *out = pair;
    return SHK_OK;
}

shk_status shk_add_key_pair(shk_conn *conn, uint16_t group)
{
    shk_key_pair *pair = NULL;
    SHK_TRY(shk_new_key_pair(conn, shk_group_of(group)->share, &pair));
    pair->group = group;
    return conn->crypto->ephemeral_new(conn->crypto, group, &conn->random, &pair->key,
                                       pair->public_value.data);
}

shk_status shk_agree(shk_conn *conn, uint16_t group, shk_span peer)
{
    shk_handshake *hs = conn->handshake;
    for (size_t i = 0; i < hs->exchange.pair_count; i++) {
        if (hs->exchange.pairs[i].group != group)
            continue;
        hs->exchange.secret_len = shk_group_of(group)->secret;
        SHK_TRY(
            conn->crypto->ephemeral_agree(hs->exchange.pairs[i].key, peer, hs->exchange.secret));
        shk_deviate_shared(conn);
        return SHK_OK;
    }
    return SHK_OWN(INTERNAL);
}

shk_status shk_answer_share(shk_conn *conn, const shk_group_row *group, shk_span peer)
{
    shk_handshake *hs = conn->handshake;
    shk_key_pair *pair = NULL;
    if (peer.len != group->share) /* RFC 8446 §4.2.8.1: with leading zeros */
        return SHK_E_BAD_KEY_SHARE;
    if (group->kind != SHK_GROUP_HYBRID) {
        SHK_TRY(shk_add_key_pair(conn, group->value));
        return shk_agree(conn, group->value, peer);
    }
    SHK_TRY(shk_new_key_pair(conn, group->answer, &pair));
    pair->group = group->value;
    hs->exchange.secret_len = group->secret;
    SHK_TRY(conn->crypto->encapsulate(conn->crypto, group->value, &conn->random, peer,
                                      pair->public_value.data, hs->exchange.secret));
    shk_deviate_shared(conn);
    return SHK_OK;
}
