/* Sessions: what a later handshake resumes from (RFC 8446 §2.2, RFC 5246 §7.3, RFC 5077), and
 * external PSKs. A session travels as opaque bytes: a client gets them from its configuration's
 * sink and gives them back in a later configuration; a server seals them into tickets or keeps them
 * in a cache. */
#ifndef SHAKEDOWN_SESSION_H
#define SHAKEDOWN_SESSION_H

#include "registry.h"

enum { SHK_TICKET_KEY_NAME = 16, SHK_TICKET_KEY = 32 };

/* A key that seals tickets (AES-256-GCM). The first of a configuration seals, all of them open: to
 * rotate, put a new one in front. */
typedef struct {
    uint8_t name[SHK_TICKET_KEY_NAME]; /* sent in clear, to find the key again (RFC 5077 §4) */
    uint8_t key[SHK_TICKET_KEY];       /* secret */
} shk_ticket_key;

/* A PSK provisioned out of band (RFC 8446 §2.2, RFC 4279), for TLS 1.3 and for the PSK suites
 * below. In TLS 1.3 it goes with one hash, or is imported for each (RFC 9258). */
typedef struct {
    shk_span identity; /* to 65535 bytes, imported SHK_MAX_IMPORTED_IDENTITY; an empty one serves
                          below TLS 1.3 alone (RFC 4279 §2), and is not imported */
    shk_span key;      /* 1 to SHK_MAX_PSK bytes */
    shk_hash hash;     /* SHK_HASH_NONE: SHA-256 (RFC 8446 §4.2.11) */
    bool import;       /* for all hashes, by the importer of RFC 9258 */
    shk_span import_context; /* of ImportedIdentity */
} shk_external_psk;

enum { SHK_MAX_PSK = 64, SHK_MAX_IMPORTED_IDENTITY = 256, SHK_MAX_PSKS = 4 };

/* How a PSK of TLS 1.3 may be used (RFC 8446 §4.2.9): with (EC)DHE, alone, or as the peer likes. */
typedef enum { SHK_PSK_DHE_KE, SHK_PSK_KE, SHK_PSK_EITHER } shk_psk_mode;

/* Called with a session that can be resumed; the bytes are the callee's to copy. Empty: by a fatal
 * alert, sent or received, the connection has failed, and what it was given before, or has offered,
 * must not be resumed again (RFC 5246 §7.2.2, RFC 8446 §6.2). */
typedef void shk_session_sink(void *context, shk_span session);

/* Whether the bytes are a session, as a sink was given it. */
bool shk_session_readable(shk_span session);

/* A server's cache of sessions by id, bounded: the oldest makes room. Not shared between threads.
 */
typedef struct shk_session_cache shk_session_cache;

/* Room for `capacity` sessions. NULL: no memory. */
shk_session_cache *shk_session_cache_new(const shk_allocator *allocator, size_t capacity);
/* Frees the cache and what it holds; NULL is taken too. */
void shk_session_cache_free(shk_session_cache *cache);
/* Keeps a copy under the id (at most 32 bytes). Without memory nothing is kept. */
void shk_session_cache_put(shk_session_cache *cache, shk_span id, shk_span session);
/* Forgets the session of the id, if there is one. */
void shk_session_cache_remove(shk_session_cache *cache, shk_span id);
/* The session of the id, valid until the next put; empty if there is none. */
shk_span shk_session_cache_get(const shk_session_cache *cache, shk_span id);

/* What a server remembers of the early data it took, so that none is taken twice (RFC 8446 §8.2):
 * bounded, and full it admits nothing. Shared by all that share ticket keys; not between threads. A
 * server whose ticket keys are older than its guard waits 20 seconds before it takes early data. */
typedef struct shk_replay_guard shk_replay_guard;

/* Room for `capacity` ClientHellos within a window of time, in milliseconds: twice what a ticket's
 * age may be off, which is 10 seconds. NULL: no memory. */
shk_replay_guard *shk_replay_guard_new(const shk_allocator *allocator, size_t capacity);
/* Frees the guard; NULL is taken too. */
void shk_replay_guard_free(shk_replay_guard *guard);
/* Whether the ClientHello with this binder is seen for the first time within the window; then it is
 * remembered. `now_ms` as a shk_clock's. */
bool shk_replay_guard_admit(shk_replay_guard *guard, shk_span binder, int64_t now_ms);

#endif
