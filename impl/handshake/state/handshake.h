/* What a handshake in progress holds. Freed as soon as the connection is established. */
#ifndef SHK_HANDSHAKE_STATE_HANDSHAKE_H
#define SHK_HANDSHAKE_STATE_HANDSHAKE_H

#include "crypto/transcript.h"
#include "handshake/state/conn_state.h"
#include "handshake/state/ech_state.h"
#include "handshake/state/session_content.h"
#include "messages/client_hello.h"

/* One share more than are offered, for a retry. */
enum {
    SHK_MAX_KEY_SHARES = SHK_MAX_OFFERED_SHARES + 1,
    SHK_MASTER_SECRET = 48,
    SHK_VERIFY_DATA_12 = 12
};

typedef struct {
    uint16_t group;
    shk_ephemeral *key;
    shk_buf public_value;
} shk_key_pair;

/* Where a PSK of TLS 1.3 comes from, which its binder tells (RFC 8446 §4.2.11.2, RFC 9258 §5). */
typedef enum { SHK_PSK_RESUMPTION, SHK_PSK_EXTERNAL, SHK_PSK_IMPORTED } shk_psk_origin;

/* A PSK as it is offered or recognised. */
typedef struct {
    shk_span identity;
    uint32_t obfuscated_ticket_age;
    shk_hash hash;
    uint8_t key[SHK_MAX_PSK];
    size_t key_len;
    shk_psk_origin origin;
    const shk_external_psk *external; /* unless it is a session's */
} shk_psk;

enum { SHK_MAX_OFFERED_PSKS = 1 + 2 * SHK_MAX_PSKS }; /* a session's, and each imported twice */

/* How much a record holds: as the fields of a connection with these names. */
typedef struct {
    uint16_t fragment_limit;
    uint16_t own_size_limit;
    uint16_t peer_size_limit;
    uint16_t send_limit;
} shk_record_limits;

/* The (EC)DHE exchange. */
typedef struct {
    const shk_group_row *group; /* agreed on */
    shk_key_pair pairs[SHK_MAX_KEY_SHARES];
    size_t pair_count;
    shk_buf dh_p; /* TLS 1.2 client: the server's parameters */
    shk_buf dh_g;
    shk_buf peer_share; /* TLS 1.3 server: the client's share of `group` */
    uint8_t secret[SHK_MAX_SHARED_SECRET];
    size_t secret_len;
} shk_exchange_state;

/* HelloRetryRequest, sent or received. */
typedef struct {
    const shk_group_row *group; /* that it asks for, or NULL */
    const shk_suite_row *suite;
    shk_buf cookie;
} shk_retry_state;

/* How this end shows who it is: its certificate, and what the peer wants with it. */
typedef struct {
    const shk_credential *credential;
    const shk_signature_scheme_row *scheme;
    bool requested;       /* client: a CertificateRequest came */
    shk_buf request;      /* its body */
    uint8_t context[255]; /* certificate_request_context after the main handshake */
    uint8_t context_len;
    bool type_agreed;          /* server: the type of its certificate is to be answered */
    uint16_t compression;      /* by which the Certificate is compressed; 0: not */
    bool status_requested;     /* the peer wants an OCSP response with the certificate */
    bool timestamps_requested; /* and SCTs */
} shk_own_authentication;

/* Who the peer is, as far as it has shown. */
typedef struct {
    shk_public_key *key;
    bool chain_verified; /* its certificate or raw key is trusted; its proof is to come */
    bool must_staple;    /* its certificate demands an OCSP response (RFC 7633) */
    shk_buf chain;       /* what CertificateStatus is about, as the certificate_list has it */
    bool type_agreed;    /* server: the type of the client's certificate is to be answered */
    bool type_missing;   /* server: the client shows keys in no type that we take */
} shk_peer_identity;

/* PSKs of TLS 1.3: offered, found and agreed on. */
typedef struct {
    shk_psk list[SHK_MAX_OFFERED_PSKS]; /* client: offered; server: the first, of those offered */
    size_t count;
    shk_buf imported;          /* client: what their identities point into (RFC 9258) */
    uint8_t key[SHK_MAX_HASH]; /* agreed on; key_len 0: none */
    size_t key_len;
    uint16_t index;
    bool with_dhe;      /* server: both ends take a PSK with (EC)DHE */
    bool without_dhe;   /* server: ... and without */
    bool alone;         /* server: it is used without (EC)DHE */
    shk_span binder;    /* server: of the PSK that was found, while its ClientHello is looked at */
    size_t binders_len; /* server: of all binders in that hello */
    uint32_t obfuscated_ticket_age; /* server: of the PSK that was selected */
} shk_psk_state;

/* The client alone, before ServerHello. */
typedef struct {
    size_t padding;              /* bytes of the padding extension; 0: not sent */
    bool fragment_length_agreed; /* max_fragment_length was answered */
    bool session_checked;        /* whether the session can be offered has been found out */
    bool session_offered;
} shk_client_state;

/* TLS 1.2 and older alone. */
typedef struct {
    const shk_external_psk *psk;  /* of the suite's key exchange */
    bool resumes;                 /* the abbreviated handshake */
    bool ticket_due;              /* NewSessionTicket is to be sent, or to come */
    uint32_t lifetime_hint;       /* client: of that ticket; 0: none (RFC 5077 §3.3) */
    bool status_due;              /* CertificateStatus is to be sent, or may come */
    bool peer_changed_keys;       /* its ChangeCipherSpec came */
    shk_protection *pending_read; /* what ChangeCipherSpec switches to */
    shk_protection *pending_write;
} shk_tls12_state;

/* TLS 1.3 alone. */
typedef struct {
    uint8_t secret[SHK_MAX_HASH];         /* the current one of Early, Handshake, Master */
    uint8_t client_traffic[SHK_MAX_HASH]; /* handshake traffic secrets */
    uint8_t server_traffic[SHK_MAX_HASH];
    bool compatibility_sent; /* the ChangeCipherSpec of RFC 8446 §D.4 */
} shk_tls13_state;

typedef struct {
    uint8_t traffic[SHK_MAX_HASH]; /* client_early_traffic_secret */
    bool open;                     /* client: early data may be written; server: it is being read */
} shk_early_data_state;

struct shk_handshake {
    shk_transcript transcript;
    shk_buf hello;            /* body of the ClientHello: the client's latest, the server's first */
    shk_client_hello offered; /* decoded from it */
    uint8_t session_id[32];
    uint8_t session_id_len;
    shk_record_limits
        pending_limits;  /* renegotiation: in force with its end; all 0: none any more */
    shk_session session; /* client: to be resumed; server: of the ticket or id that came. version 0:
                            none */
    shk_buf ticket_bytes; /* server: what `session` points into */

    shk_client_state client;
    shk_ech ech;
    shk_retry_state retry;
    shk_exchange_state exchange;
    shk_psk_state psk;
    shk_own_authentication own;
    shk_peer_identity peer;
    shk_tls12_state tls12;
    shk_tls13_state tls13;
    shk_early_data_state early;
};

#endif
