/* The connection: one end of a TLS handshake and of the data after it, bytes in and bytes out.
 * It does no I/O, reads no clock and draws no randomness but through its configuration; the clock
 * at most once in each call. */
#ifndef SHAKEDOWN_CONN_H
#define SHAKEDOWN_CONN_H

#include "config.h"

/* One connection; used by one thread at a time. */
typedef struct shk_conn shk_conn;

/* What was negotiated; 0 or empty where it does not apply or is not known yet. */
typedef struct {
    uint16_t version;     /* ProtocolVersion */
    uint16_t suite;       /* CipherSuite */
    uint16_t group;       /* NamedGroup of the (EC)DHE exchange */
    uint16_t scheme;      /* with which the server signed */
    shk_span protocol;    /* ALPN */
    shk_span server_name; /* server: the client's SNI */
    bool connected;       /* the handshake is complete and application data may be sent */
    bool peer_closed;     /* the peer sent close_notify */
    bool resumed;         /* from a session */
    bool external_psk;    /* with a PSK provisioned out of band */
    bool peer_verified; /* its chain was verified against trust anchors, or its raw key is trusted:
                           in this handshake or in the one that is resumed, which an external PSK
                           may have authenticated instead */
    bool peer_authenticated; /* the peer sent a certificate and proved its key: in this handshake,
                                or, if it was verified, in the one that is resumed */
    bool raw_public_key;     /* the server sent a raw public key (RFC 7250) */
    bool certificate_compressed; /* the server's Certificate was compressed (RFC 8879) */
    bool status_verified;  /* client: a stapled OCSP response says that the certificate is good */
    uint16_t timestamps;   /* client: SCTs that the server sent in ServerHello or Certificate */
    bool encrypt_then_mac; /* negotiated, and used by the suite */
    bool extended_master_secret;    /* negotiated (RFC 7627) */
    uint16_t send_limit;            /* bytes of content in a record, by max_fragment_length or
                                       record_size_limit; 0: neither was negotiated */
    bool secure_renegotiation;      /* below TLS 1.3: the peer has renegotiation_info (RFC 5746) */
    unsigned renegotiations;        /* completed */
    unsigned later_authentications; /* TLS 1.3: post-handshake CertificateRequests that the client
                                       has answered, with a certificate or without */
    bool retried;                   /* there was a HelloRetryRequest */
    bool early_data_offered;        /* the client sent, or may have sent, early data */
    bool early_data;                /* the server accepts it; if not, it is lost */
    uint64_t early_data_received;   /* server: how many of the first bytes of application data were
                                       early data, and may be a replay */
    bool ech_accepted;              /* the handshake is that of the inner ClientHello (RFC 9849) */
    shk_span
        ech_retry_configs;     /* client, after SHK_E_ECH_REJECTED: the server's ECHConfigList for
                                  another attempt; empty: it does not do ECH, or was not verified */
    uint32_t deviations;       /* of the peer, that were tolerated: 1 << shk_deviation */
    uint64_t key_updates_sent; /* KeyUpdate messages */
    uint64_t key_updates_received; /* likewise */
    uint64_t tickets_received;     /* client: NewSessionTicket messages */
} shk_conn_info;

/* Why a connection failed. */
typedef struct {
    shk_fault
        fault; /* which row, where in the message, which field; status SHK_OK: it did not fail */
    const char *message; /* the handshake message being read or written, or NULL */
    int alert_sent;      /* AlertDescription of the fatal alert we sent, -1: none */
    int alert_received;  /* of the fatal alert the peer sent, -1: none */
    shk_source_line at;  /* of INTERNAL, CRYPTO and NO_MEMORY: the line of ours that saw it */
} shk_conn_failure;

/* A new connection over `config`, which it keeps. `random` is copied; its context must outlive the
 * connection. Errors: SHK_E_NO_MEMORY, SHK_E_CONFIG (no provider, versions out of order, an unknown
 * code point, a server without credential ...). */
shk_status shk_conn_new(const shk_config *config, const shk_random *random, shk_conn **out);
/* Wipes and frees the connection; nothing is sent. NULL is taken too. */
void shk_conn_free(shk_conn *conn);

/* Begins the handshake: a client's ClientHello waits in the output afterwards. For a server it does
 * nothing. */
shk_status shk_conn_start(shk_conn *conn);

/* Feeds `len` bytes received from the peer. All of them are consumed unless an error is returned;
 * replies, alerts included, wait in the output. After an error the connection only yields its alert
 * and then ends. Errors: any row of errors.def; shk_conn_failure_of tells which and where. `bytes`
 * need not outlive the call. */
shk_status shk_conn_feed(shk_conn *conn, const uint8_t *bytes, size_t len);
/* Tells that the peer's stream has ended. SHK_E_TRUNCATION unless close_notify came first (RFC 8446
 * §6.1). */
