/* The content of a session and of a ticket (shakedown/session.h).
 * The same struct serves both ends; the ticket and its age are the client's alone. */
#ifndef SHK_HANDSHAKE_SESSION_H
#define SHK_HANDSHAKE_SESSION_H

#include "conn_state.h"

typedef struct {
    uint16_t version;
    uint16_t suite;
    uint8_t extended_master_secret; /* TLS 1.2: 1 if it was used */
    uint8_t peer_verified;          /* 1 if the peer's chain was verified against trust anchors */
    uint16_t max_fragment_length;   /* bytes; 0: it was not negotiated */
    uint8_t external_psk;           /* 1 if the peer had a PSK instead */
    uint32_t start_high;            /* when it began, milliseconds since 1970, in two halves */
    uint32_t start_low;
    uint32_t lifetime; /* seconds */
    uint32_t age_add;  /* TLS 1.3 */
    uint32_t max_early_data;
    shk_span secret; /* the PSK, or master_secret */
    shk_span server_name;
    shk_span protocol;
    shk_span session_id; /* TLS 1.2 */
    shk_span ticket;     /* the client's copy; empty inside a ticket */
} shk_session;

void shk_session_shape(shk_codec *c, void *session);

/* Reads a session's bytes; false if they are none. The spans point into them. */
bool shk_session_read(shk_span bytes, shk_session *out);
int64_t shk_session_start_ms(const shk_session *session);
void shk_session_set_start_ms(shk_session *session, int64_t now_ms);
/* Whether it may still be resumed at that time. */
bool shk_session_alive(const shk_session *session, int64_t now_ms);

/* How the peer was authenticated: noted in a session, and taken over from one that is resumed. */
void shk_session_note_peer(const shk_conn *conn, shk_session *session);
void shk_session_restore_peer(shk_conn *conn, const shk_session *session);

/* Seals a session into a ticket with the configuration's first key, appended to `out`. */
shk_status shk_ticket_seal(shk_conn *conn, shk_session *session, shk_buf *out);
/* Opens a ticket into `bytes`, which backs `out`. False, without an error, if it is not one of ours
 * or too old. */
bool shk_ticket_open(shk_conn *conn, shk_span ticket, shk_buf *bytes, shk_session *out);

#endif
