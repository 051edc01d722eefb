/* Sessions: what a later handshake resumes from (RFC 8446 §2.2, RFC 5246 §7.3, RFC 5077), and
 * external PSKs. A session travels as opaque bytes: a client gets them from its configuration's
 * sink and gives them back in a later configuration; a server seals them into tickets or keeps them
 * in a cache. */
#ifndef SHAKEDOWN_SESSION_H
#define SHAKEDOWN_SESSION_H

#include "codec.h"

enum { SHK_TICKET_KEY_NAME = 16, SHK_TICKET_KEY = 32 };

/* A key that seals tickets (AES-256-GCM). The first of a configuration seals, all of them open: to
 * rotate, put a new one in front. */
typedef struct {
    uint8_t name[SHK_TICKET_KEY_NAME];
    uint8_t key[SHK_TICKET_KEY];
} shk_ticket_key;

/* A PSK provisioned out of band (RFC 8446 §2.2), for SHA-256 suites. */
typedef struct {
    shk_span identity;
    shk_span key;
} shk_external_psk;

/* Called with a session that can be resumed; the bytes are the callee's to copy. */
typedef void shk_session_sink(void *context, shk_span session);

/* A server's cache of sessions by id, bounded: the oldest makes room. Not shared between threads.
 */
typedef struct shk_session_cache shk_session_cache;

/* Room for `capacity` sessions. NULL: no memory. */
shk_session_cache *shk_session_cache_new(const shk_allocator *allocator, size_t capacity);
void shk_session_cache_free(shk_session_cache *cache);
/* Keeps a copy under the id (at most 32 bytes). Without memory nothing is kept. */
void shk_session_cache_put(shk_session_cache *cache, shk_span id, shk_span session);
/* Forgets the session of the id, if there is one. */
void shk_session_cache_remove(shk_session_cache *cache, shk_span id);
/* The session of the id, valid until the next put; empty if there is none. */
shk_span shk_session_cache_get(const shk_session_cache *cache, shk_span id);

#endif
