/* The driver: pumps two endpoints against each other in memory until there is a verdict.
 * A handshake is good only if both ends say so and agree on everything that was negotiated. */
#ifndef SHK_DRIVE_H
#define SHK_DRIVE_H

#include "drive/wire.h"
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
    size_t early_sent;        /* bytes of early data that the client queued */
    shk_wire wire[2];         /* what was seen of client and server */
    bool compared[SHK_FACTS]; /* facts that both ends reported and that were compared */
    char why[SHK_WHY_SIZE];   /* DISAGREED, BROKEN and REFUSED: for a person */
} shk_verdict;

/* Called with every flight as it is taken from one end; for recordings. May be NULL. */
typedef void shk_flight_observer(void *context, bool from_server, shk_span bytes);

/* Who begins the second handshake, below TLS 1.3. */
typedef enum {
    SHK_RENEGOTIATE_NEVER,
    SHK_RENEGOTIATE_BY_CLIENT,
    SHK_RENEGOTIATE_BY_SERVER
} shk_renegotiation;

typedef struct {
    size_t chunk;      /* bytes handed over at a time; 0: all there are */
    bool key_updates;  /* TLS 1.3: each end sends a KeyUpdate (requesting one) between two exchanges
                          of data */
    size_t data;       /* bytes of application data in each direction; 0: 64 */
    size_t early_data; /* bytes of early data that the client queues before its first flight, if it
                          has a session that allows it; 0: none */
    bool post_handshake_auth;      /* the server asks for the client's certificate after the first
                                      exchange of data, and must get it */
    shk_renegotiation renegotiate; /* after the first exchange of data */
    shk_flight_observer *observer;
    void *observer_context;
} shk_drive_options;

/* Drives `client` against `server` (both new) through handshake, data both ways, exporter, channel
 * bindings and close_notify. The server must read early data unchanged if it accepts them, and none
 * if it does not. Bounded: the verdict is BROKEN when both ends wait, or after 4096 exchanges. */
void shk_drive(const shk_endpoint_kind *client_kind, shk_endpoint *client,
               const shk_endpoint_kind *server_kind, shk_endpoint *server,
               const shk_drive_options *options, shk_verdict *out);

/* What is expected of the second connection's early data. */
typedef enum { SHK_EARLY_ANY, SHK_EARLY_ACCEPTED, SHK_EARLY_REJECTED } shk_early_outcome;

/* For one of two connections, where the second offers the session of the first. Turns a GOOD
 * verdict into BROKEN if the connection should have been resumed (`resumed`) and was not, or the
 * reverse; and for the second also if it sent no early data, or if their outcome is not `early`.
 * The text of a verdict that is not GOOD then names the connection. */
void shk_check_resumption(shk_verdict *verdict, bool second, bool resumed, shk_early_outcome early);

const char *shk_verdict_name(shk_verdict_kind kind);

#endif
