/* What each extension does in the hellos: one shk_hello_extension for each that is negotiated, and
 * one row in hello_extensions.def. Extensions without a row are read and left alone. */
#ifndef SHK_HANDSHAKE_HELLO_HELLO_EXTENSIONS_H
#define SHK_HANDSHAKE_HELLO_HELLO_EXTENSIONS_H

#include "handshake/state/handshake.h"

/* An extension about to be sent. */
typedef struct {
    uint16_t place;  /* SHK_IN_*: the message it goes into */
    shk_buf *pieces; /* for what the spans of `body` point to */
    void *body;      /* its struct, zeroed */
    bool send;       /* false at first: it is left out */
} shk_draft;

/* A function that is NULL has nothing to do. */
typedef struct {
    shk_status (*offer)(shk_conn *conn, shk_draft *out);    /* client, for the ClientHello */
    shk_status (*accept)(shk_conn *conn, const void *body); /* client: takes in the answer */
    shk_status (*read)(shk_conn *conn, const void *body);   /* server: takes in the offer */
    shk_status (*answer)(shk_conn *conn, shk_draft *out);   /* server; the client has sent it */
} shk_hello_extension;

#define SHK_HELLO_EXTENSION(name) extern const shk_hello_extension shk_hello_##name;
#include "handshake/hello/hello_extensions.def"
#undef SHK_HELLO_EXTENSION

/* Appends a code point in wire order. */
shk_status shk_append_u16(shk_buf *out, uint16_t value);
/* Appends, in wire order, the signature schemes of a list that say anything in the versions. */
shk_status shk_append_schemes(shk_buf *out, const shk_u16s *schemes, uint16_t min, uint16_t max);

#endif
