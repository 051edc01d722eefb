/* A connection as one end has seen it: the messages that it sent and got, in its order, opened by
 * the keys that it, or the other end, tells. */
#ifndef SHK_ORACLE_VIEW_H
#define SHK_ORACLE_VIEW_H

#include "drive/hello.h"
#include "shakedown/crypto.h"

/* Bytes that an end sent and got, in its order. */
typedef struct {
    size_t len;
    bool sent;
} shk_timeline_piece;

typedef struct {
    shk_buf bytes;
    shk_timeline_piece *pieces;
    size_t count;
    size_t cap;
} shk_timeline;

/* False without memory. */
bool shk_timeline_add(shk_timeline *timeline, bool sent, shk_span bytes);
void shk_timeline_free(shk_timeline *timeline);

/* Which keys protect a record. Below TLS 1.3: none, or those behind ChangeCipherSpec, which are
 * APPLICATION. */
typedef enum {
    SHK_UNDER_NONE,
    SHK_UNDER_EARLY,
    SHK_UNDER_HANDSHAKE,
    SHK_UNDER_APPLICATION
} shk_under;

/* A handshake message, or the content of another record. */
typedef struct {
    bool sent;        /* by the end whose view it is; else it came */
    bool opened;      /* false: `raw` is the fragment of a protected record that no key opens */
    bool aligned;     /* nothing follows in its record */
    bool across_keys; /* begun under other keys than it ends under */
    bool by_server;
    uint8_t content;    /* ContentType */
    shk_message id;     /* handshake; SHK_MSG_COUNT: no row */
    shk_under under;    /* the keys that it begins under */
    unsigned epoch;     /* how often the keys of its direction had changed */
    unsigned handshake; /* 0: the first, 1: the first renegotiation ... */
    size_t at;          /* while the view is made: where it begins in the arena */
    shk_span raw;       /* a handshake message with its header */
} shk_item;

/* The first handshake of a view; what did not come is NULL. */
typedef struct {
    uint16_t version; /* 0: no ServerHello */
    const shk_suite_row *suite;
    const shk_item *client_hellos[2];
    const shk_item *retry;
    const shk_item *server_hello;
    const shk_item *encrypted_extensions;
    const shk_item *certificates[2]; /* of client and server */
    const shk_item *certificate_request;
    const shk_item *verifies[2]; /* CertificateVerify */
    const shk_item *server_key_exchange;
    const shk_item *finished[2];
    shk_hello client[2]; /* of the ClientHellos that came */
    shk_hello retried;
    shk_hello server;
} shk_first_handshake;

typedef struct {
    shk_item *items;
    size_t count;
    size_t cap;
    shk_buf arena;
    bool lost;      /* there was no memory */
    bool of_server; /* whose view it is */
    /* TLS 1.3: a record of the client's or server's behind the ServerHello has the type of
     * plaintext, as which it is read; an end may open it all the same. */
    bool mistyped[2];
    shk_first_handshake first;
} shk_view;

/* Gives a secret by the label of the key log; `random` is the ClientHello's. 0: there is none. */
typedef size_t shk_secret_source(const void *context, const char *label, const uint8_t *random,
                                 uint8_t *out);

/* Reads the timeline of the server or client into `view`, which is all zero. */
void shk_view_read(shk_view *view, const shk_timeline *timeline, bool of_server,
                   const shk_crypto *crypto, shk_secret_source *source, const void *context);
void shk_view_free(shk_view *view);

/* The body of a handshake message. */
shk_span shk_item_body(const shk_item *item);
/* Whether the item is a handshake message of that row, in the clear for us. */
bool shk_item_is(const shk_item *item, shk_message id);
/* The body of an extension in a block; data NULL where it is not there. */
shk_span shk_extension_of(shk_span block, shk_extension extension);
bool shk_has_extension(shk_span block, shk_extension extension);
/* The last of the ClientHellos; NULL: none has been seen. */
const shk_hello *shk_last_client_hello(const shk_first_handshake *first);

#endif
