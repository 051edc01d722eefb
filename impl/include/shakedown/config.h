/* The configuration of one end: everything a connection's behaviour depends on besides the bytes
 * fed to it. A plain struct: start from shk_config_default, set what differs, share it between any
 * number of connections. */
#ifndef SHAKEDOWN_CONFIG_H
#define SHAKEDOWN_CONFIG_H

#include "crypto.h"
#include "deviation.h"
#include "ech.h"
#include "session.h"

/* Where the time comes from. */
typedef struct {
    int64_t (*now_ms)(void *context); /* milliseconds since 1970, UTC */
    void *context;                    /* passed to `now_ms` */
} shk_clock;

/* Called with one line of the NSS key log format, without line break, for every secret. */
typedef void shk_key_log(void *context, const char *line);

/* Makes a signature in place of the provider's, as shk_crypto.sign: for keys kept elsewhere, and
 * for replays. */
typedef shk_status shk_signer(void *context, const shk_credential *credential,
                              const shk_signature_scheme_row *scheme, shk_span message,
                              uint8_t *signature, size_t *len);

/* Whether a server asks for the client's certificate (RFC 8446 §4.3.2, RFC 5246 §7.4.4). */
typedef enum {
    SHK_CLIENT_AUTH_NONE,
    SHK_CLIENT_AUTH_REQUEST,
    SHK_CLIENT_AUTH_REQUIRE
} shk_client_auth;

/* Whether a client asks for an OCSP response with the server's certificate (RFC 6066 §8): one that
 * comes must be good, and where it is demanded one must come. */
typedef enum { SHK_STAPLING_NONE, SHK_STAPLING_ASK, SHK_STAPLING_DEMAND } shk_stapling;

/* Sees every handshake message (header of 4 bytes included) in the clear, after it was decoded or
 * encoded, with its form. */
typedef void shk_message_observer(void *context, bool sent, shk_message id, const shk_form *form,
                                  shk_span raw);

/* Whether a server can ask by these OIDFilters: no OID twice, and each of keyUsage or
 * extendedKeyUsage, which are what a certificate is held to. */
bool shk_oid_filters_usable(const shk_crypto *crypto, shk_span filters);

/* Whether a client can be told to verify this name (RFC 9525 §2): an address, or a host name, which
 * may end in a dot. A wildcard or a leading dot makes none: libcrypto would verify others by it. */
bool shk_is_reference_name(const char *name);

enum { SHK_MAX_SUITES = 256, SHK_MAX_OFFERED_SHARES = 3 };

/* Every list of a ClientHello as long as it can be: version, random, legacy_session_id,
 * cipher_suites, legacy_compression_methods and extensions (RFC 8446 §4.1.2). */
enum { SHK_LONGEST_CLIENT_HELLO = 2 + 32 + (1 + 32) + (2 + 65534) + (1 + 255) + (2 + 65535) };

