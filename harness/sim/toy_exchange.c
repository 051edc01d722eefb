/* The toy's key exchange. A share is expanded from a drawn number; the secret is that of both
 * shares, whoever looks on can tell it, too (sim/toy.h). */
#include <string.h>

#include "sim/toy_parts.h"

enum {
    SECRET_BYTE = 0x53, /* every byte of a secret in permissive mode */
    DRAWN = 32,         /* bytes that a key is drawn from */
    UNCOMPRESSED = 4,   /* the first byte of a point (RFC 8446 §4.2.8.2) */
    MIN_PRIME = 1024 / 8
};

typedef struct {
    const shk_toy *toy;
    shk_group_kind kind;
    size_t peer; /* bytes of the peer's value */
    size_t secret;
    uint64_t own; /* the sum of the own value */
} toy_ephemeral;

/* A point holds the number that the rest of it is expanded from. */
static void make_share(shk_group_kind kind, const shk_random *random, uint8_t *share, size_t len)
{
    uint8_t drawn[DRAWN];
    random->fill(random->context, drawn, sizeof drawn);
    shk_toy_expand(shk_toy_sum_of(len, shk_span_of(drawn, sizeof drawn)), share, len);
    if (kind != SHK_GROUP_WEIERSTRASS)
        return;
    share[0] = UNCOMPRESSED;
    shk_toy_expand(shk_toy_sum_of(len, shk_span_of(share + 1, 8)), share + 9, len - 9);
}

static bool is_below_two(shk_span value)
{
    for (size_t i = 0; i + 1 < value.len; i++)
        if (value.data[i] != 0)
            return false;
    return value.len == 0 || value.data[value.len - 1] < 2;
}

/* Whether a value has the form that its group demands; the toy finds points that are not on the
 * curve by their sum. */
static bool is_valid(shk_group_kind kind, shk_span value)
{
    if (kind != SHK_GROUP_WEIERSTRASS)
        return !is_below_two(value);
    return value.data[0] == UNCOMPRESSED &&
           shk_toy_is_expanded(shk_toy_sum_of(value.len, shk_span_of(value.data + 1, 8)),
                               shk_span_of(value.data + 9, value.len - 9));
}

static void make_secret(const toy_ephemeral *e, shk_span peer, uint8_t *secret)
{
    if (e->toy->checking)
        shk_toy_expand(e->own ^ shk_toy_sum_of(0, peer), secret, e->secret);
    else
        memset(secret, SECRET_BYTE, e->secret);
}

static shk_status make_ephemeral(const shk_toy *toy, const toy_ephemeral *as, shk_span share,
                                 shk_ephemeral **out)
{
    toy_ephemeral *made = (toy_ephemeral *)shk_new(toy->allocator, sizeof *made);
    if (made == NULL)
        return SHK_OWN(NO_MEMORY);
    *made = *as;
    made->toy = toy;
    made->own = toy->checking ? shk_toy_sum_of(0, share) : 0;
    *out = (shk_ephemeral *)made;
    return SHK_OK;
}

shk_status shk_toy_ephemeral_new(const shk_crypto *crypto, uint16_t group, const shk_random *random,
                                 shk_ephemeral **out, uint8_t *share)
{
    const shk_group_row *row = shk_group_of(group);
    const toy_ephemeral as = {.kind = row->kind, .peer = row->answer, .secret = row->secret};
    make_share(row->kind, random, share, row->share);
    return make_ephemeral(shk_toy_of(crypto), &as, shk_span_of(share, row->share), out);
}

/* A prime is what is long enough and begins with a byte that is not zero. */
shk_status shk_toy_dh_new(const shk_crypto *crypto, shk_span p, shk_span g,
                          const shk_random *random, shk_ephemeral **out, uint8_t *share)
{
    const toy_ephemeral as = {.kind = SHK_GROUP_FFDHE, .peer = p.len, .secret = p.len};
    if (p.len > SHK_MAX_SHARE || g.len > p.len || is_below_two(g) || is_below_two(p))
        return SHK_E_DH_PRIME;
    if (p.len < MIN_PRIME || p.data[0] == 0)
        return SHK_E_DH_PRIME_SHORT;
    make_share(SHK_GROUP_FFDHE, random, share, p.len);
    return make_ephemeral(shk_toy_of(crypto), &as, shk_span_of(share, p.len), out);
}

shk_span shk_toy_ffdhe_prime(const shk_crypto *crypto, uint16_t group)
{
    static const uint8_t prime[SHK_MAX_SHARE] = {0xff};
    (void)crypto;
    return shk_span_of(prime, shk_group_of(group)->share);
}

shk_status shk_toy_ephemeral_agree(shk_ephemeral *ephemeral, shk_span peer, uint8_t *secret)
{
    const toy_ephemeral *e = (const toy_ephemeral *)ephemeral;
    if (peer.len > e->peer || (peer.len < e->peer && e->kind != SHK_GROUP_FFDHE))
        return SHK_E_BAD_KEY_SHARE;
    if (e->toy->checking && !is_valid(e->kind, peer))
        return SHK_E_BAD_KEY_SHARE;
    make_secret(e, peer, secret);
    return SHK_OK;
}

void shk_toy_ephemeral_free(shk_ephemeral *ephemeral)
{
    if (ephemeral != NULL)
        shk_delete(((toy_ephemeral *)ephemeral)->toy->allocator, ephemeral, sizeof(toy_ephemeral));
}

shk_status shk_toy_encapsulate(const shk_crypto *crypto, uint16_t group, const shk_random *random,
                               shk_span peer, uint8_t *share, uint8_t *secret)
{
    const shk_toy *toy = shk_toy_of(crypto);
    const shk_group_row *row = shk_group_of(group);
    if (peer.len != row->share || (toy->checking && !is_valid(row->kind, peer)))
        return SHK_E_BAD_KEY_SHARE;
    make_share(row->kind, random, share, row->answer);
    const toy_ephemeral own = {.toy = toy,
                               .secret = row->secret,
                               .own = shk_toy_sum_of(0, shk_span_of(share, row->answer))};
    make_secret(&own, peer, secret);
    return SHK_OK;
}
