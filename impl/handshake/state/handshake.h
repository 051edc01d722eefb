/* What a handshake in progress holds, and the helpers that the steps of all four machines share.
 * Freed as soon as the connection is established. */
#ifndef SHK_HANDSHAKE_STATE_HANDSHAKE_H
#define SHK_HANDSHAKE_STATE_HANDSHAKE_H

#include "crypto/transcript.h"
#include "handshake/flow/flow_table.h"
#include "handshake/hello/ech_common.h"
#include "handshake/sessions/session_content.h"
#include "handshake/state/conn_state.h"
#include "messages/certificate_12.h"
#include "messages/client_hello.h"
#include "messages/hello_retry_request.h"
#include "messages/server_hello.h"

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

/* handshake.c */
shk_status shk_handshake_new(shk_conn *conn);
void shk_handshake_free(shk_conn *conn);
/* What the bytes of a message do not tell: version, key exchange, size of verify_data. */
shk_form shk_form_of(const shk_conn *conn);
/* Encodes a message, adds it to the transcript unless `hashed` is false, and appends it to
 * `flight`. */
shk_status shk_add_message(shk_conn *conn, shk_message id, void *body, bool hashed,
                           shk_buf *flight);
/* As shk_add_message, and sends it in records of its own. */
shk_status shk_send_message(shk_conn *conn, shk_message id, void *body);
/* Sends a flight that was put together, and frees it. */
shk_status shk_send_flight(shk_conn *conn, shk_buf *flight);
/* A key pair to be filled in, with room for `share` bytes of public value; the handshake frees it.
 */
shk_status shk_new_key_pair(shk_conn *conn, size_t share, shk_key_pair **out);
/* A key pair for the group, kept in the handshake. */
shk_status shk_add_key_pair(shk_conn *conn, uint16_t group);
/* Agrees with the peer's public value by the pair of the group; the result is in shared_secret. */
shk_status shk_agree(shk_conn *conn, uint16_t group, shk_span peer);
/* Server of TLS 1.3: our share of the group and the secret, by the client's share.
 * SHK_E_BAD_KEY_SHARE.
 */
shk_status shk_answer_share(shk_conn *conn, const shk_group_row *group, shk_span peer);
/* The negotiated values the application can ask for. */
void shk_set_suite(shk_conn *conn, const shk_suite_row *suite);
/* An external PSK goes into the keys: who has it is who it was given to. */
void shk_authenticated_by_psk(shk_conn *conn, const shk_external_psk *psk);
/* What the peer was verified by is good up to that second of the time since 1970; INT64_MAX: it
 * says nothing. */
void shk_peer_good_until(shk_conn *conn, int64_t seconds);
/* The handshake is complete. */
void shk_connected(shk_conn *conn);
/* The configured clock, milliseconds since 1970: all that one call of the application decides goes
 * by one reading. */
int64_t shk_conn_now_ms(shk_conn *conn);
/* What ServerHello.random ends with, before one byte that names the version, where a server could
 * do better (RFC 8446 §4.1.3). */
extern const uint8_t shk_downgrade_mark[7];
/* The hash of transcript and PRF: the suite's, or MD5 with SHA-1 below TLS 1.2 (RFC 4346 §5). */
shk_hash shk_prf_hash(const shk_conn *conn);
/* Whether a suite or group can be used in some version from `min` to `max`, and is there. */
bool shk_suite_usable(const shk_conn *conn, uint16_t suite, uint16_t min, uint16_t max);
bool shk_group_usable(const shk_conn *conn, uint16_t group, uint16_t min, uint16_t max);
/* Appends a list of code points in wire order. */
shk_status shk_append_u16s(shk_buf *out, const shk_u16s *list);
/* Whether our lists of code points hold a value. */
bool shk_u16s_have(const shk_u16s *list, uint16_t value);
/* Whether a version is one that this handshake may end in. */
bool shk_version_enabled(const shk_conn *conn, uint16_t version);
shk_status shk_send_change_cipher_spec(shk_conn *conn);
/* The ChangeCipherSpec of RFC 8446 §D.4, once and if the client's legacy_session_id asks for it. */
shk_status shk_send_compatibility(shk_conn *conn);

/* client.c */
/* A whole ClientHello message of this configuration and what has come so far. */
shk_status shk_build_client_hello(shk_conn *conn, shk_buf *flight);
/* Keeps the ClientHello message that was sent, decoded: what was offered is what it says. */
shk_status shk_remember_client_hello(shk_conn *conn, shk_span message);

/* second_hello.c: holds the second ClientHello against the first, and takes its key share (RFC 8446
 * §4.1.2). */
shk_status shk_check_second_hello(shk_conn *conn, const shk_client_hello *second);

