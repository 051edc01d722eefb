/* How one end of a handshake is set up, whatever kind of endpoint it is, and what every kind makes
 * of it alike. */
#ifndef SHK_ENDPOINT_SETTINGS_H
#define SHK_ENDPOINT_SETTINGS_H

#include "shakedown/config.h"

/* Room for a reason, wherever a function says why it failed. */
enum { SHK_WHY_SIZE = 256 };

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

/* Whether the end's own key, or its peer's, comes raw. */
bool shk_endpoint_own_key_raw(const shk_endpoint_config *config);
bool shk_endpoint_peer_key_raw(const shk_endpoint_config *config);

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

#endif
