/* The endpoint vtable: one end of a handshake, whoever implements it, driven in memory by bytes in
 * and bytes out. Three kinds exist: ours (shakedown.c), OpenSSL's (openssl.c) and GnuTLS's
 * (gnutls.c). */
#ifndef SHK_ENDPOINT_H
#define SHK_ENDPOINT_H

#include "shakedown/config.h"

enum { SHK_WHY_SIZE = 256, SHK_MAX_PROTOCOL = 255, SHK_MAX_NAME = 255, SHK_MAX_BINDING = 64 };
/* Room for names as shk_endpoint_text writes them. */
enum { SHK_PROTOCOL_SIZE = 4 * SHK_MAX_PROTOCOL + 1, SHK_NAME_SIZE = 4 * SHK_MAX_NAME + 1 };

/* The signatures of our end, in order: kept for a recording, or given back from one, since the
 * randomised schemes repeat no other way. Each has a length of two bytes before it. */
typedef struct {
    shk_buf bytes;
    size_t at;   /* replay: where the next one begins */
    bool replay; /* give back rather than keep */
} shk_signatures;

/* How a server keeps sessions: sealed into tickets, or below TLS 1.3 by their ids. In TLS 1.3 there
 * are tickets in any case, but of GnuTLS, which gives none beside ids. */
typedef enum { SHK_SESSIONS_TICKETS, SHK_SESSIONS_IDS } shk_session_store;

/* A PSK provisioned out of band. */
typedef struct {
    const char *identity; /* NULL: there is none */
    shk_span key;
} shk_endpoint_psk;

