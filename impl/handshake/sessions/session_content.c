/* Sessions, tickets and the session cache (handshake/sessions/session_content.h,
 * shakedown/session.h). */
#include "handshake/sessions/session_content.h"

#include <string.h>

#include "handshake/state/handshake.h"
#include "shakedown/session.h"

enum { NONCE = 12, TAG = 16, MAX_SESSION_ID = 32, AEAD_HEAD = SHK_TICKET_KEY_NAME + NONCE };

static void time_shape(shk_codec *c, const char *name, shk_session_time *time)
{
    shk_u32(c, name, &time->high, NULL);
    shk_u32(c, name, &time->low, NULL);
}

void shk_session_shape(shk_codec *c, void *session)
{
    shk_session *m = (shk_session *)session;
    shk_u16(c, "format", &m->format, NULL);
    shk_u16(c, "version", &m->version, shk_version_name);
    shk_u16(c, "suite", &m->suite, shk_suite_name);
    shk_u8(c, "extended_master_secret", &m->extended_master_secret, NULL);
    shk_u8(c, "peer_verified", &m->peer_verified, NULL);
    shk_u8(c, "external_psk", &m->external_psk, NULL);
    shk_u16(c, "max_fragment_length", &m->max_fragment_length, NULL);
    time_shape(c, "start", &m->start);
    time_shape(c, "authenticated", &m->authenticated);
    time_shape(c, "until", &m->until);
    shk_u32(c, "lifetime", &m->lifetime, NULL);
    shk_u32(c, "age_add", &m->age_add, NULL);
    shk_u32(c, "max_early_data", &m->max_early_data, NULL);
    shk_opaque8(c, "secret", &m->secret, 1, SHK_MAX_HASH);
    shk_opaque8(c, "trust", &m->trust, SHK_TRUST_DIGEST, SHK_TRUST_DIGEST);
    shk_opaque16(c, "server_name", &m->server_name, 0, 65535); /* RFC 6066 §3: as long */
    shk_opaque8(c, "protocol", &m->protocol, 0, 255);
    shk_opaque8(c, "session_id", &m->session_id, 0, MAX_SESSION_ID);
    shk_opaque16(c, "ticket", &m->ticket, 0, 65535);
}

bool shk_session_read(shk_span bytes, shk_session *out)
{
    return bytes.len > 0 && shk_decode(shk_session_shape, NULL, bytes, out, NULL) == SHK_OK &&
           out->format == SHK_SESSION_FORMAT && shk_suite_of(out->suite) != NULL;
}

bool shk_session_readable(shk_span session)
{
    shk_session read;
    return shk_session_read(session, &read);
}

int64_t shk_session_ms(shk_session_time time)
{
    return (int64_t)((uint64_t)time.high << 32 | time.low);
}

shk_status shk_ticket_seal(shk_conn *conn, shk_session *session, shk_buf *out)
{
    const shk_crypto *crypto = conn->crypto;
    const shk_ticket_key *key = &conn->config->ticket_keys[0];
    shk_cipher_key *cipher = NULL;
    shk_buf plain = shk_buf_growing(conn->allocator);
    shk_status status = shk_encode(shk_session_shape, NULL, session, &plain, NULL);
    if (status == SHK_OK)
        status = shk_buf_reserve(out, AEAD_HEAD + plain.len + TAG);
    if (status == SHK_OK)
        status = crypto->cipher_new(crypto, SHK_CIPHER_AES_256_GCM, key->key, true, &cipher);
    if (status == SHK_OK) {
        uint8_t *at = out->data + out->len;
        memcpy(at, key->name, SHK_TICKET_KEY_NAME);
        conn->random.fill(conn->random.context, at + SHK_TICKET_KEY_NAME, NONCE);
        status = crypto->aead_seal(cipher, at + SHK_TICKET_KEY_NAME,
                                   shk_span_of(at, SHK_TICKET_KEY_NAME), shk_buf_span(&plain),
                                   at + AEAD_HEAD);
    }
    if (status == SHK_OK)
        out->len += AEAD_HEAD + plain.len + TAG;
    crypto->cipher_free(cipher);
    shk_buf_wipe(&plain);
    return status;
}

