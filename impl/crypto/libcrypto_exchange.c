/* The libcrypto provider's key exchange: X25519, X448, ECDH and finite-field DH (RFC 8446 §7.4). */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/obj_mac.h>
#include <openssl/params.h>
#include <string.h>

#include "crypto/libcrypto.h"

enum { MAX_SCALAR = 66, EXPONENT = 64, MIN_PRIME_BITS = 1024, POINT_UNCOMPRESSED = 4 };

struct shk_ephemeral {
    shk_group_kind kind;
    size_t share; /* bytes of public value and secret */
    size_t secret;
    const EC_GROUP *curve;        /* Weierstrass */
    BIGNUM *scalar;               /* Weierstrass, finite field */
    BIGNUM *prime;                /* finite field */
    const char *algorithm;        /* Montgomery */
    EVP_PKEY *key;                /* Montgomery */
    const shk_hybrid_row *hybrid; /* hybrid: with these two */
    shk_ephemeral *classical;
    EVP_PKEY *kem;
};

static const struct {
    uint16_t group;
    int nid;
} curve_nids[] = {
    {SHK_secp256r1, NID_X9_62_prime256v1},
    {SHK_secp384r1, NID_secp384r1},
    {SHK_secp521r1, NID_secp521r1},
    {SHK_brainpoolP256r1, NID_brainpoolP256r1},
    {SHK_brainpoolP384r1, NID_brainpoolP384r1},
    {SHK_brainpoolP512r1, NID_brainpoolP512r1},
    {SHK_brainpoolP256r1tls13, NID_brainpoolP256r1},
    {SHK_brainpoolP384r1tls13, NID_brainpoolP384r1},
    {SHK_brainpoolP512r1tls13, NID_brainpoolP512r1},
};

/* The prime of a named FFDHE group, as libcrypto keeps it. */
static BIGNUM *prime_of(const char *name)
{
    BIGNUM *prime = NULL;
    EVP_PKEY *parameters = NULL;
    char text[16];
    OPENSSL_strlcpy(text, name, sizeof text);
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, text, 0),
                           OSSL_PARAM_construct_end()};
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
    if (context != NULL && EVP_PKEY_paramgen_init(context) == 1 &&
        EVP_PKEY_CTX_set_params(context, params) == 1 &&
        EVP_PKEY_paramgen(context, &parameters) == 1)
        EVP_PKEY_get_bn_param(parameters, OSSL_PKEY_PARAM_FFC_P, &prime);
    EVP_PKEY_free(parameters);
    EVP_PKEY_CTX_free(context);
    return prime;
}

static void group_new(shk_libcrypto *self, size_t i)
{
    const shk_group_row *row = &shk_group_rows[i];
    for (size_t n = 0; n < sizeof curve_nids / sizeof curve_nids[0]; n++)
        if (curve_nids[n].group == row->value)
            self->curves[i] = EC_GROUP_new_by_curve_name(curve_nids[n].nid);
    if (row->kind != SHK_GROUP_FFDHE)
        return;
    self->primes[i] = prime_of(row->name);
    self->prime_bytes[i] = (uint8_t *)OPENSSL_malloc(row->share);
    if (self->primes[i] == NULL || self->prime_bytes[i] == NULL ||
        BN_bn2binpad(self->primes[i], self->prime_bytes[i], row->share) != row->share) {
        BN_free(self->primes[i]);
        self->primes[i] = NULL;
    }
}

void shk_libcrypto_groups_new(shk_libcrypto *self)
{
    self->kem = shk_libcrypto_has_kem();
    for (size_t i = 0; i < SHK_GROUP_COUNT; i++)
        group_new(self, i);
}

void shk_libcrypto_groups_free(shk_libcrypto *self)
{
    for (size_t i = 0; i < SHK_GROUP_COUNT; i++) {
        EC_GROUP_free(self->curves[i]);
        BN_free(self->primes[i]);
        OPENSSL_free(self->prime_bytes[i]);
    }
}

bool shk_libcrypto_has_group(const shk_crypto *crypto, uint16_t group)
{
    const shk_libcrypto *self = (const shk_libcrypto *)crypto->self;
    const shk_group_row *row = shk_group_of(group);
    if (row == NULL)
        return false;
    size_t i = (size_t)(row - shk_group_rows);
    if (row->kind == SHK_GROUP_HYBRID)
        return self->kem;
    return row->kind == SHK_GROUP_MONTGOMERY || self->curves[i] != NULL || self->primes[i] != NULL;
}

shk_span shk_libcrypto_ffdhe_prime(const shk_crypto *crypto, uint16_t group)
{
    const shk_libcrypto *self = (const shk_libcrypto *)crypto->self;
    const shk_group_row *row = shk_group_of(group);
    return shk_span_of(self->prime_bytes[row - shk_group_rows], row->share);
}