shk_status shk_conn_feed_end(shk_conn *conn);

/* Client: protects early data into the output, after shk_conn_start (RFC 8446 §2.3). It can be read
 * by whoever replays it, and is lost where the server turns it down (info.early_data false once
 * connected). SHK_E_NO_EARLY_DATA where none is offered or its time is over, SHK_E_EARLY_DATA_LIMIT
 * beyond what the session allows: nothing is sent then. */
shk_status shk_conn_write_early(shk_conn *conn, const uint8_t *data, size_t len);
/* How many bytes of early data can still be written. */
size_t shk_conn_early_data_left(const shk_conn *conn);

/* What waits to be sent; valid until the next call. */
shk_span shk_conn_output(const shk_conn *conn);
/* Forgets the first `len` bytes of the output: they have been sent. */
void shk_conn_sent(shk_conn *conn, size_t len);

/* Protects application data into the output. SHK_E_NOT_CONNECTED, SHK_E_CLOSED. Of this and of the
 * calls below: another error, as SHK_E_NO_MEMORY, comes of a call that may have sent a part of what
 * it should, and ends the connection as one of shk_conn_feed does. */
shk_status shk_conn_write(shk_conn *conn, const uint8_t *data, size_t len);
/* Moves out up to `cap` bytes of application data that have arrived; returns how many. */
size_t shk_conn_read(shk_conn *conn, uint8_t *data, size_t cap);

/* Sends a KeyUpdate (RFC 8446 §4.6.3); `request`: the peer shall send one too. SHK_E_CLOSED,
 * SHK_E_NOT_CONNECTED also below TLS 1.3. */
shk_status shk_conn_key_update(shk_conn *conn, bool request);
/* Begins a new handshake: a client's ClientHello, or a server's HelloRequest, which the peer may
 * turn down by a warning; a client then fails with SHK_E_RENEGOTIATION_TURNED_DOWN.
 * SHK_E_NOT_CONNECTED also in TLS 1.3; SHK_E_NO_RENEGOTIATION unless the configuration and the peer
 * allow it. */
shk_status shk_conn_renegotiate(shk_conn *conn);
/* Server, TLS 1.3: asks for the client's certificate (RFC 8446 §4.6.2). SHK_E_NOT_CONNECTED also
 * below TLS 1.3; SHK_E_NO_POST_HANDSHAKE_AUTH unless the configuration and the client allow it, or
 * while another request waits. */
shk_status shk_conn_request_authentication(shk_conn *conn);
/* Sends close_notify; nothing can be written afterwards. */
shk_status shk_conn_close(shk_conn *conn);

/* Keying material (RFC 5705, RFC 8446 §7.5): `len` bytes for `label` and `context`, of at most
 * 65535 bytes below TLS 1.3 (else SHK_E_VECTOR_LENGTH). A context whose data is NULL is none, which
 * below TLS 1.3 differs from an empty one (RFC 5705 §4).
 * SHK_E_NOT_CONNECTED, SHK_E_CLOSED; SHK_E_EXPORTER_EMS (RFC 7627 §5.4); SHK_E_EXPORTER_LABEL for
 * the labels of TLS itself (RFC 5705 §6). */
shk_status shk_conn_export(shk_conn *conn, const char *label, shk_span context, uint8_t *out,
                           size_t len);

/* As shk_conn_export, of the early exporter (RFC 8446 §7.5): with early data, from the ClientHello
 * on, as long as the server has not turned it down. SHK_E_NO_EARLY_DATA. */
shk_status shk_conn_export_early(shk_conn *conn, const char *label, shk_span context, uint8_t *out,
                                 size_t len);

/* Channel bindings (RFC 5929, RFC 9266). tls-unique is of TLS 1.2 and below, with
 * extended_master_secret; tls-server-end-point needs the server's certificate in this connection.
 */
typedef enum { SHK_TLS_UNIQUE, SHK_TLS_SERVER_END_POINT, SHK_TLS_EXPORTER } shk_channel_binding;
/* The binding, up to SHK_MAX_HASH bytes. SHK_E_NO_CHANNEL_BINDING where there is none of the kind;
 * SHK_E_NOT_CONNECTED, SHK_E_CLOSED. */
shk_status shk_conn_channel_binding(shk_conn *conn, shk_channel_binding kind, uint8_t *out,
                                    size_t *len);

/* What was negotiated so far; its spans are good until the next call. */
shk_conn_info shk_conn_info_of(const shk_conn *conn);
/* Why the connection failed, if it did; valid until the next call. */
const shk_conn_failure *shk_conn_failure_of(const shk_conn *conn);
/* The failure as one line, e.g. "fatal illegal_parameter (47): ... [RFC 8446 §4.1.3], at byte 43 of
 * server_hello". Returns the length it has, as snprintf. */
size_t shk_conn_describe(const shk_conn *conn, char *text, size_t size);

#endif
