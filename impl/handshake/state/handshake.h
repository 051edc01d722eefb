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

struct shk_handshake {
    shk_record_limits limits; /* renegotiation: in force with its end; all 0: none any more */
    shk_transcript transcript;
    uint8_t session_id[32];
    uint8_t session_id_len;

    shk_buf hello;            /* body of the ClientHello: the client's latest, the server's first */
    size_t padding;           /* client: bytes of the padding extension; 0: not sent */
    shk_client_hello offered; /* decoded from it */
    shk_ech ech;
    shk_key_pair pairs[SHK_MAX_KEY_SHARES];
    size_t pair_count;

    const shk_group_row *group;       /* agreed on */
    const shk_group_row *retry_group; /* that the HelloRetryRequest asked for, or NULL */
    const shk_suite_row *retry_suite;
    shk_buf cookie;

    shk_public_key *peer_key;
    const shk_credential *credential; /* ours */
    const shk_signature_scheme_row *scheme;
    bool client_authentication; /* a CertificateRequest came */
    uint8_t context[255];       /* certificate_request_context after the main handshake */
    uint8_t context_len;
    bool must_staple;       /* the peer's certificate demands an OCSP response (RFC 7633) */
    bool chain_verified;    /* the peer's certificate or raw key is trusted; its proof is to come */
    bool length_agreed;     /* client: max_fragment_length was answered */
    bool peer_changed_keys; /* TLS 1.2: its ChangeCipherSpec came */
    shk_buf request;        /* body of the CertificateRequest */
    bool own_type_agreed;   /* server: the type of a certificate is to be answered */
    bool peer_type_missing; /* server: the client shows keys in no type that we take */
    bool peer_type_agreed;
    uint16_t compression;  /* by which our Certificate is compressed; 0: not */
    bool status_asked;     /* the peer wants an OCSP response with our certificate */
    bool timestamps_asked; /* and SCTs */
    bool status_due;       /* below TLS 1.3: CertificateStatus is to be sent, or may come */
    shk_buf peer_chain;    /* what it is about, as the certificate_list has it */

    shk_buf dh_p; /* TLS 1.2 client: the server's parameters */
    shk_buf dh_g;
    shk_buf peer_share; /* TLS 1.3 server: the client's share of `group` */
    shk_session
        session; /* client: to be resumed; server: of the ticket or id that came. version 0: none */
    shk_buf ticket_bytes; /* server: what `session` points into */
    bool session_judged;  /* client: whether it can be offered has been found out */
    bool session_offered;
    uint32_t obfuscated_ticket_age; /* server: of the PSK that was selected */
    shk_span binder;                /* server: likewise, while its ClientHello is looked at */
    size_t binders_len;             /* server: of all binders in that hello */
    bool psk_with_dhe;              /* server: both ends take a PSK with (EC)DHE */
    bool psk_ke;                    /* server: ... and without */
    bool psk_alone;                 /* server: the PSK is used without (EC)DHE */
    bool compatibility_sent;        /* the ChangeCipherSpec of RFC 8446 §D.4 */
    bool resumes_12;                /* TLS 1.2: the abbreviated handshake */
    bool ticket_due;                /* TLS 1.2: NewSessionTicket is to be sent, or to come */
    uint32_t lifetime_hint;         /* client, TLS 1.2: of that ticket; 0: none (RFC 5077 §3.3) */
    shk_psk psks[SHK_MAX_OFFERED_PSKS]; /* client: offered; server: the first, of those offered */
    size_t psk_count;
    shk_buf imported;          /* client: what their identities point into (RFC 9258) */
    uint8_t psk[SHK_MAX_HASH]; /* TLS 1.3: agreed on; psk_len 0: none */
    size_t psk_len;
    uint16_t psk_index;
    const shk_external_psk *psk_12; /* below TLS 1.3: of the suite's key exchange */

    uint8_t shared_secret[SHK_MAX_SHARED_SECRET];
    size_t shared_secret_len;
    uint8_t secret[SHK_MAX_HASH];         /* TLS 1.3: the current one of Early, Handshake, Master */
    uint8_t client_traffic[SHK_MAX_HASH]; /* handshake traffic secrets */
    uint8_t server_traffic[SHK_MAX_HASH];
    uint8_t early_traffic[SHK_MAX_HASH]; /* client_early_traffic_secret */
    bool early_data_open;                /* client: it may be written; server: it is being read */
    shk_protection *pending_read;        /* TLS 1.2: what ChangeCipherSpec switches to */
    shk_protection *pending_write;
};

#endif
