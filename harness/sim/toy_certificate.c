/* The toy's certificates, keys without one, and OCSP responses (sim/toy.h). Of a certificate each
 * byte has its place, so that a mutator meets all of what can be said of one:
 *   0     kind of the key, modulo their count
 *   1     row of verdicts, modulo their count
 *   2     bits: 1 must_staple
 *   3     number of the key
 *   4     bytes of the name, which follows; then 8 bytes, summed with the issuer's number
 * A raw key is bytes 0 and 3. An OCSP response is a row of responses, and 8 bytes summed over the
 * certificate. */
#include <string.h>

#include "sim/toy_parts.h"

enum {
    KIND = 0,
    VERDICT = 1,
    BITS = 2,
    NUMBER = 3,
    NAME_LENGTH = 4,
    CERTIFICATE_HEAD = 5,
    MAX_NAME = 64,
    SEAL = 8,
    MUST_STAPLE = 1,
    RAW_KEY = 2,
    RESPONSE = 1 + SEAL,
    ISSUER = 1,
    OTHER_ISSUER = 2,
    KEY_KINDS = SHK_KEY_KIND_COUNT - 1 /* without SHK_KEY_UNKNOWN */
};

static const shk_status verdicts[] = {
    SHK_OK,
    SHK_E_CERTIFICATE_EXPIRED,
    SHK_E_CERTIFICATE_NOT_YET_VALID,
    SHK_E_UNKNOWN_ISSUER,
    SHK_E_CERTIFICATE_REVOKED,
    SHK_E_WEAK_CERTIFICATE,
    SHK_E_CERTIFICATE_PROFILE,
    SHK_E_CERTIFICATE_INVALID,
};
static const shk_status responses[] = {SHK_OK, SHK_E_CERTIFICATE_REVOKED, SHK_E_STATUS_UNKNOWN,
                                       SHK_E_STATUS_NOT_CURRENT, SHK_E_STATUS_INVALID};
enum {
    VERDICTS = sizeof verdicts / sizeof verdicts[0],
    RESPONSES = sizeof responses / sizeof responses[0]
};

static bool is_certificate(shk_span bytes)
{
    return bytes.len >= CERTIFICATE_HEAD + SEAL &&
           bytes.len == (size_t)CERTIFICATE_HEAD + bytes.data[NAME_LENGTH] + SEAL;
}

static shk_key_kind kind_of(uint8_t byte)
{
    return (shk_key_kind)(1 + byte % KEY_KINDS);
}

static uint64_t key_number(shk_key_kind kind, uint8_t number)
{
    const uint8_t bytes[] = {(uint8_t)kind, number};
    return shk_toy_sum_of(ISSUER, shk_span_of(bytes, sizeof bytes));
}

static bool is_sealed(uint64_t by, shk_span bytes)
{
    size_t len = bytes.len - SEAL;
    return shk_toy_is_expanded(shk_toy_sum_of(by, shk_span_of(bytes.data, len)),
                               shk_span_of(bytes.data + len, SEAL));
}

static bool names(shk_span certificate, shk_span name)
{
    shk_span own = shk_span_of(certificate.data + CERTIFICATE_HEAD, certificate.data[NAME_LENGTH]);
    return shk_span_equal(own, name) || shk_span_equal(own, shk_span_of_text("*"));
}

static shk_status make_key(const shk_crypto *crypto, uint8_t kind, uint8_t number,
                           shk_public_key **out)
{
    const shk_toy *toy = shk_toy_of(crypto);
    shk_toy_key *key = (shk_toy_key *)shk_new(toy->allocator, sizeof *key);
    if (key == NULL)
        return SHK_OWN(NO_MEMORY);
    *key = (shk_toy_key){toy, kind_of(kind), key_number(kind_of(kind), number)};
    *out = (shk_public_key *)key;
    return SHK_OK;
}

