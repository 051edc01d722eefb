/* What a connection holds. For conn.c, conn_input.c and handshake/ alone; the public side is
 * shakedown/conn.h. */
#ifndef SHK_HANDSHAKE_STATE_CONN_STATE_H
#define SHK_HANDSHAKE_STATE_CONN_STATE_H

#include <assert.h>

#include "crypto/transcript.h"
#include "handshake/state/host_name.h"
#include "record/protection.h"
#include "shakedown/conn.h"

typedef struct shk_handshake shk_handshake;

/* A message as a step sees it. */
typedef struct {
    shk_message id;
    shk_span raw;     /* with the header of 4 bytes */
    shk_span bytes;   /* what the body was decoded from, behind a header: of `raw`, unless we
                         deviate */
    const void *body; /* see SHK_MESSAGE_BODY */
} shk_received;

/* The body of a shk_received as the struct of its row, shk_NAME:
 *     const shk_finished *m = SHK_MESSAGE_BODY(message, finished);
 * Asserts that the row is that of the message. */
#define SHK_MESSAGE_BODY(message, name)                                                            \
    (assert((message)->id == SHK_MSG_##name), (const shk_##name *)(message)->body)

/* Where values of RFC 8701 stand. A key share is of the group's value. */
typedef enum {
    SHK_GREASE_SUITE,
    SHK_GREASE_GROUP,
    SHK_GREASE_VERSION,
    SHK_GREASE_SCHEME,
    SHK_GREASE_PROTOCOL,
    SHK_GREASE_PSK_MODE,
    SHK_GREASE_EXTENSION_1,
    SHK_GREASE_EXTENSION_2,
    SHK_GREASE_PLACES
} shk_grease_place;

/* How the peer was authenticated: in this connection, or in the handshake that it resumes. */
typedef struct {
    const shk_external_psk *psk; /* by a PSK provisioned out of band, here */
    bool by_external_psk;        /* here or there */
    int64_t until_ms;            /* when what verified it ends, milliseconds since 1970; 0: never */
    bool noted;                  /* the rest is known: a session has been made or resumed */
    int64_t authenticated_ms;    /* when the full handshake was */
    uint8_t trust[SHK_TRUST_DIGEST];
} shk_peer_authentication;

/* What has been negotiated, and found out about the peer; a renegotiation does it anew. */
typedef struct {
    uint16_t group;
    uint16_t scheme; /* with which the server signed */
    shk_span protocol;
    shk_span server_name; /* server: the client's SNI */
    uint16_t send_limit;  /* bytes of content in a record; 0: not negotiated */
    uint16_t timestamps;  /* client: SCTs that came */
    bool resumed;
    bool external_psk;
    bool peer_verified;
    bool peer_authenticated;
    bool raw_public_key;         /* of the server */
    bool certificate_compressed; /* likewise */
    bool status_verified;
    bool encrypt_then_mac;
    bool extended_master_secret;
    bool secure_renegotiation;
    bool retried; /* there was a HelloRetryRequest */
    bool early_data_offered;
    bool early_data; /* the server takes it */
    bool ech_accepted;
} shk_negotiated;

/* What is counted for the application alone. */
typedef struct {
    unsigned renegotiations;
    unsigned later_authentications;
    uint64_t early_data_received; /* bytes */
    uint64_t key_updates_sent;
    uint64_t key_updates_received;
    uint64_t tickets_received;
} shk_conn_counters;

struct shk_conn {
    const shk_config *config;
    const shk_allocator *allocator;
    const shk_crypto *crypto;
    shk_random random;
    bool clock_read; /* in this call of the application */
    int64_t now_ms;
    uint16_t version;    /* 0: not known yet */
    bool connected;      /* the handshake is complete */
    bool peer_closed;    /* the peer sent close_notify */
    uint32_t deviations; /* of the peer, that were tolerated: 1 << shk_deviation */
    shk_negotiated negotiated;
    shk_conn_counters counters;
    shk_conn_failure failure;
    uint16_t min_version; /* the configuration's, or both the one that is renegotiated in */
    uint16_t max_version;
    unsigned state;           /* a shk_state of handshake/flow/flow_table.h */
    shk_handshake *handshake; /* NULL once connected */
    const shk_suite_row *suite;

    shk_buf in;         /* a record that has not arrived completely */
    shk_buf opened;     /* the plaintext of the record being read */
    shk_buf reassembly; /* a handshake message that has not arrived completely */
    shk_buf received;   /* application data, of whose front so many bytes are read */
    size_t received_taken;
    shk_buf out; /* records, of whose front so many bytes are sent */
    size_t out_taken;
    shk_protection *read;
    shk_protection *write;
#ifdef SHK_DEVIATIONS
    shk_protection *former_writes[SHK_FORMER_EPOCHS]; /* that `write` was before, if we deviate */
    unsigned former_write_count;
    unsigned lost_writes; /* before those */
#endif
    uint16_t fragment_limit;  /* bytes of content, both ways (RFC 6066 §4); 0: not negotiated */
    uint16_t peer_size_limit; /* bytes of plaintext in protected records, the content type of TLS
                                 1.3 included (RFC 8449 §4), that the peer takes; 0: not
                                 negotiated */
    uint16_t own_size_limit;  /* likewise, that we take */
    uint16_t record_version;  /* legacy_record_version of plaintext records that are sent */
    bool hello_received;      /* any handshake message has come */
    bool close_sent;
    uint8_t alert[2]; /* below TLS 1.3: an alert that has not arrived completely */
    uint8_t alert_len;
    unsigned empty_records;       /* in a row */
    unsigned warning_alerts;      /* in a row */
    unsigned key_updates_in_row;  /* received since application data, and not asked for */
    unsigned requests_in_row;     /* client: for its certificate, likewise */
    uint64_t key_updates_awaited; /* that we asked for */
    size_t early_data_skip_left;  /* server: bytes of refused early data that are still skipped */
    size_t early_data_left;       /* bytes of early data that may still be sent, or be taken */
    bool client_takes_tickets;    /* the client can use PSKs with (EC)DHE */
    bool key_update_due;          /* the peer asked for one, which goes before application data */
    bool key_update_answered;     /* one has gone since application data */
    bool renegotiating;
    shk_peer_authentication peer;
    unsigned renegotiations_in_row;   /* since application data */
    bool extended_master_secret_once; /* likewise */
    bool server_known;                /* client, below TLS 1.3: server_digest is there */
    uint8_t server_digest[32];        /* SHA-256 of the certificate or key that the server showed */
    bool encrypt_then_mac_once;       /* in any handshake of the connection (RFC 7366 §3.1) */
    bool post_handshake_auth;         /* TLS 1.3: the client may be asked later */
    shk_transcript main_transcript;   /* then: of the main handshake; else it has no hash */
    uint8_t
        verify_data[2 * 12]; /* below TLS 1.3: the client's of the last handshake, the server's */
    uint8_t end_point[SHK_MAX_HASH]; /* tls-server-end-point */
    size_t end_point_len;

    uint8_t own_certificate_type; /* CertificateType that was agreed on for ours */
    uint8_t peer_certificate_type;

    uint8_t grease[SHK_GREASE_PLACES]; /* what the values of RFC 8701 are made of */
    uint8_t client_random[32];
    uint8_t server_random[32];
    uint8_t client_secret[SHK_MAX_HASH]; /* client_application_traffic_secret_N */
    uint8_t server_secret[SHK_MAX_HASH];
    uint8_t resumption_secret[SHK_MAX_HASH]; /* resumption_master_secret */
    shk_hash early_exporter_hash;            /* early_exporter_master_secret */
    uint8_t early_exporter_secret[SHK_MAX_HASH];
    uint8_t exporter_secret[SHK_MAX_HASH]; /* exporter_master_secret, or master_secret (48 bytes)
                                              below TLS 1.3 */
    uint8_t cached_id[32];                 /* server: under which the session is in the cache */
    uint8_t cached_id_len;
    bool has_session;            /* client: one was offered, or given to the sink */
    bool ech_retry_configs_good; /* client: the server that gave them is authenticated */
    shk_buf ech_retry_configs; /* client: an ECHConfigList, while the server is not authenticated */
    uint8_t protocol[255];
    uint8_t server_name[255];
    char
        *reference_name; /* client: config->server_name without a last dot (RFC 6066 §3); NULL: none
                          */
    size_t reference_name_size; /* with its terminator */
};

/* Replaces the keys of one direction; the old ones are freed. */
void shk_conn_set_read(shk_conn *conn, shk_protection *protection);
void shk_conn_set_write(shk_conn *conn, shk_protection *protection);
/* Notes which field of the message being read a failure speaks of; returns `status`. */
shk_status shk_conn_fail_field(shk_conn *conn, const char *field, shk_status status);
/* Notes which handshake message a failure speaks of, where it is another than the one being read;
 * returns `status`. */
shk_status shk_conn_fail_message(shk_conn *conn, shk_message id, shk_status status);
/* A deviation of the peer: noted, or the refusal that it is where the configuration is strict. */
shk_status shk_conn_deviation(shk_conn *conn, const char *field, shk_deviation deviation);
/* Whether an established connection can still be used: SHK_E_CLOSED after a failure,
 * SHK_E_NOT_CONNECTED before. To `send` also counts that close_notify was not sent. */
shk_status shk_conn_usable(const shk_conn *conn, bool send);
/* The configured clock, milliseconds since 1970: all that one call of the application decides goes
 * by one reading. */
int64_t shk_conn_now_ms(shk_conn *conn);
/* Whether a version is one that this handshake may end in. */
bool shk_version_enabled(const shk_conn *conn, uint16_t version);
/* The hash of transcript and PRF: the suite's, or MD5 with SHA-1 below TLS 1.2 (RFC 4346 §5). */
shk_hash shk_prf_hash(const shk_conn *conn);
/* What the bytes of a message do not tell: version, key exchange, size of verify_data. */
shk_form shk_form_of(const shk_conn *conn);

#endif
