/* Deviations: hooks by which one end of a connection does what it should not, as a test tells it.
 * A build without SHK_DEVIATIONS has none of them: shk_conn_new refuses a configuration that asks
 * for them, and no code looks for them. */
#ifndef SHAKEDOWN_DEVIATION_H
#define SHAKEDOWN_DEVIATION_H

#include "crypto.h"

/* A connection (shakedown/conn.h). */
typedef struct shk_conn shk_conn;

/* Secrets that a hook may change, as soon as they are there. */
typedef enum {
    SHK_SECRET_SHARED,    /* of the (EC)DHE exchange */
    SHK_SECRET_PREMASTER, /* TLS 1.2 and older */
    SHK_SECRET_MASTER,    /* likewise */
    SHK_SECRET_PSK,       /* TLS 1.3: the one that is used */
    SHK_SECRETS
} shk_secret_kind;

/* Which keys protect a record: 0 is none, 1 the first that this end has sent with, and so on. The
 * keys of SHK_FORMER_EPOCHS epochs before the current one are kept. */
enum { SHK_EPOCH_CURRENT = -1, SHK_EPOCH_PREVIOUS = -2, SHK_FORMER_EPOCHS = 8 };

/* A flight of ours that is being put together. */
typedef struct shk_flight shk_flight;

/* The hooks; each may be NULL. They are called in the course of the connection's functions, and may
 * call of it only those below. A status that is not SHK_OK ends the connection as one of ours. */
typedef struct {
    void *context; /* passed to all of them */
    /* A message of ours has been encoded, with its header of 4 bytes; it is not hashed, and not yet
     * part of `flight`. The hook appends with shk_flight_append what is to go out in its place, or
     * nothing, and leaves in `hashed` (which has the message) what our transcript shall have. A
     * ClientHello comes with its binders; `hashed` then has the message that goes out. */
    shk_status (*message)(void *context, shk_conn *conn, shk_flight *flight, shk_message id,
                          const shk_form *form, shk_buf *hashed);
    /* A message of the peer's is about to be decoded. What the hook leaves in `message`, header
     * included, is what is read; our transcript has what came. */
    shk_status (*received)(void *context, shk_message id, const shk_form *form, shk_buf *message);
    /* A record of ours is about to be protected. With `*handled` set nothing more is done: the hook
     * has sent what it wants by shk_conn_emit. */
    shk_status (*record)(void *context, shk_conn *conn, uint8_t type, shk_span content,
                         bool *handled);
    /* Other keys protect what is sent from now on. */
    void (*keys_changed)(void *context, shk_conn *conn);
    /* A secret of `*len` bytes is there; it may be replaced by up to `cap` bytes. One whose length
     * is fixed gets zeros at its end. */
    void (*secret)(void *context, shk_secret_kind kind, uint8_t *secret, size_t *len, size_t cap);
    /* A signature is about to be made of `content`: with which key, in which scheme. */
    shk_status (*sign)(void *context, const shk_credential **credential,
                       const shk_signature_scheme_row **scheme, shk_buf *content);
    /* Whether the connection goes on after a failure by what the peer has sent. A Finished or a
     * signature that is wrong then counts as right; any other message, as not sent. */
    bool (*go_on)(void *context, shk_status failure);
    /* Whether a session is offered, or taken, that our own rules forbid. */
    bool (*any_session)(void *context);
} shk_deviation_hooks;

/* Appends bytes to the flight, as handshake messages. */
shk_status shk_flight_append(shk_flight *flight, shk_span bytes);
/* Sends what the flight has so far. */
shk_status shk_flight_flush(shk_flight *flight);
/* Adds bytes to the transcript of the handshake, as a message. */
shk_status shk_conn_hash(shk_conn *conn, shk_span message);
/* Computes the binders of a ClientHello message anew, if it has as many bytes of them, at its end,
 * as it was built with; else leaves it as it is. */
shk_status shk_conn_rebind(shk_conn *conn, shk_buf *message);
/* Sends one record with the given legacy_record_version (0: the usual one) under the keys of
 * `epoch`; a ChangeCipherSpec of TLS 1.3 goes out in the clear unless the epoch is said by number.
 * No limit is kept but that of its length field. A `content` of NULL is empty. The keys of
 * an epoch that has not come yet, or is no longer kept, are an error: SHK_E_CONFIG. */
shk_status shk_conn_emit(shk_conn *conn, int epoch, uint8_t type, uint16_t version,
                         shk_span content);
/* TLS 1.3: sends under the next keys from here on, as behind a KeyUpdate of ours (RFC 8446 §7.2).
 * SHK_E_CONFIG where nothing is protected yet. */
shk_status shk_conn_next_keys(shk_conn *conn);
/* Shows the messages, each with its header, to the observer of the configuration as sent. */
void shk_conn_show_sent(shk_conn *conn, shk_span messages);
/* How many epochs this end has sent in so far, plaintext included. */
int shk_conn_epochs(const shk_conn *conn);
/* The output that waits to be taken, to be changed in place or shortened. */
shk_buf *shk_conn_pending_output(shk_conn *conn);

#endif