static shk_status verify(const shk_toy *toy, shk_span leaf, const shk_chain_check *check)
{
    if (check->trust == NULL)
        return SHK_OK;
    if (toy->checking && !is_sealed(ISSUER, leaf))
        return is_sealed(OTHER_ISSUER, leaf) ? SHK_E_UNKNOWN_ISSUER : SHK_E_CERTIFICATE_SIGNATURE;
    if (toy->checking && check->name != NULL && !names(leaf, shk_span_of_text(check->name)))
        return SHK_E_NAME_MISMATCH;
    return verdicts[leaf.data[VERDICT] % VERDICTS];
}

shk_status shk_toy_chain(const shk_crypto *crypto, const shk_span *chain, size_t count,
                         const shk_chain_check *check, shk_public_key **out, int64_t *until)
{
    (void)until;
    for (size_t i = 0; i < count; i++)
        if (!is_certificate(chain[i]))
            return SHK_E_CERTIFICATE_PARSE;
    SHK_TRY(verify(shk_toy_of(crypto), chain[0], check));
    return make_key(crypto, chain[0].data[KIND], chain[0].data[NUMBER], out);
}

shk_status shk_toy_public_key(const shk_crypto *crypto, shk_span key_info, shk_public_key **out)
{
    if (key_info.len != RAW_KEY)
        return SHK_E_RAW_KEY_PARSE;
    return make_key(crypto, key_info.data[0], key_info.data[1], out);
}

shk_status shk_toy_status(const shk_crypto *crypto, shk_span response, const shk_span *chain,
                          size_t count, const shk_chain_check *check, int64_t *until)
{
    (void)count;
    (void)check;
    (void)until;
    if (response.len != RESPONSE)
        return SHK_E_STATUS_INVALID;
    if (shk_toy_of(crypto)->checking &&
        !shk_toy_is_expanded(shk_toy_sum_of(response.data[0], chain[0]),
                             shk_span_of(response.data + 1, SEAL)))
        return SHK_E_STATUS_INVALID;
    return responses[response.data[0] % RESPONSES];
}

bool shk_toy_must_staple(const shk_crypto *crypto, shk_span certificate)
{
    (void)crypto;
    return (certificate.data[BITS] & MUST_STAPLE) != 0;
}

/* There is one trust anchor, and it is a constant; what the pointer points to is not looked at. */
static const uint8_t anchor[1];
static const uint8_t issuer_name[] = {0x30, 0x03, 't', 'o', 'y'};

const shk_trust *shk_toy_trust(void)
{
    return (const shk_trust *)(const void *)anchor;
}

shk_span shk_toy_trust_names(const shk_trust *trust)
{
    static const uint8_t list[] = {0, 5, 0x30, 0x03, 't', 'o', 'y'};
    (void)trust;
    return shk_span_of(list, sizeof list);
}

shk_span shk_toy_trust_digest(const shk_trust *trust)
{
    static const uint8_t digest[SHK_TRUST_DIGEST] = {'t', 'o', 'y'};
    (void)trust;
    return shk_span_of(digest, sizeof digest);
}

bool shk_toy_covers_name(const shk_credential *credential, shk_span name)
{
    return names(credential->chain[0], name);
}

/* keyUsage and extendedKeyUsage, which end in these bytes, are known; a certificate has both. */
shk_status shk_toy_oid_filter(shk_span certificate, shk_span oid, shk_span values, bool *passes)
{
    uint8_t last = oid.len > 0 ? oid.data[oid.len - 1] : 0;
    bool is_known = last == 0x0f || last == 0x25;
    *passes = !is_known || certificate.len > 0;
    return is_known && values.len == 0 ? SHK_E_OID_FILTER : SHK_OK;
}

shk_status shk_toy_certificate_digest(const shk_crypto *crypto, shk_span certificate, uint8_t *out,
                                      size_t *len)
{
    (void)crypto;
    *len = shk_hash_size(SHK_HASH_SHA256);
    shk_toy_expand(shk_toy_sum_of(ISSUER, certificate), out, *len);
    return SHK_OK;
}