void shk_libcrypto_ephemeral_free(shk_ephemeral *ephemeral)
{
    if (ephemeral == NULL)
        return;
    BN_clear_free(ephemeral->scalar);
    BN_free(ephemeral->prime);
    EVP_PKEY_free(ephemeral->key);
    shk_libcrypto_ephemeral_free(ephemeral->classical);
    EVP_PKEY_free(ephemeral->kem);
    OPENSSL_free(ephemeral);
}

/* A scalar in [1, order) from `len` random bytes, at most as many as the order has; bits above the
 * order's are cleared, and it is drawn again where it is still not below. */
static shk_status draw_scalar(const BIGNUM *order, size_t len, const shk_random *random,
                              BIGNUM *scalar)
{
    uint8_t bytes[MAX_SCALAR];
    unsigned spare =
        len == (size_t)BN_num_bytes(order) ? (unsigned)(8 * len) - (unsigned)BN_num_bits(order) : 0;
    bool ok = false;
    for (int tries = 0; !ok && tries < 64; tries++) {
        random->fill(random->context, bytes, len);
        bytes[0] = (uint8_t)(bytes[0] & 0xff >> spare);
        if (BN_bin2bn(bytes, (int)len, scalar) == NULL)
            break;
        ok = !BN_is_zero(scalar) && BN_cmp(scalar, order) < 0;
    }
    shk_wipe(bytes, sizeof bytes);
    return ok ? SHK_OK : SHK_OWN(CRYPTO);
}

/* `point` receives the public value. */
static shk_status weierstrass_draw(shk_ephemeral *e, const shk_random *random, EC_POINT *point,
                                   uint8_t *share)
{
    const BIGNUM *order = EC_GROUP_get0_order(e->curve);
    if (point == NULL || e->scalar == NULL)
        return SHK_OWN(NO_MEMORY);
    SHK_TRY(draw_scalar(order, (size_t)BN_num_bytes(order), random, e->scalar));
    if (EC_POINT_mul(e->curve, point, e->scalar, NULL, NULL, NULL) != 1 ||
        EC_POINT_point2oct(e->curve, point, POINT_CONVERSION_UNCOMPRESSED, share, e->share, NULL) !=
            e->share)
        return SHK_OWN(CRYPTO);
    return SHK_OK;
}

static shk_status weierstrass_new(shk_ephemeral *e, const shk_random *random, uint8_t *share)
{
    EC_POINT *point = EC_POINT_new(e->curve);
    e->scalar = BN_secure_new();
    shk_status status = weierstrass_draw(e, random, point, share);
    EC_POINT_free(point);
    return status;
}

static shk_status montgomery_new(shk_ephemeral *e, const shk_random *random, uint8_t *share)
{
    uint8_t bytes[56];
    size_t len = e->share;
    random->fill(random->context, bytes, len);
    e->key = EVP_PKEY_new_raw_private_key_ex(NULL, e->algorithm, NULL, bytes, len);
    shk_wipe(bytes, sizeof bytes);
    if (e->key == NULL || EVP_PKEY_get_raw_public_key(e->key, share, &len) != 1)
        return SHK_OWN(CRYPTO);
    return SHK_OK;
}

/* base^scalar mod prime, in as many bytes as the prime has, with leading zeros. */
static shk_status power(const shk_ephemeral *e, const BIGNUM *base, uint8_t *out)
{
    BN_CTX *context = BN_CTX_secure_new();
    BIGNUM *result = BN_secure_new();
    shk_status status = SHK_OK;
    if (context == NULL || result == NULL)
        status = SHK_OWN(NO_MEMORY);
    else if (BN_mod_exp_mont_consttime(result, base, e->scalar, e->prime, context, NULL) != 1 ||
             BN_bn2binpad(result, out, (int)e->share) != (int)e->share)
        status = SHK_OWN(CRYPTO);
    BN_clear_free(result);
    BN_CTX_free(context);
    return status;
}

/* 512 bits of exponent are twice the strength of the largest group, and more (RFC 7919 §5.2). */
static shk_status finite_field_new(shk_ephemeral *e, const BIGNUM *generator,
                                   const shk_random *random, uint8_t *share)
{
    e->scalar = BN_secure_new();
    if (e->scalar == NULL)
        return SHK_OWN(NO_MEMORY);
    SHK_TRY(draw_scalar(e->prime, EXPONENT, random, e->scalar));
    return power(e, generator, share);
}

static shk_status finite_field_named(shk_ephemeral *e, const BIGNUM *prime,
                                     const shk_random *random, uint8_t *share)
{
    BIGNUM *two = BN_new();
    e->prime = BN_dup(prime);
    shk_status status = two == NULL || e->prime == NULL || BN_set_word(two, 2) != 1
                            ? SHK_OWN(NO_MEMORY)
                            : finite_field_new(e, two, random, share);
    BN_free(two);
    return status;
}