/* psk_13.c: RFC 8446 §4.2.11, §4.6.1 */
/* Client: fills in hs->psks with what can be offered. */
shk_status shk_collect_psks(shk_conn *conn);
/* Bytes of the binders at the end of a ClientHello. */
size_t shk_binders_length(const shk_handshake *hs);
/* Puts the binders of hs->psks at the end of a whole ClientHello message. */
shk_status shk_fill_binders(shk_conn *conn, shk_buf *message);
/* Client: the server selected this one. */
shk_status shk_accept_psk(shk_conn *conn, uint16_t selected);
/* Server: finds the first PSK of a hello that is known and goes with suites of the hash. None is no
 * error. */
shk_status shk_find_psk(shk_conn *conn, const shk_client_hello *hello, shk_hash hash);
/* Server: uses the PSK that was found, if the groups allow it and its binder verifies. Its hello is
 * the transcript's last message. */
shk_status shk_select_psk(shk_conn *conn);
/* tickets_13.c: RFC 8446 §4.6.1 */
shk_status shk_send_tickets(shk_conn *conn);

/* early_data_13.c: RFC 8446 §4.2.10 */
/* Client: whether this ClientHello offers early data. */
bool shk_offers_early_data(const shk_conn *conn);
/* Client, with such a ClientHello sent: its keys. */
shk_status shk_begin_early_data(shk_conn *conn);
/* Client: a HelloRetryRequest came. */
void shk_abandon_early_data(shk_conn *conn);
/* Client: EncryptedExtensions accept it; then, once all of them are read, what goes on. */
shk_status shk_accept_early_data(shk_conn *conn);
shk_status shk_settle_early_data(shk_conn *conn);
/* Server, with the PSK selected and the ClientHello alone in the transcript: takes it or not. */
shk_status shk_judge_early_data(shk_conn *conn);
/* Server: application data has come before the handshake is complete. */
shk_status shk_read_early_data(shk_conn *conn, size_t len);

/* What a session is bound to: the host name that was asked for (RFC 8446 §4.6.1). Empty where there
 * was none. */
shk_span shk_session_name(const shk_conn *conn);
/* Client: hands a session to the configuration's sink. */
shk_status shk_give_session(shk_conn *conn, shk_session *session);

/* schedule_13.c: RFC 8446 §7 */
shk_status
shk_schedule_handshake(shk_conn *conn); /* after ServerHello: handshake traffic secrets */
shk_status shk_schedule_application(shk_conn *conn); /* after the server's Finished */
shk_status shk_schedule_resumption(shk_conn *conn);  /* after the client's Finished */
/* The keys of a suite and a traffic secret for one direction, the caller's to use or to free. */
shk_status shk_traffic_protection(shk_conn *conn, const shk_suite_row *suite, const uint8_t *secret,
                                  bool seal, shk_protection **out);
/* Keys of the negotiated suite, or of another, in use for one direction. */
shk_status shk_use_traffic_secret(shk_conn *conn, const uint8_t *secret, bool seal);
shk_status shk_use_suite_secret(shk_conn *conn, const shk_suite_row *suite, const uint8_t *secret,
                                bool seal);
shk_status shk_next_traffic_secret(shk_conn *conn, uint8_t *secret);
/* verify_data of Finished under a traffic secret, over the transcript so far. */
shk_status shk_finished_13(shk_conn *conn, const uint8_t *traffic_secret, uint8_t *out);

/* Checks the peer's Finished of TLS 1.3 under its traffic secret. */
shk_status shk_check_finished_13(shk_conn *conn, const shk_received *message,
                                 const uint8_t *traffic_secret);

/* resume_12.c: RFC 5246 §7.3, RFC 5077 */
/* Server: whether it gives and takes tickets below TLS 1.3. */
bool shk_tickets_12(const shk_config *config);
/* Client: whether the configuration's session, one of these versions, is offered. */
bool shk_offers_session_12(shk_conn *conn);
/* Client: whether the server resumes it; checks suite, version and extended_master_secret. Takes
 * the session id over. */
shk_status shk_check_resumed_12(shk_conn *conn, shk_span session_id_echo);
/* Server: sets hs->resumes_12 where the ClientHello names a session that can be. */
shk_status shk_find_session_12(shk_conn *conn);
/* Keeps the session and ends the handshake. */
shk_status shk_finish_12(shk_conn *conn);

/* hello_names.c: RFC 7301 */
/* Whether the configuration has the protocol. */
bool shk_offers_protocol(const shk_config *config, shk_span name);

/* hello_sizes.c: RFC 6066 §4, RFC 8449 */
/* What a renegotiation agreed on is in force from now on. */
void shk_use_new_limits(shk_conn *conn);

/* renegotiation.c: RFC 5746 */
/* Checks what a hello says, or leaves out, about the connection that it is part of. */
shk_status shk_check_renegotiation(shk_conn *conn, const shk_extension_block *block);
/* With the suite chosen: a suite of CBC goes on with encrypt_then_mac if any handshake of the
 * connection had it, whatever came between (RFC 7366 §3.1). */
shk_status shk_keep_encrypt_then_mac(shk_conn *conn);
/* What a renegotiation may not change unless the configuration says so: extended_master_secret is
 * not given up (RFC 7627 §5.4), and a client meets the same server, by its certificate or raw key.
 */