/* The key a ticket was sealed with, or NULL. */
static const shk_ticket_key *key_of(const shk_config *config, shk_span ticket)
{
    for (size_t i = 0; i < config->ticket_key_count; i++)
        if (memcmp(config->ticket_keys[i].name, ticket.data, SHK_TICKET_KEY_NAME) == 0)
            return &config->ticket_keys[i];
    return NULL;
}

bool shk_ticket_open(shk_conn *conn, shk_span ticket, shk_buf *bytes, shk_session *out)
{
    const shk_crypto *crypto = conn->crypto;
    const shk_config *config = conn->config;
    shk_cipher_key *cipher = NULL;
    bytes->len = 0;
    if (ticket.len < AEAD_HEAD + TAG)
        return false;
    const shk_ticket_key *key = key_of(config, ticket);
    if (key == NULL || shk_buf_reserve(bytes, ticket.len) != SHK_OK ||
        crypto->cipher_new(crypto, SHK_CIPHER_AES_256_GCM, key->key, false, &cipher) != SHK_OK)
        return false;
    bool ok = crypto->aead_open(cipher, ticket.data + SHK_TICKET_KEY_NAME,
                                shk_span_of(ticket.data, SHK_TICKET_KEY_NAME),
                                shk_span_of(ticket.data + AEAD_HEAD, ticket.len - AEAD_HEAD),
                                bytes->data) == SHK_OK;
    crypto->cipher_free(cipher);
    if (!ok)
        return false;
    bytes->len = ticket.len - AEAD_HEAD - TAG;
    return shk_session_read(shk_buf_span(bytes), out);
}

typedef struct {
    uint8_t id[MAX_SESSION_ID];
    size_t id_len; /* 0: free */
    shk_buf session;
} cache_slot;

struct shk_session_cache {
    const shk_allocator *allocator;
    size_t capacity;
    size_t next; /* the oldest, to be overwritten */
    cache_slot *slots;
};

shk_session_cache *shk_session_cache_new(const shk_allocator *allocator, size_t capacity)
{
    shk_session_cache *cache = (shk_session_cache *)shk_new(allocator, sizeof *cache);
    if (cache == NULL)
        return NULL;
    cache->allocator = allocator;
    cache->capacity = capacity;
    cache->slots = (cache_slot *)shk_new(allocator, capacity * sizeof cache->slots[0]);
    if (cache->slots == NULL) {
        shk_delete(allocator, cache, sizeof *cache);
        return NULL;
    }
    for (size_t i = 0; i < capacity; i++)
        cache->slots[i].session = shk_buf_growing(allocator);
    return cache;
}

void shk_session_cache_free(shk_session_cache *cache)
{
    if (cache == NULL)
        return;
    for (size_t i = 0; i < cache->capacity; i++)
        shk_buf_wipe(&cache->slots[i].session);
    shk_delete(cache->allocator, cache->slots, cache->capacity * sizeof cache->slots[0]);
    shk_delete(cache->allocator, cache, sizeof *cache);
}

void shk_session_cache_put(shk_session_cache *cache, shk_span id, shk_span session)
{
    cache_slot *slot = &cache->slots[cache->next];
    if (id.len == 0 || id.len > MAX_SESSION_ID)
        return;
    cache->next = (cache->next + 1) % cache->capacity;
    shk_buf_wipe(&slot->session);
    slot->id_len = 0;
    if (shk_buf_append(&slot->session, session) != SHK_OK)
        return;
    memcpy(slot->id, id.data, id.len);
    slot->id_len = id.len;
}

shk_span shk_session_cache_get(const shk_session_cache *cache, shk_span id)
{
    for (size_t i = 0; i < cache->capacity; i++) {
        const cache_slot *slot = &cache->slots[i];
        if (slot->id_len > 0 && shk_span_equal(id, shk_span_of(slot->id, slot->id_len)))
            return shk_buf_span(&slot->session);
    }
    return shk_span_of(NULL, 0);
}

void shk_session_cache_remove(shk_session_cache *cache, shk_span id)
{
    for (size_t i = 0; i < cache->capacity; i++) {
        cache_slot *slot = &cache->slots[i];
        if (slot->id_len > 0 && shk_span_equal(id, shk_span_of(slot->id, slot->id_len))) {
            shk_buf_wipe(&slot->session);
            slot->id_len = 0;
        }
    }
}
