/* What a connection holds of Encrypted ClientHello (RFC 9849): a client encrypts its ClientHello
 * into another one, and a server goes on with whichever of the two it can read. */
#ifndef SHK_HANDSHAKE_STATE_ECH_STATE_H
#define SHK_HANDSHAKE_STATE_ECH_STATE_H

#include "crypto/hpke.h"
#include "extensions/encrypted_client_hello.h"
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
/* Client: the name that the ClientHello being built carries, and that the server's certificate is
 * checked for: the configuration's, or for the outer one the public name. */
const char *shk_reference_name(const shk_conn *conn);
/* Client: the ClientHello being built is the inner one. */
bool shk_ech_builds_inner(const shk_conn *conn);
/* Client: whether the server could not read the inner hello. */
bool shk_ech_rejected(const shk_conn *conn);
/* Client: the random of the ClientHello being built, 32 bytes. */
const uint8_t *shk_hello_random(const shk_conn *conn);

#endif
