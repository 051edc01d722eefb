/* The engine that runs the extensions of the hellos. */
#ifndef SHK_HANDSHAKE_HELLO_HELLO_EXTENSIONS_H
#define SHK_HANDSHAKE_HELLO_HELLO_EXTENSIONS_H

#include <assert.h>

#include "extensions/extension_block.h"
#include "handshake/state/send.h"
#include "shakedown/conn.h"
#include "shakedown/crypto.h"
#include "shakedown/types.h"

/* An extension that was received. */
typedef struct {
    shk_extension extension;
    void *body; /* see SHK_EXTENSION_BODY */
} shk_extension_body;

/* An extension about to be sent. */
typedef struct {
    shk_extension extension;
    void *body;      /* zeroed; see SHK_EXTENSION_BODY */
    uint16_t place;  /* SHK_IN_*: the message it goes into */
    shk_buf *pieces; /* for what the spans of the body point to */
    bool send;       /* false at first: it is left out */
} shk_draft;

/* The body of a shk_draft or shk_extension_body as the struct of its row, shk_NAME:
 *     const shk_server_name *m = SHK_EXTENSION_BODY(in, server_name);
 * Asserts that the row is that of the extension. */
#define SHK_EXTENSION_BODY(from, name)                                                             \
    (assert((from)->extension == SHK_EXT_##name), (shk_##name *)(from)->body)

/* A function that is NULL has nothing to do. */
typedef struct {
    /* client, for the ClientHello */
    shk_status (*offer)(shk_conn *conn, shk_draft *out);
    /* client: takes in the answer */
    shk_status (*accept)(shk_conn *conn, const shk_extension_body *in);
    /* server: takes in the offer */
    shk_status (*read)(shk_conn *conn, const shk_extension_body *in);
    /* server; the client has sent it */
    shk_status (*answer)(shk_conn *conn, shk_draft *out);
} shk_hello_extension;

#define SHK_HELLO_EXTENSION(name) extern const shk_hello_extension shk_hello_##name;
#include "handshake/hello/hello_extensions.def"
#undef SHK_HELLO_EXTENSION

/* Builds our ClientHello's extensions in flight->extensions. */
shk_status shk_offer_extensions(shk_conn *conn, shk_flight *flight);
/* Builds the server's answers that go into a message of the place, behind what is in
 * flight->extensions already. */
shk_status shk_answer_extensions(shk_conn *conn, uint16_t place, shk_flight *flight);
/* Checks that a block answers what was offered and may stand in the place, and takes in what it
 * says. */
shk_status shk_accept_extensions(shk_conn *conn, const shk_extension_block *block, uint16_t place);
/* Server: takes in what the ClientHello says. */
shk_status shk_read_extensions(shk_conn *conn);

#endif
