/* Certificates that were parsed lately (x509/cert_cache.h). */
#include "x509/cert_cache.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <string.h>

enum { SLOTS = 32, MAX_KEPT = 4096 };

typedef struct {
    X509 *certificate;
    uint8_t *der;
    size_t len; /* 0: free */
} cached_cert;

struct shk_cert_cache {
    CRYPTO_RWLOCK *lock;
    size_t next; /* the oldest, to make room */
    cached_cert slots[SLOTS];
};

static void clear(cached_cert *slot)
{
    X509_free(slot->certificate);
    OPENSSL_free(slot->der);
    memset(slot, 0, sizeof *slot);
}

shk_cert_cache *shk_cert_cache_new(void)
{
    shk_cert_cache *known = (shk_cert_cache *)OPENSSL_zalloc(sizeof *known);
    if (known == NULL)
        return NULL;
    known->lock = CRYPTO_THREAD_lock_new();
    if (known->lock == NULL) {
        OPENSSL_free(known);
        return NULL;
    }
    return known;
}

void shk_cert_cache_free(shk_cert_cache *known)
{
    if (known == NULL)
        return;
    for (size_t i = 0; i < SLOTS; i++)
        clear(&known->slots[i]);
    CRYPTO_THREAD_lock_free(known->lock);
    OPENSSL_free(known);
}

static X509 *find(shk_cert_cache *known, shk_span der)
{
    X509 *found = NULL;
    if (CRYPTO_THREAD_read_lock(known->lock) != 1)
        return NULL;
    for (size_t i = 0; found == NULL && i < SLOTS; i++) {
        const cached_cert *slot = &known->slots[i];
        if (slot->len == der.len && shk_span_equal(der, shk_span_of(slot->der, slot->len)))
            found = slot->certificate;
    }
    if (found != NULL && X509_up_ref(found) != 1)
        found = NULL;
    CRYPTO_THREAD_unlock(known->lock);
    return found;
}

/* Keeps what was parsed; that it is not kept, for want of memory, changes nothing. */
static void keep(shk_cert_cache *known, shk_span der, X509 *certificate)
{
    uint8_t *copy = (uint8_t *)OPENSSL_malloc(der.len);
    if (copy == NULL || CRYPTO_THREAD_write_lock(known->lock) != 1) {
        OPENSSL_free(copy);
        return;
    }
    cached_cert *slot = &known->slots[known->next];
    known->next = (known->next + 1) % SLOTS;
    clear(slot);
    if (X509_up_ref(certificate) == 1) {
        memcpy(copy, der.data, der.len);
        *slot = (cached_cert){certificate, copy, der.len};
        copy = NULL;
    }
    CRYPTO_THREAD_unlock(known->lock);
    OPENSSL_free(copy);
}

X509 *shk_cert_cache_parse(shk_cert_cache *known, shk_span der)
{
    const unsigned char *at = der.data;
    if (der.len == 0 || der.len > LONG_MAX)
        return NULL;
    X509 *certificate = find(known, der);
    if (certificate != NULL)
        return certificate;
    certificate = d2i_X509(NULL, &at, (long)der.len);
    if (certificate != NULL && at != der.data + der.len) {
        X509_free(certificate);
        return NULL;
    }
    if (certificate != NULL && der.len <= MAX_KEPT)
        keep(known, der, certificate);
    return certificate;
}