/* How an end is set up. All pointers stay the caller's and must outlive the setup. */
typedef struct {
    bool server;
    uint16_t min_version; /* 0: TLS 1.2, the lowest that is not deprecated (RFC 8996) */
    uint16_t max_version; /* 0: the highest */
    shk_u16s suites;      /* TLS 1.3 and older ones in one list */
    shk_u16s groups;
    shk_u16s schemes;       /* signature schemes, accepted and used */
    shk_u16s chain_schemes; /* ours: signature_algorithms_cert; none: not sent */
    uint16_t key_shares;    /* client, TLS 1.3: groups it sends a share for, from the front; 0: what
                               the implementation does by itself */
    const char
        *certificate_file; /* PEM chain, leaf first; a server needs it, a client may have it */
    const char *key_file;  /* PEM */
    const char *more_certificate_file; /* a second chain and key: chosen where the kind of key or
                                          the name asked for makes it fit better; NULL: none */
    const char *more_key_file;
    const char *ca_file;    /* PEM trust anchors; NULL: the peer's certificate is not verified (by a
                               server: not asked for) */
    uint8_t security_level; /* ours: of the keys and signatures in the peer's chain, 0 to 5 */
    bool security_level_set;
    bool x509_strict;                /* ours: the peer's chain keeps to the profile of RFC 5280 */
    shk_client_auth client_auth;     /* server: whether it asks for the client's certificate */
    shk_span oid_filters;            /* server, ours, TLS 1.3: what it asks of that certificate (RFC
                                        8446 §4.2.5); empty: nothing */
    const char *server_name;         /* client: SNI and the name that is verified; NULL: neither */
    const char *alpn;                /* comma-separated, most preferred first; NULL: none */
    int64_t time;                    /* seconds since 1970, for validity; 0: the machine's clock */
    bool resume;                     /* client: keeps the last session of its set-up, and offers it
                                        in the next connection */
    shk_session_store session_store; /* server */
    bool no_tickets;                 /* server, ours, beside ids: no session is kept in TLS 1.3 */
    uint8_t ticket_count;     /* server, TLS 1.3: tickets after a handshake; 0: the default */
    uint32_t ticket_lifetime; /* server, ours: seconds that a session in a ticket can be resumed; as
                                 often, keys are drawn anew, and the last two are good; 0: the
                                 default */
    uint32_t max_session_age; /* ours: seconds that resumption may go on without a full handshake;
                                 0: the default */
    uint64_t ticket_seed;     /* server, ours: what ticket keys are drawn from; 0: the system */
    shk_span saved;           /* ours: what `save` of an earlier set-up gave; empty: nothing */
    const char *psk_identity; /* of a PSK provisioned out of band, for TLS 1.3 and for the PSK
                                 suites below; NULL: none */
    shk_span psk_key;
    shk_endpoint_psk more_psks[SHK_MAX_PSKS - 1]; /* ours: further ones, up to the first that has no
                                                     identity */
    const char *psk_hint;    /* server, below TLS 1.3: psk_identity_hint; NULL: none */
    shk_psk_mode psk_mode;   /* TLS 1.3 */
    shk_hash psk_hash;       /* TLS 1.3: the hash that the PSK goes with; SHK_HASH_NONE: SHA-256 */
    bool psk_import;         /* ours: the PSK goes through the importer of RFC 9258 */
    bool early_data;         /* client: offers early data with a session that allows it */
    uint32_t max_early_data; /* server: bytes of early data it takes; 0: none */
    shk_stapling status_request;       /* client: whether it asks for an OCSP response */
    const char *status_file;           /* server: the OCSP response it staples, DER; NULL: none */
    const char *more_status_file;      /* ours: that of the second certificate */
    bool signed_certificate_timestamp; /* client: asks for SCTs */
    const char *sct_file; /* server: SignedCertificateTimestampList, RFC 6962 §3.3; NULL: none */
    bool raw_server_key;  /* both: the server's key comes raw (RFC 7250), of the chain's first
                             certificate */
    bool raw_client_key;  /* both: so does the client's, where it is asked for */
    const char *peer_key_file; /* the peer's key that is trusted where it comes raw: the certificate
                                  (PEM) that has it; NULL: any */
    const char *compress_certificate; /* comma-separated: zlib, brotli, zstd, most preferred first;
                                         NULL: never */
    uint16_t record_size_limit;       /* RFC 8449; 0: not sent */
    uint16_t max_fragment_length; /* client: 512, 1024, 2048 or 4096 (RFC 6066 §4); 0: not sent */
    uint16_t max_send_fragment;   /* bytes of content in a record that is sent; 0: 16384 */
    uint16_t record_padding;  /* TLS 1.3: records are padded to a multiple of these bytes; 0: not */
    uint16_t hello_padding;   /* client, ours: bytes that the ClientHello is padded to (RFC 7685) */
    uint32_t max_message;     /* ours: bytes of a handshake message that is taken; 0: the default */
    uint32_t max_certificate; /* likewise of a Certificate */
    bool fallback;            /* client: sends TLS_FALLBACK_SCSV (RFC 7507) */
    bool no_encrypt_then_mac; /* below TLS 1.3: as if there were no RFC 7366 */
    bool no_extended_master_secret;      /* below TLS 1.3: as if there were no RFC 7627 */
    bool require_extended_master_secret; /* ours, below TLS 1.3: refuses a peer without */
    bool strict; /* ours: refuses also what may be tolerated (registry/tolerated.def) */
    bool cookie; /* server, TLS 1.3: always sends a HelloRetryRequest with a cookie */
    bool no_middlebox_compatibility; /* client, TLS 1.3: does without RFC 8446 §D.4 */
    bool name_authorities;           /* client: names its trust anchors in the hello, by
                                        certificate_authorities (RFC 8446 §4.2.4) */
    bool post_handshake_auth; /* client, TLS 1.3: lets itself be asked later; server: does not
                                 ask in the handshake but when told to */
    bool renegotiation; /* below TLS 1.3: secure renegotiation (RFC 5746) is done when asked for */
    bool renegotiation_changes; /* ours: it may bring another certificate of the server, and do
                                   without extended_master_secret */
    bool grease;                /* ours: sends values of RFC 8701 */
    shk_span ech_configs; /* client, ours: an ECHConfigList (RFC 9849); empty: nothing is hidden */
    shk_span ech_key; /* server, ours: SHK_ECH_PRIVATE_KEY bytes, and the ECHConfigList that goes
                         with them; empty: none */
    bool ech_grease;  /* client, ours: sends the extension with nothing in it */
    shk_signatures *signatures;     /* ours; NULL: neither kept nor given back */
    shk_message_observer *observer; /* ours: sees every handshake message; NULL: none */
    void *observer_context;
    const char *key_log_file;       /* NSS key log format, appended to; NULL: none */
    const shk_allocator *allocator; /* ours: of the connections; NULL: the C library's */
} shk_endpoint_config;

/* What each end tells, and is held to. */
typedef enum {
#define SHK_FACT(field, type, namer, who, words) SHK_FACT_##field,
#define SHK_FACT_BYTES(fact, name, where, words) SHK_FACT_##fact,
#define SHK_FACT_DEED(fact, name) SHK_FACT_##fact,
#include "endpoint/facts.def"
#undef SHK_FACT
#undef SHK_FACT_BYTES
#undef SHK_FACT_DEED
    SHK_FACTS
} shk_fact;

/* Whether the end's own key, or its peer's, comes raw. */
bool shk_endpoint_own_key_raw(const shk_endpoint_config *config);
bool shk_endpoint_peer_key_raw(const shk_endpoint_config *config);

