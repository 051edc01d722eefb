/* The crypto provider: every cryptographic primitive a handshake uses, as one vtable.
 * shk_libcrypto_new gives the real one; others (a toy for fuzzing) fill in the same functions. */
#ifndef SHAKEDOWN_CRYPTO_H
#define SHAKEDOWN_CRYPTO_H

#include "registry.h"

/* Where randomness comes from. The same bytes drawn give the same bytes on the wire. */
typedef struct {
    void (*fill)(void *context, uint8_t *bytes, size_t len); /* draws `len` bytes; cannot fail */
    void *context;                                           /* passed to `fill` */
} shk_random;

/* Objects that a provider hands out; their content is the provider's own. */
typedef struct shk_hash_state shk_hash_state;   /* a hash in progress */
typedef struct shk_cipher_key shk_cipher_key;   /* a key for one direction of records */
typedef struct shk_ephemeral shk_ephemeral;     /* the private half of a key share */
typedef struct shk_private_key shk_private_key; /* of a certificate */
typedef struct shk_public_key shk_public_key;   /* of a certificate */
typedef struct shk_trust shk_trust;             /* trust anchors */
typedef struct shk_leaf shk_leaf;               /* an end entity's certificate, parsed */
typedef struct shk_credential shk_credential;   /* a certificate chain with its key */

/* What a certificate chain is checked for. */
typedef struct {
    const shk_trust *trust; /* NULL: the chain is parsed but not verified */
    const char
        *name; /* the reference identity (RFC 9525): a host name or an address; NULL: not checked */
    int64_t time;           /* seconds since 1970 */
    bool is_server;         /* whose chain it is */
    bool encipherment;      /* the key will decrypt (RSA key exchange) rather than sign */
    uint8_t security_level; /* of keys and signatures, as libcrypto counts: 0 to 5 */
    bool strict;            /* the profile of RFC 5280 is demanded to the letter */
} shk_chain_check;

enum {
    SHK_MAX_SIGNATURE = 1024, /* bytes of a signature */
    SHK_MAX_RSA = 1024,       /* bytes of an RSA modulus */
    SHK_TRUST_DIGEST = 32     /* bytes of the digest of a set of trust anchors */
};

/* A provider; its functions are below. */
typedef struct shk_crypto shk_crypto;

/* Functions return SHK_E_NO_MEMORY or SHK_E_CRYPTO when the provider fails; other errors are named
 * with them. Objects are given back by the matching free function, which takes NULL too. */
struct shk_crypto {
    const char *name; /* for reports */
    void *self;       /* the provider's own state: algorithm objects, fetched once */

    /* Whether the library behind the provider has the cipher; one that it lacks is never offered
     * nor chosen. */
    bool (*has_cipher)(const shk_crypto *crypto, shk_cipher cipher);
    /* Likewise of a NamedGroup. */
    bool (*has_group)(const shk_crypto *crypto, uint16_t group);

    /* Begins a hash. */
    shk_status (*hash_new)(const shk_crypto *crypto, shk_hash hash, shk_hash_state **out);
    /* Adds bytes. */
    shk_status (*hash_update)(shk_hash_state *state, shk_span bytes);
    /* The digest of what was added so far; the state goes on. `out` has the hash's size. */
    shk_status (*hash_digest)(const shk_hash_state *state, uint8_t *out);
    /* Another state that goes on from here by itself. */
    shk_status (*hash_copy)(const shk_hash_state *state, shk_hash_state **out);
    /* Frees a hash. */
    void (*hash_free)(shk_hash_state *state);
    /* HMAC (RFC 2104) over the parts, one after another. `out` has the hash's size. */
    shk_status (*hmac)(const shk_crypto *crypto, shk_hash hash, shk_span key, const shk_span *parts,
                       size_t count, uint8_t *out);
    /* HMAC over a record whose length is secret (RFC 5246 §6.2.3.2, Lucky 13): `header` (13 bytes)
     * and the first `len` bytes of `padded`, in a time that depends on padded.len alone. */
    shk_status (*hmac_cbc)(const shk_crypto *crypto, shk_hash hash, shk_span key, shk_span header,
                           shk_span padded, size_t len, uint8_t *out);

    /* `key` has the length of the cipher's row; `seal`: for protecting, else for opening. */
    shk_status (*cipher_new)(const shk_crypto *crypto, shk_cipher cipher, const uint8_t *key,
                             bool seal, shk_cipher_key **out);
    /* Wipes and frees a key. */
    void (*cipher_free)(shk_cipher_key *key);
    /* AEAD; `nonce` is 12 bytes. Writes plaintext.len + tag bytes; in and out may be the same
     * place. */
    shk_status (*aead_seal)(shk_cipher_key *key, const uint8_t *nonce, shk_span additional,
                            shk_span plaintext, uint8_t *out);
    /* Writes ciphertext.len - tag bytes; in and out may be the same place. SHK_E_BAD_RECORD_MAC. */
    shk_status (*aead_open)(shk_cipher_key *key, const uint8_t *nonce, shk_span additional,
                            shk_span ciphertext, uint8_t *out);
    /* CBC without padding of its own: in.len is a multiple of the block, 16 bytes of `iv` (or 8, as
     * the block). */
    shk_status (*cbc)(shk_cipher_key *key, const uint8_t *iv, shk_span in, uint8_t *out);

