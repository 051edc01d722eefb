/* One connection that the server serves, from accept to the last byte.
 * Answers a GET with the page, if need be after a step that the path asks for, and echoes
 * everything else; never blocks. */
#ifndef SHK_APP_CONNECTION_H
#define SHK_APP_CONNECTION_H

#include <poll.h>

#include "app/report.h"
#include "app/socket.h"
#include "app/stream.h"

/* LINGERING: everything is sent; the peer must end TCP first (or a time-out does), or a reset could
 * destroy what is in flight. */
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
    shk_report report;
    char peer[SHK_ADDRESS_SIZE];
    shk_buf request;             /* received so far, while it may be a request */
    unsigned awaited_handshakes; /* the answer waits until so many handshakes after the first are
                                    complete; 0: it does not wait */
    unsigned seen_handshakes;    /* how many of them have been recorded */
    size_t unread;               /* bytes that came in a renegotiation */
    int64_t timeout_ms;          /* without progress */
    int64_t since_ms;            /* when the handshake, the time after it, or the closing started */
    int64_t linger_until_ms;
    bool was_connected;
} shk_app_connection;

/* Takes over `fd` and `end`. `timeout_ms`: how long it may go without progress; app/stream.h limits
 * how long slow progress may last. */
void shk_app_connection_open(shk_app_connection *s, int fd, const char *peer,
                             const shk_endpoint_kind *kind, shk_endpoint *end, int64_t timeout_ms);
void shk_app_connection_close(shk_app_connection *s);

/* The events to poll the socket for. */
short shk_app_connection_events(const shk_app_connection *s);
/* When shk_app_connection_step must be called even without an event, in milliseconds of shk_now_ms.
 */
int64_t shk_app_connection_deadline(const shk_app_connection *s);
/* Receives and sends as `revents` allow, and handles time-outs. */
void shk_app_connection_step(shk_app_connection *s, short revents);
/* Closes the connection as soon as possible. */
void shk_app_connection_end(shk_app_connection *s);

#endif