/* All pointers stay the caller's and must outlive the connections. */
typedef struct {
    bool is_server;                 /* which end it is */
    const shk_crypto *crypto;       /* needed */
    const shk_allocator *allocator; /* default: shk_libc_allocator */
    bool strict; /* also refuse what may be tolerated (registry/tolerated.def); default: accept and
                    report it */
    shk_clock clock;      /* needed where certificates are verified */
    uint16_t min_version; /* default TLS 1.2 */
    uint16_t max_version; /* default TLS 1.3 */
    shk_u16s suites;      /* at most SHK_MAX_SUITES; default: all that authenticate and encrypt,
                             strongest first; suites that need a PSK are left out if there is none */
    shk_u16s groups;      /* default: X25519MLKEM768, x25519, the NIST curves, x448, ffdhe2048,
                             ffdhe3072, the other hybrids; those that the provider lacks are left out */
    shk_u16s schemes;     /* default: those without DSA, SHA-1 and brainpool curves */
    size_t key_shares;    /* client: it sends shares for so many of the first groups, at most
                             SHK_MAX_OFFERED_SHARES; default 0: for the first group, and if that is a
                             hybrid also for the first that is not */

    /* A server needs one, or PSKs, or anonymous suites. Of the usable ones, those are preferred
     * whose certificate covers the requested name, then those whose chain is signed as the peer
     * asks, then without SHA-1, then those of an issuer that it names; among equals, the first. */
    const shk_credential *const *credentials;
    size_t credential_count; /* of credentials */
    shk_signer *signer;      /* NULL: the provider signs */
    void *signer_context;    /* passed to `signer` */
    const shk_trust *trust;  /* NULL: the peer's chain is parsed, not verified */
    uint8_t security_level;  /* of the keys and signatures in the peer's chain, as libcrypto counts
                                them: 0 to 5; default 1, 80 bits */
    bool x509_strict;        /* the peer's chain keeps the profile of RFC 5280 to the letter */
    shk_u16s chain_schemes;  /* signature_algorithms_cert; default empty: not sent */
    shk_span oid_filters;  /* server: OIDFilters (RFC 8446 §4.2.5) of its CertificateRequests, one
                              after another; a certificate has to pass them. Default none; they need
                              TLS 1.3 alone, and X.509 certificates */
    bool name_authorities; /* client: certificate_authorities names the anchors in its hello, as a
                              server always does in its CertificateRequest */
    shk_stapling status_request; /* client; default none. SHK_STAPLING_DEMAND needs trust anchors */
    bool request_timestamps; /* client: asks for SCTs (RFC 6962 §3.3); they are counted, and not
                                verified */
    /* CertificateTypes (RFC 7250) in which we show our key, one byte each, most preferred first;
     * default empty: X.509. */
    shk_span own_certificate_types;
    shk_span peer_certificate_types; /* likewise, in which we take the peer's key */
    /* The SubjectPublicKeyInfos that are trusted if the peer sends a raw public key; none: any key
     * is accepted, and not verified. */
    const shk_span *peer_keys;
    size_t peer_key_count;             /* of peer_keys */
    shk_u16s certificate_compressions; /* CertificateCompressionAlgorithms (RFC 8879) that we offer
                                          to take, and use where the peer does; those that the build
                                          lacks are left out. Default empty: none */
    const char *server_name; /* client: sent as SNI (unless an address) and verified, without a dot
                                at its end (RFC 6066 §3); a shk_is_reference_name; NULL: neither */
    const char *const *protocols; /* ALPN, most preferred first */
    size_t protocol_count;        /* of protocols */

    shk_client_auth client_auth; /* server; default none */

    /* A session stands for a full handshake only where that would verify the peer by the same; else
     * a client does not offer it, a server does not take it, and a full handshake follows. It
     * carries, and must agree with the configuration in:
     * - of a client: server_name, trust, peer_keys, peer_certificate_types, schemes, chain_schemes,
     *   whether status_request demands, and credentials, which a server knows it by;
     * - of a server: the SNI; and unless client_auth is none, before and now, trust, peer_keys,
     *   peer_certificate_types, schemes, chain_schemes, oid_filters. Where client_auth requires a
     *   certificate in the handshake, one must have been verified;
     * - of both, where an external PSK has authenticated the peer: one of psks must be the same;
     * - of both, below TLS 1.3: require_ and no_extended_master_secret must allow what it has.
     * It ends with the first certificate of the chain that was verified, with a demanded OCSP
     * response, with its ticket's lifetime, and max_session_age after the last full handshake. */
    shk_span session; /* client: a session to resume, as the sink gave it; default none */
    shk_session_sink
        *session_sink;          /* client: told of sessions that can be resumed; needs the clock */
    void *session_sink_context; /* passed to `session_sink` */
    uint32_t max_session_age; /* seconds that resumption may go on without a full handshake, however
                                 often tickets are renewed (RFC 8446 §4.6.1); default 604800 */
    const shk_ticket_key *ticket_keys; /* server: none, no tickets; needs the clock */
    size_t ticket_key_count;           /* of ticket_keys */
    uint8_t ticket_count;     /* server: NewSessionTickets after a TLS 1.3 handshake; default 2 */
    uint32_t ticket_lifetime; /* server: seconds that a session can be resumed, at most 604800;
                                 default 7200. A client's live as long below TLS 1.3, unless their
                                 ticket says how long */
    shk_session_cache *session_cache; /* server: sessions below TLS 1.3 by id, of clients that get
                                         no ticket; NULL: none */
    bool no_tickets_below_13;         /* server: ticket keys are for TLS 1.3 alone */
    const shk_external_psk
        *psks; /* both ends, at most SHK_MAX_PSKS; a client below TLS 1.3 uses only the first. A
                  TLS 1.3 server chooses its first suite for whose hash the client offers a PSK or
                  ticket that it can use, and of these the first; otherwise its first suite in
                  common, and a certificate */
    size_t psk_count;      /* of psks */
    shk_psk_mode psk_mode; /* TLS 1.3; default with (EC)DHE */
    shk_span psk_hint;     /* server, below TLS 1.3: psk_identity_hint; empty: none */

    bool early_data; /* client: offers early data, if it offers a session that allows it and that
                        had no ALPN protocol or one of `protocols` */
    uint32_t max_early_data; /* server: bytes of early data that a ticket allows; a ticket that
                                allowed more is resumed without early data. Default 0: none */
    shk_replay_guard *replay_guard; /* server: needed for early data */

    bool renegotiation; /* below TLS 1.3: a new handshake is begun when the peer asks, and by
                           shk_conn_renegotiate, if the peer has renegotiation_info */
    bool renegotiation_changes; /* the new handshake may have another certificate of the server, and
                                   no extended_master_secret; by default it may not */
    bool post_handshake_auth;   /* TLS 1.3, client: offers post_handshake_auth; server: requests a
                                   certificate after the handshake (shk_conn_request_authentication),
                                   and not in it */

    /* Encrypted ClientHello (RFC 9849), in TLS 1.3 alone. A client with configurations encrypts its
     * inner ClientHello to the first that is usable, and offers no other version; at least one of
     * the list must be usable, and client_hello must be empty. If the server cannot decrypt it, the
     * connection ends with SHK_E_ECH_REJECTED. */
    shk_span ech_configs; /* client: an ECHConfigList; default empty: no ECH */
    bool ech_grease; /* client without configurations: sends a GREASE encrypted_client_hello (RFC
                        9849 §6.2) */
    const shk_ech_key *ech_keys; /* server: keys that it decrypts inner ClientHellos with */
    size_t ech_key_count;        /* of ech_keys */

    bool fallback; /* client: a second try with a lower version; sends TLS_FALLBACK_SCSV */
    bool no_encrypt_then_mac;       /* below TLS 1.3: as a peer without RFC 7366, CBC records are
                                       MAC-then-encrypt */
    bool no_extended_master_secret; /* below TLS 1.3: as a peer without RFC 7627 */
    bool require_extended_master_secret; /* below TLS 1.3: refuse such peers */
    bool request_cookie;                 /* server: always send a HelloRetryRequest with a cookie */
    bool no_middlebox_compatibility; /* client: leave legacy_session_id empty (RFC 8446 §D.4) */
    uint16_t max_fragment_length; /* client: 512, 1024, 2048 or 4096 bytes (RFC 6066 §4), requested;
                                     0: not. A server accepts any */
    uint16_t record_size_limit;   /* bytes of plaintext in a protected record that we accept, 64 to
                                     16385 (RFC 8449 §4); 0: the extension is not sent */
    uint16_t max_send_fragment;   /* bytes of content in a record that we send; 0: 16384 */
    uint16_t record_padding;      /* TLS 1.3: content and type are padded to a multiple of these
                                     bytes (RFC 8446 §5.4); 0: not */
    uint16_t hello_padding;       /* client: bytes that its ClientHello message, header included, is
                                     padded to (RFC 7685); 0: not */
    uint32_t records_per_key; /* TLS 1.3: records of application data under one key, after which a
                                 KeyUpdate is sent (RFC 8446 §5.5); default 2^24 */
    bool grease; /* both ends: GREASE values (RFC 8701) are sent wherever they are allowed */
    /* Bytes of a handshake message that we take, without its header; default
     * SHK_LONGEST_CLIENT_HELLO. A connection gathers no more than the larger of this and
     * max_certificate, and a record beside it, in a buffer that doubles as it grows. */
    size_t max_message;
    size_t max_certificate; /* likewise of a Certificate, compressed or not; default 100 KiB */
    /* client: a whole ClientHello message to send in place of our own; what it offers counts as
     * offered. Default empty. */
    shk_span client_hello;
    shk_span second_client_hello; /* likewise, after a HelloRetryRequest */

    const shk_deviation_hooks *hooks; /* NULL: an honest end. A build without SHK_DEVIATIONS takes
                                       nothing else */
    shk_message_observer *observer;   /* NULL: none */
    void *observer_context;           /* passed to `observer` */
    shk_key_log *key_log;             /* NULL: none */
    void *key_log_context;            /* passed to `key_log` */
} shk_config;

/* The defaults above. */
shk_config shk_config_default(bool is_server, const shk_crypto *crypto);

/* The code points used where a list of the configuration is empty. */
extern const shk_u16s shk_default_suites;
extern const shk_u16s shk_default_groups;  /* of `groups` */
extern const shk_u16s shk_default_schemes; /* of `schemes` */

#endif
