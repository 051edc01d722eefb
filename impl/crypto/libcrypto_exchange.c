/* The libcrypto provider's key exchange: X25519 and ECDH over NIST curves (RFC 8446 §7.4.2). */
#include <openssl/bn.h>
#include <openssl/obj_mac.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/libcrypto.h"

enum { MAX_SCALAR = 66, POINT_UNCOMPRESSED = 4 };

struct shk_ephemeral {
    const shk_group_row *group;
    const EC_GROUP *curve; /* Weierstrass */
    BIGNUM *scalar;        /* Weierstrass */
    EVP_PKEY *key;         /* Montgomery */
};

static int curve_nid(uint16_t group)
{
    switch (group) {
    case SHK_secp256r1:
        return NID_X9_62_prime256v1;
    case SHK_secp384r1:
        return NID_secp384r1;
    default:
        return NID_undef;
    }
}

bool shk_libcrypto_curves_new(shk_libcrypto *self)
{
    for (size_t i = 0; i < SHK_GROUP_COUNT; i++) {
        int nid = curve_nid(shk_group_rows[i].value);
        if (nid == NID_undef)
            continue;
        self->curves[i] = EC_GROUP_new_by_curve_name(nid);
        if (self->curves[i] == NULL)
            return false;
    }
    return true;
}

void shk_libcrypto_ephemeral_free(shk_ephemeral *ephemeral)
{
    if (ephemeral == NULL)
        return;
    BN_clear_free(ephemeral->scalar);
    EVP_PKEY_free(ephemeral->key);
    free(ephemeral);
}

/* A scalar in [1, order), from as many random bytes as the field has; drawn again in the rare case
 * it is not. */
static shk_status draw_scalar(const EC_GROUP *curve, size_t len, const shk_random *random,
                              BIGNUM *scalar)
{
    uint8_t bytes[MAX_SCALAR];
    bool ok = false;
    for (int tries = 0; !ok && tries < 64; tries++) {
        random->fill(random->context, bytes, len);
        if (BN_bin2bn(bytes, (int)len, scalar) == NULL)
            break;
        ok = !BN_is_zero(scalar) && BN_cmp(scalar, EC_GROUP_get0_order(curve)) < 0;
    }
    shk_wipe(bytes, sizeof bytes);
    return ok ? SHK_OK : SHK_E_CRYPTO;
}

static shk_status weierstrass_new(shk_ephemeral *e, const shk_random *random, uint8_t *share)
{
    const shk_group_row *row = e->group;
    EC_POINT *point = EC_POINT_new(e->curve);
    e->scalar = BN_secure_new();
    shk_status status = point == NULL || e->scalar == NULL ? SHK_E_NO_MEMORY : SHK_OK;
    if (status == SHK_OK)
        status = draw_scalar(e->curve, row->secret, random, e->scalar);
    if (status == SHK_OK && (EC_POINT_mul(e->curve, point, e->scalar, NULL, NULL, NULL) != 1 ||
                             EC_POINT_point2oct(e->curve, point, POINT_CONVERSION_UNCOMPRESSED,
                                                share, row->share, NULL) != row->share))
        status = SHK_E_CRYPTO;
    EC_POINT_free(point);
    return status;
}

static shk_status montgomery_new(shk_ephemeral *e, const shk_random *random, uint8_t *share)
{
    uint8_t bytes[MAX_SCALAR];
    size_t len = e->group->share;
    random->fill(random->context, bytes, len);
    e->key = EVP_PKEY_new_raw_private_key_ex(NULL, "X25519", NULL, bytes, len);
    shk_wipe(bytes, sizeof bytes);
    if (e->key == NULL || EVP_PKEY_get_raw_public_key(e->key, share, &len) != 1)
        return SHK_E_CRYPTO;
    return SHK_OK;
}

shk_status shk_libcrypto_ephemeral_new(const shk_crypto *crypto, uint16_t group,
                                       const shk_random *random, shk_ephemeral **out,
                                       uint8_t *share)
{
    const shk_libcrypto *self = (const shk_libcrypto *)crypto->self;
    const shk_group_row *row = shk_group_of(group);
    shk_ephemeral *e = (shk_ephemeral *)calloc(1, sizeof *e);
    if (e == NULL)
        return SHK_E_NO_MEMORY;
    e->group = row;
    e->curve = self->curves[row - shk_group_rows];
    shk_status status = row->kind == SHK_GROUP_WEIERSTRASS ? weierstrass_new(e, random, share)
                                                           : montgomery_new(e, random, share);
    if (status != SHK_OK) {
        shk_libcrypto_ephemeral_free(e);
        return status;
    }
    *out = e;
    return SHK_OK;
}

/* The x coordinate of scalar * peer. EC_POINT_oct2point refuses points off the curve; a compressed
 * or infinite one is refused by its first byte (RFC 8446 §4.2.8.2). */
static shk_status weierstrass_agree(shk_ephemeral *e, shk_span peer, uint8_t *secret)
{
    if (peer.len != e->group->share || peer.data[0] != POINT_UNCOMPRESSED)
        return SHK_E_BAD_KEY_SHARE;
    EC_POINT *point = EC_POINT_new(e->curve);
    BIGNUM *x = BN_secure_new();
    shk_status status = SHK_E_CRYPTO;
    if (point == NULL || x == NULL)
        status = SHK_E_NO_MEMORY;
    else if (EC_POINT_oct2point(e->curve, point, peer.data, peer.len, NULL) != 1)
        status = SHK_E_BAD_KEY_SHARE;
    else if (EC_POINT_mul(e->curve, point, NULL, point, e->scalar, NULL) == 1 &&
             EC_POINT_get_affine_coordinates(e->curve, point, x, NULL, NULL) == 1 &&
             BN_bn2binpad(x, secret, e->group->secret) == e->group->secret)
        status = SHK_OK;
    BN_clear_free(x);
    EC_POINT_clear_free(point);
    return status;
}

/* libcrypto refuses an all-zero result (RFC 8446 §7.4.2). */
static shk_status montgomery_agree(shk_ephemeral *e, shk_span peer, uint8_t *secret)
{
    if (peer.len != e->group->share)
        return SHK_E_BAD_KEY_SHARE;
    EVP_PKEY *other = EVP_PKEY_new_raw_public_key_ex(NULL, "X25519", NULL, peer.data, peer.len);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, e->key, NULL);
    size_t len = e->group->secret;
    shk_status status = SHK_E_CRYPTO;
    if (other != NULL && context != NULL && EVP_PKEY_derive_init(context) == 1 &&
        EVP_PKEY_derive_set_peer_ex(context, other, 0) == 1)
        status = EVP_PKEY_derive(context, secret, &len) == 1 ? SHK_OK : SHK_E_BAD_KEY_SHARE;
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(other);
    return status;
}

shk_status shk_libcrypto_ephemeral_agree(shk_ephemeral *ephemeral, shk_span peer, uint8_t *secret)
{
    return ephemeral->group->kind == SHK_GROUP_WEIERSTRASS
               ? weierstrass_agree(ephemeral, peer, secret)
               : montgomery_agree(ephemeral, peer, secret);
}