/* A credential and all that it points to. */
typedef struct {
    shk_credential credential;
    shk_toy_key key;
    shk_span chain[2];
    shk_cert_info cert_info[2];
    uint8_t leaf[CERTIFICATE_HEAD + MAX_NAME + SEAL];
    uint8_t issuer[CERTIFICATE_HEAD + SEAL];
    uint8_t key_info[RAW_KEY];
    uint8_t response[RESPONSE];
} toy_credential;

static shk_span make_certificate(uint8_t *bytes, const shk_toy_identity *identity, shk_span name)
{
    uint64_t issuer = identity->of_unknown_issuer ? OTHER_ISSUER : ISSUER;
    size_t len = CERTIFICATE_HEAD + name.len;
    bytes[KIND] = (uint8_t)(identity->kind - 1);
    for (size_t i = 0; i < VERDICTS; i++)
        if (verdicts[i] == identity->verdict)
            bytes[VERDICT] = (uint8_t)i;
    bytes[BITS] = identity->must_staple ? MUST_STAPLE : 0;
    bytes[NUMBER] = identity->number;
    bytes[NAME_LENGTH] = (uint8_t)name.len;
    if (name.len > 0)
        memcpy(bytes + CERTIFICATE_HEAD, name.data, name.len);
    shk_toy_expand(shk_toy_sum_of(issuer, shk_span_of(bytes, len)), bytes + len, SEAL);
    return shk_span_of(bytes, len + SEAL);
}

void shk_toy_staple(shk_credential *credential)
{
    toy_credential *made = (toy_credential *)(void *)credential; /* its first field */
    shk_toy_expand(shk_toy_sum_of(made->response[0], made->chain[0]), made->response + 1, SEAL);
    credential->status = shk_span_of(made->response, RESPONSE);
}

void shk_toy_set_timestamps(shk_credential *credential)
{
    static const uint8_t timestamps[] = {0, 2, 1, 0xaa};
    credential->timestamps = shk_span_of(timestamps, sizeof timestamps);
}

static void fill_in(toy_credential *made, const shk_toy *toy, const shk_toy_identity *identity)
{
    const shk_toy_identity issuer = {.kind = SHK_KEY_P256};
    shk_credential *c = &made->credential;
    shk_span name = shk_span_of_text(identity->name != NULL ? identity->name : "*");
    name.len = name.len < MAX_NAME ? name.len : MAX_NAME;
    made->key = (shk_toy_key){toy, identity->kind, key_number(identity->kind, identity->number)};
    made->chain[0] = make_certificate(made->leaf, identity, name);
    made->chain[1] = make_certificate(made->issuer, &issuer, shk_span_of(NULL, 0));
    for (size_t i = 0; i < 2; i++)
        made->cert_info[i] = (shk_cert_info){shk_span_of(issuer_name, sizeof issuer_name),
                                             SHK_ecdsa_secp256r1_sha256};
    made->key_info[0] = made->leaf[KIND];
    made->key_info[1] = made->leaf[NUMBER];
    *c = (shk_credential){.chain = made->chain,
                          .cert_info = made->cert_info,
                          .count = identity->with_an_issuer ? 2 : 1,
                          .key = (shk_private_key *)&made->key,
                          .kind = identity->kind,
                          .key_size = shk_toy_signature_size(identity->kind),
                          .key_info = shk_span_of(made->key_info, RAW_KEY)};
    if (!identity->stapled)
        return;
    shk_toy_staple(c);
    shk_toy_set_timestamps(c);
}

shk_status shk_toy_credential_new(const shk_crypto *crypto, const shk_toy_identity *identity,
                                  shk_credential **out)
{
    const shk_toy *toy = shk_toy_of(crypto);
    toy_credential *made = (toy_credential *)shk_new(toy->allocator, sizeof *made);
    if (made == NULL)
        return SHK_OWN(NO_MEMORY);
    fill_in(made, toy, identity);
    *out = &made->credential;
    return SHK_OK;
}

void shk_toy_credential_free(const shk_crypto *crypto, shk_credential *credential)
{
    shk_delete(shk_toy_of(crypto)->allocator, credential, sizeof(toy_credential));
}
