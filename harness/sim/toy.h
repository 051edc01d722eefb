/* The toy provider: a shk_crypto without arithmetic, for test programs and fuzz targets alone. All
 * lengths are those of the real thing, and everything is deterministic.
 *
 * PERMISSIVE: whatever has the right length passes. Shared secrets, MACs, signatures and tags, and
 * with them keys and verify_data, are the same fixed bytes in every connection, so that a mutator
 * can satisfy them; records travel in the clear.
 * CHECKING: shared secrets, MACs, signatures and tags are a cheap sum with a key, and are refused
 * where they differ; records are hidden by a stream that the key gives. For oracles, which have to
 * tell a true one from a false one.
 *
 * Nothing of it keeps a secret. It is the library shk_toy, which the program does not link. */
#ifndef SHK_SIM_TOY_H
#define SHK_SIM_TOY_H

#include "shakedown/crypto.h"

typedef enum { SHK_TOY_PERMISSIVE, SHK_TOY_CHECKING } shk_toy_mode;

/* The provider; the objects that it hands out come from the allocator. NULL: no memory. */
shk_crypto *shk_toy_new(shk_toy_mode mode, const shk_allocator *allocator);
/* Frees the provider, after all connections over it; NULL is taken too. */
void shk_toy_free(shk_crypto *crypto);

/* What a toy certificate says. On the wire it is CERTIFICATE_HEAD bytes (toy_certificate.c), its
 * name, and 8 bytes that its issuer sums. */
typedef struct {
    const char *name; /* the host name that it covers, at most 64 bytes; "*": any */
    shk_key_kind kind;
    uint8_t number;         /* tells keys of a kind apart */
    shk_status verdict;     /* what it is refused for, a row of toy_certificate.c; SHK_OK: good */
    bool must_staple;       /* demands a stapled OCSP response (RFC 7633) */
    bool of_unknown_issuer; /* summed by another issuer than shk_toy_trust's */
    bool with_an_issuer;    /* the chain has the issuer's certificate, too */
    bool stapled;           /* with an OCSP response and an SCT list */
} shk_toy_identity;

/* A certificate with its key, for the toy alone. SHK_E_NO_MEMORY. */
shk_status shk_toy_credential_new(const shk_crypto *crypto, const shk_toy_identity *identity,
                                  shk_credential **out);
/* What a server staples to it: a good OCSP response, and an SCT list. */
void shk_toy_staple(shk_credential *credential);
void shk_toy_set_timestamps(shk_credential *credential);
/* Frees what shk_toy_credential_new gave; NULL is taken too. */
void shk_toy_credential_free(const shk_crypto *crypto, shk_credential *credential);
/* The trust anchor of all toy certificates but those of an unknown issuer. */
const shk_trust *shk_toy_trust(void);

#endif