    /* A key share: `share` receives the group's row->share bytes. */
    shk_status (*ephemeral_new)(const shk_crypto *crypto, uint16_t group, const shk_random *random,
                                shk_ephemeral **out, uint8_t *share);
    /* Finite-field Diffie-Hellman over a prime of the peer's (RFC 5246 §7.4.3); `share` receives
     * p.len bytes. SHK_E_DH_PRIME where p is even or below 1024 bits, or g out of range. */
    shk_status (*dh_new)(const shk_crypto *crypto, shk_span p, shk_span g, const shk_random *random,
                         shk_ephemeral **out, uint8_t *share);
    /* The prime of an FFDHE group (RFC 7919 §A), big-endian; its generator is 2. It lives as long
     * as the provider. */
    shk_span (*ffdhe_prime)(const shk_crypto *crypto, uint16_t group);
    /* The shared secret, row->secret bytes (for dh_new: p.len). SHK_E_BAD_KEY_SHARE where the
     * peer's value is not valid (RFC 8446 §7.4). */
    shk_status (*ephemeral_agree)(shk_ephemeral *ephemeral, shk_span peer, uint8_t *secret);
    /* Wipes and frees a key share. */
    void (*ephemeral_free)(shk_ephemeral *ephemeral);
    /* The server's half of a HYBRID group, for the client's share: `share` receives row->answer
     * bytes, which the client's ephemeral_agree takes, and `secret` row->secret bytes.
     * SHK_E_BAD_KEY_SHARE. */
    shk_status (*encapsulate)(const shk_crypto *crypto, uint16_t group, const shk_random *random,
                              shk_span peer, uint8_t *share, uint8_t *secret);

    /* Signs `message`, which is not hashed yet. `signature` has room for SHK_MAX_SIGNATURE bytes.
     */
    shk_status (*sign)(const shk_private_key *key, const shk_signature_scheme_row *scheme,
                       shk_span message, uint8_t *signature, size_t *len);
    /* Whether the signature is the key's, over `message`, which is not hashed yet.
     * SHK_E_BAD_SIGNATURE. */
    shk_status (*verify)(const shk_public_key *key, const shk_signature_scheme_row *scheme,
                         shk_span message, shk_span signature);
    /* RSA encryption without padding (RFC 8017 §5.1.1); in and out have the length of the modulus,
     * public_key_size. */
    shk_status (*rsa_public)(const shk_public_key *key, const uint8_t *in, uint8_t *out);
    /* RSA decryption without padding (RFC 8017 §5.1.2); in and out have the length of the modulus.
     */
    shk_status (*rsa_private)(const shk_private_key *key, const uint8_t *in, uint8_t *out);

    /* Parses the chain (end entity first, DER), checks it, and gives the end entity's key. Where it
     * was verified, `until` is lowered to the earliest notAfter of the path, in seconds since 1970.
     * Errors: the certificate rows of errors.def. */
    shk_status (*chain)(const shk_crypto *crypto, const shk_span *chain, size_t count,
                        const shk_chain_check *check, shk_public_key **out, int64_t *until);
    /* A key that came raw, as its SubjectPublicKeyInfo (RFC 7250 §3). SHK_E_RAW_KEY_PARSE,
     * SHK_E_CERTIFICATE_KEY. */
    shk_status (*public_key)(const shk_crypto *crypto, shk_span key_info, shk_public_key **out);
    /* Whether an OCSP response (RFC 6960, DER) says that the chain's end entity is good: signed by
     * or for its issuer, about it, and current at check->time; `until` is lowered to when it no
     * longer is, in seconds since 1970. The chain has been checked before. SHK_E_STATUS_INVALID,
     * SHK_E_STATUS_UNKNOWN, SHK_E_STATUS_NOT_CURRENT, SHK_E_CERTIFICATE_REVOKED. */
    shk_status (*status)(const shk_crypto *crypto, shk_span response, const shk_span *chain,
                         size_t count, const shk_chain_check *check, int64_t *until);
    /* Whether the certificate demands a stapled OCSP response (RFC 7633 §4.2.3). */
    bool (*must_staple)(const shk_crypto *crypto, shk_span certificate);
    /* The subjects of the anchors, as a list of DistinguishedNames (RFC 8446 §4.2.4); it lives as
     * long as they do. */
    shk_span (*trust_names)(const shk_trust *trust);
    /* A digest of the anchors, all of their bytes in their order, SHK_TRUST_DIGEST bytes: two sets
     * with the same digest verify the same. It lives as long as they do. */
    shk_span (*trust_digest)(const shk_trust *trust);
    /* Whether the certificate's subjectAltName covers a host name (RFC 9525 §6). */
    bool (*covers_name)(const shk_credential *credential, shk_span name);
    /* Whether the certificate passes an OIDFilter (RFC 8446 §4.2.5), all of it DER. Of extensions,
     * keyUsage and extendedKeyUsage are known; others let all pass. An empty certificate passes
     * those alone. SHK_E_OID_FILTER where the filter itself is not as it must be. */
    shk_status (*oid_filter)(shk_span certificate, shk_span oid, shk_span values, bool *passes);
    /* The certificate's hash for tls-server-end-point (RFC 5929 §4.1), up to SHK_MAX_HASH bytes;
     * `len` 0 where its signature has no hash of its own. SHK_E_CERTIFICATE_PARSE. */
    shk_status (*certificate_digest)(const shk_crypto *crypto, shk_span certificate, uint8_t *out,
                                     size_t *len);
    /* The kind of a key; SHK_KEY_UNKNOWN where no suite and no scheme is for it. */
    shk_key_kind (*public_key_kind)(const shk_public_key *key);
    size_t (*public_key_size)(const shk_public_key *key); /* RSA: bytes of the modulus */
    /* Frees a public key. */
    void (*public_key_free)(shk_public_key *key);
};

