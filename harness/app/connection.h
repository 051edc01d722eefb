/* One connection that the server serves, from accept to the last byte.
 * Answers a GET with the page, if need be after a step that the path asks for, and echoes
 * everything else; never blocks. */
#ifndef SHK_APP_CONNECTION_H
#define SHK_APP_CONNECTION_H

#include <poll.h>

#include "app/negotiated.h"
#include "app/socket.h"
#include "app/stream.h"

/* LINGERING: all is said, and the peer has to end TCP (or time runs out) so that nothing is lost in
 * a reset. */
typedef enum {
    SHK_CONNECTION_OPEN,
    SHK_CONNECTION_CLOSING,
    SHK_CONNECTION_LINGERING,
    SHK_CONNECTION_DONE
} shk_connection_phase;

typedef enum {
    SHK_CONNECTION_UNDECIDED,
    SHK_CONNECTION_ECHOES,
    SHK_CONNECTION_ANSWERS
} shk_connection_mode;

typedef struct {
    shk_connection_phase phase;
    shk_connection_mode mode;
    shk_stream stream;
    shk_negotiated report;
    char peer[SHK_ADDRESS_SIZE];
    shk_buf request;  /* what has come, while it may become a request */
    unsigned awaited; /* the answer waits for so many handshakes after the first; 0: it does not */
    unsigned noted;   /* how many of them were seen to end */
    size_t unread;    /* bytes that came in a renegotiation */
    int64_t timeout_ms; /* without progress */
    int64_t since_ms;   /* when the handshake began, what follows it, or the end */
    int64_t linger_until_ms;
    bool was_connected;
} shk_app_connection;

/* Takes over `fd` and `end`. `timeout_ms`: how long it may go without progress; how long it may go
 * on with little, app/stream.h tells. */
void shk_app_connection_open(shk_app_connection *s, int fd, const char *peer,
                             const shk_endpoint_kind *kind, shk_endpoint *end, int64_t timeout_ms);
void shk_app_connection_close(shk_app_connection *s);

/* What to poll the session's socket for. */
short shk_app_connection_events(const shk_app_connection *s);
/* When the session wants to be called though nothing happened, in milliseconds of shk_now_ms. */
int64_t shk_app_connection_deadline(const shk_app_connection *s);
/* Does what `revents` allow and what the time asks for. */
void shk_app_connection_step(shk_app_connection *s, short revents);
/* Says goodbye as soon as possible. */
void shk_app_connection_end(shk_app_connection *s);

#endif