static shk_status hybrid_new(shk_ephemeral *e, const shk_crypto *crypto, uint16_t group,
                             const shk_random *random, uint8_t *share)
{
    const shk_hybrid_row *row = shk_hybrid_row_of(group);
    size_t classical = shk_group_of(row->classical)->share;
    e->hybrid = row;
    SHK_TRY(shk_libcrypto_ephemeral_new(crypto, row->classical, random, &e->classical,
                                        share + shk_hybrid_classical_at(row, row->key)));
    return shk_libcrypto_kem_new(row, random, &e->kem, share + shk_hybrid_kem_at(row, classical));
}

shk_status shk_libcrypto_ephemeral_new(const shk_crypto *crypto, uint16_t group,
                                       const shk_random *random, shk_ephemeral **out,
                                       uint8_t *share)
{
    const shk_libcrypto *self = (const shk_libcrypto *)crypto->self;
    const shk_group_row *row = shk_group_of(group);
    size_t i = (size_t)(row - shk_group_rows);
    shk_status status;
    shk_ephemeral *e = (shk_ephemeral *)OPENSSL_zalloc(sizeof *e);
    if (e == NULL)
        return SHK_OWN(NO_MEMORY);
    e->kind = row->kind;
    e->share = row->share;
    e->secret = row->secret;
    e->curve = self->curves[i];
    e->algorithm = group == SHK_x448 ? "X448" : "X25519";
    if (row->kind == SHK_GROUP_WEIERSTRASS)
        status = weierstrass_new(e, random, share);
    else if (row->kind == SHK_GROUP_MONTGOMERY)
        status = montgomery_new(e, random, share);
    else if (row->kind == SHK_GROUP_HYBRID)
        status = hybrid_new(e, crypto, group, random, share);
    else
        status = finite_field_named(e, self->primes[i], random, share);
    if (status != SHK_OK) {
        shk_libcrypto_ephemeral_free(e);
        return status;
    }
    *out = e;
    return SHK_OK;
}

/* RFC 5246 §7.4.3 leaves the choice of p and g to the server; what is plainly not a group is
 * refused. */
static shk_status check_parameters(const BIGNUM *p, const BIGNUM *g)
{
    if (!BN_is_odd(p) || BN_is_zero(g) || BN_is_one(g) || BN_cmp(g, p) >= 0)
        return SHK_E_DH_PRIME;
    return BN_num_bits(p) < MIN_PRIME_BITS ? SHK_E_DH_PRIME_SHORT : SHK_OK;
}

/* A key pair of the prime and generator; NULL for `e` or `generator` is a failure, too. */
static shk_status finite_field_of(shk_ephemeral *e, shk_span p, const BIGNUM *generator,
                                  const shk_random *random, uint8_t *share)
{
    if (e == NULL || generator == NULL)
        return SHK_OWN(NO_MEMORY);
    e->kind = SHK_GROUP_FFDHE;
    e->share = e->secret = p.len;
    e->prime = BN_bin2bn(p.data, (int)p.len, NULL);
    if (e->prime == NULL)
        return SHK_OWN(NO_MEMORY);
    SHK_TRY(check_parameters(e->prime, generator));
    return finite_field_new(e, generator, random, share);
}

shk_status shk_libcrypto_dh_new(const shk_crypto *crypto, shk_span p, shk_span g,
                                const shk_random *random, shk_ephemeral **out, uint8_t *share)
{
    (void)crypto;
    if (p.len > SHK_MAX_SHARE || g.len > p.len)
        return SHK_E_DH_PRIME;
    shk_ephemeral *e = (shk_ephemeral *)OPENSSL_zalloc(sizeof *e);
    BIGNUM *generator = BN_bin2bn(g.data, (int)g.len, NULL);
    shk_status status = finite_field_of(e, p, generator, random, share);
    BN_free(generator);
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
    if (peer.len != e->share || peer.data[0] != POINT_UNCOMPRESSED)
        return SHK_E_BAD_KEY_SHARE;
    EC_POINT *point = EC_POINT_new(e->curve);
    BIGNUM *x = BN_secure_new();
    shk_status status = SHK_OK;
    if (point == NULL || x == NULL)
        status = SHK_OWN(NO_MEMORY);
    else if (EC_POINT_oct2point(e->curve, point, peer.data, peer.len, NULL) != 1)
        status = shk_libcrypto_failure(SHK_E_BAD_KEY_SHARE);
    else if (EC_POINT_mul(e->curve, point, NULL, point, e->scalar, NULL) != 1 ||
             EC_POINT_get_affine_coordinates(e->curve, point, x, NULL, NULL) != 1 ||
             BN_bn2binpad(x, secret, (int)e->secret) != (int)e->secret)
        status = SHK_OWN(CRYPTO);
    BN_clear_free(x);
    EC_POINT_clear_free(point);
    return status;
}