/* The provider on libcrypto. NULL if an algorithm is missing or there is no memory. Owned by the
 * caller, shared by any number of connections, freed last. */
shk_crypto *shk_libcrypto_new(void);
/* Frees the provider, after all connections over it; NULL is taken too. */
void shk_libcrypto_free(shk_crypto *crypto);

/* Trust anchors from PEM text. SHK_E_NO_CERTIFICATE if it holds none or one that cannot be parsed.
 */
shk_status shk_trust_from_pem(shk_span pem, shk_trust **out);
/* Frees trust anchors; NULL is taken too. */
void shk_trust_free(shk_trust *trust);

/* What a peer may care about in a certificate of a chain. */
typedef struct {
    shk_span issuer;           /* a DistinguishedName, DER */
    uint16_t signature_scheme; /* by which it is signed; SHK_SCHEME_SELF_SIGNED where nobody
                                  checks, SHK_SCHEME_UNKNOWN where it is no SignatureScheme */
} shk_cert_info;

enum { SHK_SCHEME_SELF_SIGNED = 0, SHK_SCHEME_UNKNOWN = 0xffff };

/* A certificate chain with its private key. */
struct shk_credential {
    shk_span *chain;          /* DER, end entity first */
    shk_cert_info *cert_info; /* of each; NULL: not known, and all are acceptable */
    size_t count;             /* certificates of the chain */
    shk_leaf *leaf;           /* NULL: covers no name */
    shk_private_key *key;     /* of the leaf */
    shk_key_kind kind;        /* of that key */
    size_t key_size;          /* RSA: bytes of the modulus */
    shk_span key_info;        /* the leaf's SubjectPublicKeyInfo, DER */
    shk_span status;          /* an OCSP response that is served with it, DER; empty: none */
    shk_span timestamps;      /* SCTs that are served with it, as sct_list has them; empty: none */
};

/* A credential from PEM texts. SHK_E_NO_CERTIFICATE, SHK_E_NO_KEY, SHK_E_KEY_MISMATCH,
 * SHK_E_CERTIFICATE_KEY. */
shk_status shk_credential_from_pem(shk_span certificates, shk_span key, shk_credential **out);
/* The OCSP response (RFC 6960, DER) that is served with the certificate where a client asks. It is
 * copied, and not looked into. SHK_E_NO_MEMORY; SHK_E_VECTOR_LENGTH where it is empty or has 2^24
 * bytes or more. */
shk_status shk_credential_set_status(shk_credential *credential, shk_span response);
/* The SignedCertificateTimestampList (RFC 6962 §3.3), with its length, that is served with the
 * certificate where a client asks. It is copied. SHK_E_NO_MEMORY, and the codec's errors where it
 * is not well-formed. */
shk_status shk_credential_set_timestamps(shk_credential *credential, shk_span list);
/* Whether the bytes are an OCSPResponse (RFC 6960 §4.2.1), DER, whatever it says. */
bool shk_is_ocsp_response(shk_span bytes);
/* Wipes and frees a credential; NULL is taken too. */
void shk_credential_free(shk_credential *credential);

/* The SubjectPublicKeyInfo of the first certificate of a PEM text, for shk_config.peer_keys.
 * SHK_E_NO_CERTIFICATE, SHK_E_NO_MEMORY. */
shk_status shk_key_info_from_pem(shk_span certificate, shk_span *out);
/* Frees what shk_key_info_from_pem gave. */
void shk_key_info_free(shk_span key_info);

#endif
