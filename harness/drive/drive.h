/* The driver: pumps two endpoints against each other in memory until there is a verdict.
 * A handshake is good only if both ends say so and agree on everything that was negotiated. */
#ifndef SHK_DRIVE_H
#define SHK_DRIVE_H

#include "endpoint/endpoint.h"

typedef enum {
    SHK_VERDICT_GOOD,      /* both succeeded, agree, and data crossed both ways */
    SHK_VERDICT_REFUSED,   /* one end refused with a fatal alert and the other saw that alert */
    SHK_VERDICT_DISAGREED, /* both succeeded, but differ: `why` says in what */
    SHK_VERDICT_BROKEN     /* anything else: no progress, an end without an alert, data lost */
} shk_verdict_kind;

typedef struct {
    shk_verdict_kind kind;
    int alert;              /* REFUSED: the AlertDescription, else -1 */
    bool alert_from_server; /* REFUSED */
    shk_endpoint_result client;
    shk_endpoint_result server;
    size_t client_bytes; /* that each end sent in all */
    size_t server_bytes;
    char why[SHK_WHY_SIZE]; /* DISAGREED, BROKEN and REFUSED: for a person */
} shk_verdict;

/* Called with every flight as it is taken from one end; for recordings. May be NULL. */
typedef void shk_flight_observer(void *context, bool from_server, shk_span bytes);

typedef struct {
    size_t chunk;     /* bytes handed over at a time; 0: all there are */
    bool key_updates; /* TLS 1.3: each end sends a KeyUpdate (requesting one) between two exchanges
                         of data */
    size_t data;      /* bytes of application data in each direction; 0: 64 */
    shk_flight_observer *observer;
    void *observer_context;
} shk_drive_options;

/* Drives `client` against `server` (both new) through handshake, data both ways, exporter and
 * close_notify. Bounded: gives up as BROKEN when both ends are waiting, or after 4096 exchanges. */
void shk_drive(const shk_endpoint_kind *client_kind, shk_endpoint *client,
               const shk_endpoint_kind *server_kind, shk_endpoint *server,
               const shk_drive_options *options, shk_verdict *out);

/* Of two connections over the same set-ups, of which the second is to resume the session of the
 * first: makes a GOOD verdict BROKEN if the connection was not resumed at both ends (`second`), or
 * was (the first), and has the words of one that is not good name the connection. */
void shk_judge_resumption(shk_verdict *verdict, bool second);

const char *shk_verdict_name(shk_verdict_kind kind);

#endif