/* ENDED: the peer's close_notify has arrived; the end may still write, and sends its own when it is
 * told to shut down. FAILED: an alert, sent or received, or a failure of its own has ended it. */
typedef enum { SHK_HANDSHAKING, SHK_CONNECTED, SHK_ENDED, SHK_FAILED } shk_endpoint_state;

/* What an end believes has happened; 0, -1 or empty: it did not happen, unless the fact is untold.
 */
typedef struct {
    shk_endpoint_state state;
    uint16_t version;
    uint16_t suite;
    uint16_t group;                  /* of the (EC)DHE exchange */
    uint16_t scheme;                 /* with which the server signed */
    char alpn[SHK_PROTOCOL_SIZE];    /* as shk_endpoint_text writes it; so is server_name */
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
    bool ech_accepted;           /* the handshake is that of a hidden ClientHello */
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
    char why[SHK_WHY_SIZE];         /* the end's own words for its failure */
    const char *untold[SHK_FACTS]; /* why the kind cannot tell the fact of such a connection, as its
                                      table has it; NULL: it tells it */
} shk_endpoint_result;

typedef struct shk_endpoint_setup shk_endpoint_setup; /* what many connections share (an SSL_CTX) */
typedef struct shk_endpoint shk_endpoint;             /* one connection */

/* One kind of endpoint. Functions that can fail return false and say why in `why` (SHK_WHY_SIZE
 * bytes) or, where there is none, in the connection's result. No function blocks, reads a socket or
 * sleeps. What the kind cannot tell of a connection its table of untold facts declares (facts.h).
 */
typedef struct {
    const char *name; /* "ours", "openssl", "gnutls" */
    /* Version text of the linked library, for reports. */
    const char *(*library_version)(void);
    /* Reads files and builds what connections share. False names the file, suite or group that is
     * not usable. */
    bool (*setup)(const shk_endpoint_config *config, shk_endpoint_setup **out, char *why);
    void (*teardown)(shk_endpoint_setup *setup);
    /* Appends what a later set-up with the same configuration needs to resume from this one's last
     * session. False without memory. NULL: the kind cannot. */
    bool (*save)(const shk_endpoint_setup *setup, shk_buf *out);
    /* A new connection. `seed` makes ours repeatable; the libraries ignore it. NULL: no memory. */
    shk_endpoint *(*open)(shk_endpoint_setup *setup, uint64_t seed);
    void (*close)(shk_endpoint *end);
    /* Feeds bytes from the peer (none at first, for a client to begin) and does all that they
     * allow. All bytes are taken. */
    void (*feed)(shk_endpoint *end, shk_span bytes);
    /* Appends what waits to be sent to `out` and forgets it. */
    void (*take)(shk_endpoint *end, shk_buf *out);
    /* Application data. write: queues all of it (after CONNECTED). read: moves out up to `cap`
     * bytes that have arrived. */
    bool (*write)(shk_endpoint *end, shk_span data);
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
    void (*result)(shk_endpoint *end, shk_endpoint_result *out);
} shk_endpoint_kind;

extern const shk_endpoint_kind shk_endpoint_shakedown;
extern const shk_endpoint_kind shk_endpoint_openssl;
extern const shk_endpoint_kind shk_endpoint_gnutls;

/* Whether one of the suites has a certificate or a PSK, as the defaults have: the others are
 * anonymous. */
bool shk_endpoint_can_authenticate(shk_u16s suites);

/* The versions that are left of the configured ones where the suites serve only TLS 1.3, or only
 * older ones: a library that was told more would fall back to its defaults. False with a reason if
 * none is. */
bool shk_endpoint_versions(const shk_endpoint_config *config, bool has_13, bool has_older,
                           uint16_t *min, uint16_t *max, char *why);

/* The CertificateCompressionAlgorithms (RFC 8879 §7.3) of a comma-separated list of names: 1 to
 * SHK_COMPRESSIONS of them. False: `why` names what is not known. */
enum { SHK_COMPRESSIONS = 3 };
bool shk_endpoint_compressions(const char *names, uint16_t *out, size_t *count, char *why);

/* Writes bytes that a peer chose as text that is safe to print: printable ASCII as it is, a
 * backslash twice, every other byte as \xNN, which no terminal, log or page takes for more than
 * text. What does not fit in `size` bytes with its end is cut off between such pieces. */
void shk_endpoint_text(shk_span bytes, char *out, size_t size);

/* The kind of that name, or NULL. */
const shk_endpoint_kind *shk_endpoint_kind_named(const char *name);

#endif
