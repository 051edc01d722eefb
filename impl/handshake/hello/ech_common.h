/* Encrypted ClientHello (RFC 9849): a client hides its ClientHello in another one, and a server
 * goes on with whichever of the two it can read. */
#ifndef SHK_HANDSHAKE_HELLO_ECH_COMMON_H
#define SHK_HANDSHAKE_HELLO_ECH_COMMON_H

#include "crypto/hpke.h"
#include "extensions/encrypted_client_hello.h"
#include "handshake/flow/flow_table.h"
#include "handshake/state/conn_state.h"
#include "messages/client_hello.h"

typedef enum {
    SHK_ECH_NONE,    /* client: not offered; server: no keys, or not offered */
    SHK_ECH_GREASED, /* client: offered with nothing in it */
    SHK_ECH_OFFERED, /* client: which of its two hellos counts is not known yet */
    SHK_ECH_ACCEPTED,
    SHK_ECH_REJECTED
} shk_ech_status;

typedef struct {
    shk_ech_status status;
    shk_hpke hpke;
    shk_hpke_suite suite;
    uint8_t config_id;

    bool building_outer; /* client: the ClientHello being built is the outer one, as all are once it
                            is rejected */
    uint8_t maximum_name_length;
    char public_name[256]; /* client */
    uint8_t outer_random[32];
    uint8_t enc[SHK_HPKE_MAX_PUBLIC];
    shk_buf payload;        /* client: zeros, while the outer hello is built */
    shk_buf sent;           /* client: extension_data of the first outer hello */
    shk_buf outer;          /* client: the first outer ClientHello message */
    shk_buf psk_identities; /* client: what the outer hello's PSKs are called */

    shk_buf inner; /* server: the inner ClientHello message, and how it is read */
    shk_client_hello inner_hello;
    shk_received inner_received;
} shk_ech;

void shk_ech_init(shk_ech *ech, const shk_allocator *allocator);
void shk_ech_free(shk_ech *ech);

/* ech_configs.c */
/* The next configuration of a list that can be used here (§4, §4.2), and its first cipher suite
 * that can. False at the end. */
bool shk_ech_next_usable(const shk_crypto *crypto, shk_span *list, shk_ech_config *out,
                         shk_hpke_suite *suite, shk_span *whole);
/* The ECHConfigs of an ECHConfigList; none where it is no such list. */
shk_span shk_ech_list(shk_span configs);
/* Whether configurations and keys of a connection's configuration can be used, if there are any. */
bool shk_ech_config_usable(const shk_config *config);
/* `info` of HPKE's setup: "tls ech", a zero and the ECHConfig (§6.1). */
shk_status shk_ech_info(shk_span config, shk_buf *out);

/* encrypted_client_hello.c */
/* accept_confirmation (§7.2, §7.2.1) of SHK_ECH_CONFIRMATION bytes, with the hash of all messages
 * up to the one that holds it, which has zeros in its place. */
shk_status shk_ech_confirmation(shk_conn *conn, shk_hash hash, shk_hash_state *state, bool retry,
                                uint8_t *out);

/* encrypted_client_hello_client.c */
/* Client: the name that the ClientHello being built carries, and that the server's certificate is
 * checked for: the configuration's, or for the outer one the public name. */
const char *shk_reference_name(const shk_conn *conn);
/* Client: the random of the ClientHello being built, 32 bytes. */
const uint8_t *shk_hello_random(const shk_conn *conn);
/* Client, before its first ClientHello: sets up what the configuration asks for. */
shk_status shk_ech_begin(shk_conn *conn);
/* Client: the ClientHello being built goes into another one. */
bool shk_ech_builds_inner(const shk_conn *conn);
/* Client: where an outer ClientHello is being built, in place of the PSKs that were collected there
 * come some that nobody has (§6.1.2). */
shk_status shk_ech_grease_psks(shk_conn *conn);
/* Client: puts the ClientHello message that hs->offered was decoded from into an outer one, which
 * takes its place in `flight`. */
shk_status shk_ech_wrap(shk_conn *conn, shk_buf *flight);
/* Client: whether ServerHello, the transcript's last message, or HelloRetryRequest, which the
 * transcript has not yet, accepts the inner hello; if not, the handshake goes on with the outer. */
shk_status shk_ech_judge_server_hello(shk_conn *conn, shk_span message);
shk_status shk_ech_judge_retry(shk_conn *conn, shk_span message,
                               const shk_extension_block *extensions);
/* Client: whether the server could not read the inner hello. */
bool shk_ech_rejected(const shk_conn *conn);
/* Client, at the end of such a handshake: SHK_E_ECH_REJECTED, with the server's configurations for
 * the application. */
shk_status shk_ech_give_up(shk_conn *conn);

/* encrypted_client_hello_server.c */
/* Server: reads the inner ClientHello if there is one that can be, and makes it the message. */
shk_status shk_ech_open(shk_conn *conn, const shk_received **message);
/* Server: the same for the ClientHello after a HelloRetryRequest. */
shk_status shk_ech_open_second(shk_conn *conn, const shk_received **message);
/* Server: with ECH accepted, puts the confirmation of a ServerHello or HelloRetryRequest into the
 * SHK_ECH_CONFIRMATION bytes at `at`, which its body points to. */
shk_status shk_ech_confirm(shk_conn *conn, shk_message id, void *body, uint8_t *at);

#endif