shk_status shk_keep_extended_master_secret(shk_conn *conn);
shk_status shk_keep_server(shk_conn *conn, shk_span shown);

/* post_handshake_13.c: RFC 8446 §4.6.2 */
/* The main handshake is complete: keeps its transcript where a later one goes on from it. */
void shk_keep_transcript(shk_conn *conn);
/* Whether application data may come now: not inside the answer to a late request. */
bool shk_data_may_come(const shk_conn *conn);

/* schedule_12.c: RFC 5246 §8.1, §6.3, RFC 7627 */
/* Keys from shared_secret (of RSA: the pre-master secret) and, in PSK suites, psk_12. */
shk_status shk_schedule_12(shk_conn *conn);
/* Keys of a resumed session from its master secret. */
shk_status shk_schedule_resumed_12(shk_conn *conn, shk_span master);
shk_status shk_finished_12(shk_conn *conn, bool from_server, uint8_t *out);
/* Our own end's keys, to be used after the ChangeCipherSpec that is sent now; then Finished. */
shk_status shk_send_finished_12(shk_conn *conn);
shk_status shk_check_finished_12(shk_conn *conn, const shk_received *message);

/* authentication.c: certificates and signatures */
/* Signs what CertificateVerify covers, in TLS 1.3, or `message` as it is, in TLS 1.2. */
shk_status shk_sign(shk_conn *conn, shk_span message, uint8_t *signature, size_t *len);
/* Checks scheme against key, version and configuration, then the signature. */
shk_status shk_verify(shk_conn *conn, uint16_t scheme, shk_span message, shk_span signature);
/* The bytes that a CertificateVerify of TLS 1.3 covers (RFC 8446 §4.4.3); `out` has 64 + 34 +
 * SHK_MAX_HASH bytes. */
shk_status shk_signed_content(shk_conn *conn, bool by_server, uint8_t *out, size_t *len);
enum { SHK_SIGNED_CONTENT = 64 + 34 + SHK_MAX_HASH };
/* The peer has proved that the key it showed is its own. */
void shk_peer_proved(shk_conn *conn);
/* Server: whether a client must show a certificate in the handshake. */
bool shk_requires_client(const shk_conn *conn);
/* Keeps tls-server-end-point (RFC 5929 §4.1) of the server's certificate. */
shk_status shk_keep_end_point(shk_conn *conn, shk_span certificate);
/* Appends Certificate of TLS 1.3 or 1.2, and CertificateVerify of TLS 1.3. */
shk_status shk_add_certificate(shk_conn *conn, shk_buf *flight);
shk_status shk_add_certificate_verify(shk_conn *conn, shk_buf *flight);
/* Reads the peer's chain or raw key off a Certificate of TLS 1.3 or 1.2; the key is kept in
 * peer_key. An empty list leaves it NULL. */
shk_status shk_read_chain_13(shk_conn *conn, shk_span certificate_list);
shk_status shk_read_chain_12(shk_conn *conn, const shk_certificate_12 *m);

/* hello_extensions.c: what each extension does in the hellos */
/* Builds our ClientHello's extensions. */
shk_status shk_offer_extensions(shk_conn *conn, shk_buf *raw);
/* Builds the server's answers that go into a message of the place. */
shk_status shk_answer_extensions(shk_conn *conn, uint16_t place, shk_buf *raw);
/* Checks that a block answers what was offered and may stand in the place, and takes in what it
 * says. */
shk_status shk_accept_extensions(shk_conn *conn, const shk_extension_block *block, uint16_t place);
/* Server: takes in what the ClientHello says. */
shk_status shk_read_extensions(shk_conn *conn);

/* grease.c: RFC 8701. Where the configuration does not ask for it nothing is drawn or appended. */
void shk_grease_draw(shk_conn *conn);
/* Appends a value of two bytes in wire order. */
shk_status shk_grease_u16(const shk_conn *conn, shk_grease_place place, shk_buf *out);
shk_status shk_grease_psk_mode(const shk_conn *conn, shk_buf *out);
/* Appends an extension to the raw bytes of a block. */
shk_status shk_grease_extension(const shk_conn *conn, shk_grease_place place, shk_span data,
                                shk_buf *raw);

/* hello_sizes.c */
/* The max_fragment_length in bytes that the client wants: by its configuration, or for the server
 * by the ClientHello. 0: none, or one that is ignored (RFC 8449 §5). */
uint16_t shk_fragment_length_asked(const shk_conn *conn);
/* Likewise what this handshake agreed on, which in a renegotiation is not in force yet. */
uint16_t shk_fragment_length_agreed(const shk_conn *conn);
/* Client: what was negotiated for a session holds when it is resumed (RFC 6066 §4). */
void shk_keep_fragment_length(shk_conn *conn);

/* secrets for the key log */
void shk_log_secret(const shk_conn *conn, const char *label, const uint8_t *secret, size_t len);

#endif
