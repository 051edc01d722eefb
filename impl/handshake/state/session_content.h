/* The content of a session and of a ticket (shakedown/session.h).
 * The same struct serves both ends; the ticket and its age are the client's alone. */
#ifndef SHK_HANDSHAKE_STATE_SESSION_CONTENT_H
#define SHK_HANDSHAKE_STATE_SESSION_CONTENT_H

#include "shakedown/codec.h"
#include "shakedown/conn.h"
#include "shakedown/crypto.h"

/* Of these bytes. A session with another number is none: what it carries is not known. */
enum { SHK_SESSION_FORMAT = 2 };
enum { SHK_MAX_SESSION_ID = 32 }; /* bytes (RFC 5246 §7.4.1.2) */

/* A time in milliseconds since 1970, in two halves, as the codec has them. */
typedef struct {
    uint32_t high;
    uint32_t low;
} shk_session_time;

typedef struct {
    uint16_t format; /* SHK_SESSION_FORMAT */
    uint16_t version;
    uint16_t suite;
    uint8_t extended_master_secret; /* TLS 1.2: 1 if it was used */
    uint8_t peer_verified;          /* 1 if the peer's chain was verified against trust anchors */
    uint16_t max_fragment_length;   /* bytes; 0: it was not negotiated */
    uint8_t external_psk;           /* 1 if the peer had a PSK instead */
    shk_session_time start;         /* when it began */
    shk_session_time authenticated; /* when the last full handshake was, which may be earlier */
    shk_session_time until;         /* when what verified the peer ends; 0: it does not */
    uint32_t lifetime;              /* seconds */
    uint32_t age_add;               /* TLS 1.3 */
    uint32_t max_early_data;
    shk_span secret; /* the PSK, or master_secret */
    shk_span trust;  /* shk_trust_digest */
    shk_span server_name;
    shk_span protocol;
    shk_span session_id; /* TLS 1.2 */
    shk_span ticket;     /* the client's copy; empty inside a ticket */
} shk_session;

void shk_session_shape(shk_codec *c, void *session);
/* Reads a session's bytes; false if they are none. The spans point into them. */
bool shk_session_read(shk_span bytes, shk_session *out);
/* Client: reads the configuration's session; version 0: there is none. */
void shk_load_session(shk_conn *conn);
int64_t shk_session_ms(shk_session_time time);
/* Client: hands a session to the configuration's sink. */
shk_status shk_deliver_session(shk_conn *conn, shk_session *session);

#endif
