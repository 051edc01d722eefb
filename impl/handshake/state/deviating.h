/* What an end does in place of what it should, where its configuration has hooks for it
 * (shakedown/deviation.h). Without SHK_DEVIATIONS nothing of this is in the build. */
#ifndef SHK_HANDSHAKE_STATE_DEVIATING_H
#define SHK_HANDSHAKE_STATE_DEVIATING_H

#include "handshake/state/conn_state.h"
#include "handshake/state/send.h"

#ifdef SHK_DEVIATIONS
/* The hooks; NULL: the end is honest. */
static inline const shk_deviation_hooks *shk_deviating(const shk_conn *conn)
{
    return conn->config->hooks;
}

/* Gives the message of the flight that begins at `start` to the hook in its place. */
shk_status shk_deviate_message(shk_flight *flight, shk_message id, const shk_form *form,
                               size_t start, bool is_hashed);
/* Likewise the flight's ClientHello, which is hashed by its sender: `hashed` receives what is. */
shk_status shk_deviate_client_hello(shk_flight *flight, shk_buf *hashed);
/* Whether the bytes are a ClientHello message that can be decoded. */
bool shk_is_client_hello(shk_span message);
/* `edited` receives what is read in place of a message of the peer's, its header included. */
shk_status shk_deviate_received(shk_conn *conn, shk_message id, const shk_form *form, shk_span raw,
                                shk_buf *edited);
shk_status shk_deviate_record(shk_conn *conn, uint8_t type, shk_span content, bool *handled);
/* Other keys are written with. */
void shk_deviate_keys(shk_conn *conn);
void shk_deviate_secret(shk_conn *conn, shk_secret_kind kind, uint8_t *secret, size_t *len,
                        size_t cap);
/* Likewise of a secret that is not to be changed where it is: the other is in `other`. */
shk_span shk_deviate_span(shk_conn *conn, shk_secret_kind kind, shk_span secret, uint8_t *other,
                          size_t cap);
/* The secret of the (EC)DHE exchange. */
void shk_deviate_shared(shk_conn *conn);
shk_status shk_deviate_sign(shk_conn *conn, const shk_credential **credential,
                            const shk_signature_scheme_row **scheme, shk_buf *content);
/* Whether a failure by what the peer has sent does not end us. */
bool shk_goes_on(shk_conn *conn, shk_status failure);
/* Whether any session is acceptable. */
bool shk_any_session(const shk_conn *conn);
void shk_free_former_writes(shk_conn *conn);
#else
#define shk_deviating(conn) ((const shk_deviation_hooks *)NULL)
#define shk_deviate_message(flight, id, form, start, is_hashed) SHK_OK
#define shk_deviate_client_hello(flight, hashed) ((void)(hashed), SHK_OK)
#define shk_is_client_hello(message) false
#define shk_deviate_received(conn, id, form, raw, edited) ((void)(edited), SHK_OK)
#define shk_deviate_record(conn, type, content, handled) ((void)(handled), SHK_OK)
#define shk_deviate_keys(conn) ((void)0)
#define shk_deviate_secret(conn, kind, secret, len, cap) ((void)(len))
#define shk_deviate_span(conn, kind, secret, other, cap) ((void)(other), (secret))
#define shk_deviate_shared(conn) ((void)0)
#define shk_deviate_sign(conn, credential, scheme, content) ((void)(content), SHK_OK)
#define shk_goes_on(conn, failure) false
#define shk_any_session(conn) false
#define shk_free_former_writes(conn) ((void)0)
#endif

#endif
