/* The endpoint vtable: one end of a handshake, whoever implements it, driven in memory by bytes in
 * and bytes out. Three kinds exist, each in a folder of its own: ours, openssl and gnutls. */
#ifndef SHK_ENDPOINT_H
#define SHK_ENDPOINT_H

#include "endpoint/settings.h"

enum { SHK_MAX_PROTOCOL = 255, SHK_MAX_NAME = 255, SHK_MAX_BINDING = 64 };
/* Room for names as shk_printable_text writes them. */
enum { SHK_PROTOCOL_SIZE = 4 * SHK_MAX_PROTOCOL + 1, SHK_NAME_SIZE = 4 * SHK_MAX_NAME + 1 };

/* The facts that each end reports (facts.def). */
typedef enum {
#define SHK_FACT(field, type, namer, who, words) SHK_FACT_##field,
#define SHK_FACT_BYTES(fact, name, where, words) SHK_FACT_##fact,
#define SHK_FACT_EVENT(fact, name) SHK_FACT_##fact,
#include "endpoint/facts.def"
#undef SHK_FACT
#undef SHK_FACT_BYTES
#undef SHK_FACT_EVENT
    SHK_FACTS
} shk_fact;

/* ENDED: the peer's close_notify has arrived; the end may still write, and sends its own on
 * `shutdown`. FAILED: an alert, sent or received, or a failure of its own has ended it. */
typedef enum { SHK_HANDSHAKING, SHK_CONNECTED, SHK_ENDED, SHK_FAILED } shk_endpoint_state;

/* What an end reports of its connection; 0, -1 or empty: it did not happen, unless the kind cannot
 * report the fact (`untold`).
 */
typedef struct {
    shk_endpoint_state state;        /* where it stands */
    uint16_t version;                /* ProtocolVersion */
    uint16_t suite;                  /* CipherSuite */
    uint16_t group;                  /* of the (EC)DHE exchange */
    uint16_t scheme;                 /* with which the server signed */
    char alpn[SHK_PROTOCOL_SIZE];    /* as shk_printable_text writes it; so is server_name */
    char server_name[SHK_NAME_SIZE]; /* that the client asks for, never an address (RFC 6066 §3) */
    bool resumed;                    /* from a session, not by an external PSK */
    bool external_psk;               /* by the PSK provisioned out of band */
    bool peer_verified;          /* ours: by trust anchors, by its raw key or by a PSK; here or in
                                    the handshake that is resumed */
    bool client_authenticated;   /* server: the client has shown a certificate and proved its key,
                                    here or in the handshake that is resumed */
    bool early_data;             /* accepted */
    bool extended_master_secret; /* below TLS 1.3 */
    bool encrypt_then_mac;       /* below TLS 1.3: a CBC suite that is used with RFC 7366 */
    bool ech_accepted;           /* the server has decrypted the inner ClientHello (RFC 9849) */
    bool retried;                /* there was a HelloRetryRequest */
    bool raw_public_key;         /* the server's key came raw (RFC 7250) */
    bool status_verified;        /* client: a good OCSP response was stapled */
    bool certificate_compressed; /* the server's Certificate came compressed (RFC 8879) */
    bool secure_renegotiation;   /* below TLS 1.3: the peer has renegotiation_info (RFC 5746) */
    uint16_t sct_count;          /* client: SCTs that the server sent */
    uint16_t tickets;            /* client: NewSessionTickets that came */
    uint16_t send_limit; /* bytes of content in a record, by what the peer asked for; 0: no limit */
    uint16_t renegotiations;        /* completed */
    uint16_t later_authentications; /* TLS 1.3: requests after the handshake that the client
                                       has answered, be it without a certificate */
    uint32_t deviations;            /* ours: of the peer, tolerated: 1 << shk_deviation */
    int alert_sent;                 /* AlertDescription of the fatal alert, -1: none */
    int alert_received;             /* likewise */
    char why[SHK_WHY_SIZE];         /* its failure in the words of its library */
    const char *untold[SHK_FACTS];  /* why the kind cannot report the fact of such a connection;
                                       NULL: it reports it */
} shk_endpoint_result;