/* libcrypto refuses an all-zero result (RFC 8446 §7.4.2). */
static shk_status montgomery_agree(shk_ephemeral *e, shk_span peer, uint8_t *secret)
{
    if (peer.len != e->share)
        return SHK_E_BAD_KEY_SHARE;
    EVP_PKEY *other = EVP_PKEY_new_raw_public_key_ex(NULL, e->algorithm, NULL, peer.data, peer.len);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, e->key, NULL);
    size_t len = e->secret;
    shk_status status = SHK_OK;
    if (other == NULL || context == NULL || EVP_PKEY_derive_init(context) != 1 ||
        EVP_PKEY_derive_set_peer_ex(context, other, 0) != 1)
        status = SHK_OWN(CRYPTO);
    else if (EVP_PKEY_derive(context, secret, &len) != 1)
        status = shk_libcrypto_failure(SHK_E_BAD_KEY_SHARE);
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(other);
    return status;
}

/* The peer's value lies in [2, p-2] (RFC 8446 §4.2.8.1, RFC 7919 §3). */
static shk_status finite_field_agree(shk_ephemeral *e, shk_span peer, uint8_t *secret)
{
    if (peer.len > e->share)
        return SHK_E_BAD_KEY_SHARE;
    BIGNUM *value = BN_bin2bn(peer.data, (int)peer.len, NULL);
    BIGNUM *last = BN_dup(e->prime);
    shk_status status = SHK_E_BAD_KEY_SHARE;
    if (value == NULL || last == NULL || BN_sub_word(last, 1) != 1)
        status = SHK_OWN(NO_MEMORY);
    else if (!BN_is_zero(value) && !BN_is_one(value) && BN_cmp(value, last) < 0)
        status = power(e, value, secret);
    BN_free(value);
    BN_free(last);
    return status;
}

static shk_status hybrid_agree(shk_ephemeral *e, shk_span peer, uint8_t *secret)
{
    const shk_hybrid_row *row = e->hybrid;
    const shk_group_row *classical = shk_group_of(row->classical);
    if (peer.len != row->ciphertext + classical->answer)
        return SHK_E_BAD_KEY_SHARE;
    shk_span ciphertext =
        shk_span_of(peer.data + shk_hybrid_kem_at(row, classical->answer), row->ciphertext);
    SHK_TRY(shk_libcrypto_decapsulate(e->kem, ciphertext,
                                      secret + shk_hybrid_kem_at(row, classical->secret)));
    shk_span other =
        shk_span_of(peer.data + shk_hybrid_classical_at(row, row->ciphertext), classical->answer);
    return shk_libcrypto_ephemeral_agree(e->classical, other,
                                         secret + shk_hybrid_classical_at(row, SHK_KEM_SECRET));
}

shk_status shk_libcrypto_ephemeral_agree(shk_ephemeral *ephemeral, shk_span peer, uint8_t *secret)
{
    switch (ephemeral->kind) {
    case SHK_GROUP_WEIERSTRASS:
        return weierstrass_agree(ephemeral, peer, secret);
    case SHK_GROUP_MONTGOMERY:
        return montgomery_agree(ephemeral, peer, secret);
    case SHK_GROUP_HYBRID:
        return hybrid_agree(ephemeral, peer, secret);
    default:
        return finite_field_agree(ephemeral, peer, secret);
    }
}

shk_status shk_libcrypto_encapsulate(const shk_crypto *crypto, uint16_t group,
                                     const shk_random *random, shk_span peer, uint8_t *share,
                                     uint8_t *secret)
{
    const shk_hybrid_row *row = shk_hybrid_row_of(group);
    const shk_group_row *classical = shk_group_of(row->classical);
    shk_ephemeral *key = NULL;
    if (peer.len != row->key + classical->share)
        return SHK_E_BAD_KEY_SHARE;
    shk_span other =
        shk_span_of(peer.data + shk_hybrid_classical_at(row, row->key), classical->share);
    SHK_TRY(shk_libcrypto_ephemeral_new(crypto, row->classical, random, &key,
                                        share + shk_hybrid_classical_at(row, row->ciphertext)));
    shk_status status = shk_libcrypto_ephemeral_agree(
        key, other, secret + shk_hybrid_classical_at(row, SHK_KEM_SECRET));
    shk_libcrypto_ephemeral_free(key);
    SHK_TRY(status);
    return shk_libcrypto_kem_encapsulate(row, random,
                                         peer.data + shk_hybrid_kem_at(row, classical->share),
                                         share + shk_hybrid_kem_at(row, classical->answer),
                                         secret + shk_hybrid_kem_at(row, classical->secret));
}