typedef struct shk_endpoint_setup shk_endpoint_setup; /* what many connections share (an SSL_CTX) */
typedef struct shk_endpoint shk_endpoint;             /* one connection */

/* One kind of endpoint. Functions that can fail return false and say why in `why` (SHK_WHY_SIZE
 * bytes) or, where there is none, in the connection's result. No function blocks, reads a socket or
 * sleeps. Each kind declares the facts that it cannot report (facts.h).
 */
typedef struct {
    const char *name; /* "ours", "openssl", "gnutls" */
    /* Version text of the linked library, for reports. */
    const char *(*library_version)(void);
    /* Reads files and builds what connections share. False names the file, suite or group that is
     * not usable. */
    bool (*setup)(const shk_endpoint_config *config, shk_endpoint_setup **out, char *why);
    /* Frees it, after all of its connections. */
    void (*teardown)(shk_endpoint_setup *setup);
    /* Appends what a later set-up with the same configuration needs to resume from this one's last
     * session. False without memory. NULL: the kind cannot. */
    bool (*save)(const shk_endpoint_setup *setup, shk_buf *out);
    /* Forgets the sessions of all connections that there were, as if there had been none. False
     * without memory. NULL: the kind cannot. */
    bool (*forget)(shk_endpoint_setup *setup);
    /* A new connection. `seed` makes ours repeatable; the libraries ignore it. NULL: no memory. */
    shk_endpoint *(*open)(shk_endpoint_setup *setup, uint64_t seed);
    /* Frees the connection; nothing is sent. */
    void (*close)(shk_endpoint *end);
    /* Feeds bytes from the peer (none at first, so that a client starts) and processes all of them.
     * All bytes are consumed. */
    void (*feed)(shk_endpoint *end, shk_span bytes);
    /* Moves the output that waits to be sent to the end of `out`. */
    void (*take)(shk_endpoint *end, shk_buf *out);
    /* Queues application data, all of it, after CONNECTED. */
    bool (*write)(shk_endpoint *end, shk_span data);
    /* Moves out up to `cap` bytes of application data that have arrived; returns how many. */
    size_t (*read)(shk_endpoint *end, uint8_t *data, size_t cap);
    /* Sends close_notify, unless it has been sent. */
    void (*shutdown)(shk_endpoint *end);
    /* TLS 1.3 KeyUpdate; `request`: the peer shall update too. False where it cannot be done. */
    bool (*key_update)(shk_endpoint *end, bool request);
    /* Client, before its first feed: queues early data (RFC 8446 §2.3) for a session that allows
     * it. A server reads early data as all other. False where it cannot be done. */
    bool (*write_early)(shk_endpoint *end, shk_span data);
    /* Server, TLS 1.3: asks for the client's certificate after the handshake (RFC 8446 §4.6.2). */
    bool (*request_authentication)(shk_endpoint *end);
    /* Below TLS 1.3: begins a new handshake by ClientHello or HelloRequest (RFC 5746). */
    bool (*renegotiate)(shk_endpoint *end);
    /* A channel binding by its registered name: tls-unique (RFC 5929 §3), tls-server-end-point
     * (§4), tls-exporter (RFC 9266). Up to SHK_MAX_BINDING bytes; 0 where the kind or the
     * connection has none. */
    size_t (*channel_binding)(shk_endpoint *end, const char *name, uint8_t *out);
    /* Keying material exporter (RFC 5705, RFC 8446 §7.5); label without terminator. A context
     * whose data is NULL is none, which differs from an empty one in TLS 1.2. */
    bool (*export_keys)(shk_endpoint *end, const char *label, shk_span context, uint8_t *out,
                        size_t len);
    /* The connection's lines of the NSS key log so far, each with its line break; good until the
     * next call. NULL: the kind tells none. */
    shk_span (*key_log)(const shk_endpoint *end);
    /* What the connection has come to so far. */
    void (*result)(shk_endpoint *end, shk_endpoint_result *out);
} shk_endpoint_kind;

extern const shk_endpoint_kind shk_endpoint_ours;    /* on impl/ */
extern const shk_endpoint_kind shk_endpoint_openssl; /* on libssl */
extern const shk_endpoint_kind shk_endpoint_gnutls;  /* on libgnutls */

#endif
