/* The flow tables: what may come when, and what happens then, as data (client.def, server.def).
 * shk_flow_message is the one place where a handshake message meets the state of a connection. */
#ifndef SHK_HANDSHAKE_FLOW_FLOW_TABLE_H
#define SHK_HANDSHAKE_FLOW_FLOW_TABLE_H

#include "handshake/state/conn_state.h"

typedef enum {
#define SHK_STATE(name) SHK_STATE_##name,
#include "handshake/flow/states.def"
#undef SHK_STATE
    SHK_STATE_COUNT
} shk_state;

typedef bool shk_flow_condition(const shk_conn *conn);
/* The two kinds of step: one that acts, and one that takes in a message. */
typedef shk_status shk_flow_send(shk_conn *conn);
typedef shk_status shk_flow_receive(shk_conn *conn, const shk_received *message);

typedef enum { SHK_HASH_NEVER, SHK_HASH_BEFORE, SHK_HASH_AFTER } shk_flow_hashing;

/* What a row waits for: a row of messages.def, or one of two things that are no handshake message.
 */
enum {
#define SHK_MESSAGE(name, value, min, max, forms) SHK_ON_##name,
#include "registry/messages.def"
#undef SHK_MESSAGE
    SHK_ON_change_cipher_spec,
    SHK_ON_ENTRY
};

typedef struct {
    shk_state state;
    unsigned on; /* a shk_message, SHK_ON_change_cipher_spec or SHK_ON_ENTRY */
    shk_flow_condition *condition;
    const char *condition_name;
    shk_flow_hashing hashing;
    shk_flow_send *send;       /* NULL: the row has none */
    shk_flow_receive *receive; /* likewise; a row has one of them at most */
    const char *step_name;     /* "": it has neither */
    shk_state next;
} shk_flow_row;

extern const shk_flow_row shk_flow_rows[];
extern const size_t shk_flow_row_count;
const char *shk_state_name(shk_state state);
/* The name of what a row waits for: a message, "change_cipher_spec", or "" on entry. */
const char *shk_flow_event_name(unsigned on);

/* Declares the conditions and steps that the tables name. */
#define SHK_RECEIVE(state, message, condition, transcript, step, next)                             \
    shk_flow_condition shk_if_##condition;                                                         \
    shk_flow_receive shk_do_##step;
#define SHK_ON(state, message, condition, transcript, step, next)                                  \
    shk_flow_condition shk_if_##condition;                                                         \
    shk_flow_send shk_do_##step;
#define SHK_IGNORE(state, message, condition, next) shk_flow_condition shk_if_##condition;
#define SHK_SEND(state, condition, step, next)                                                     \
    shk_flow_condition shk_if_##condition;                                                         \
    shk_flow_send shk_do_##step;
#define SHK_NEXT(state, condition, next) shk_flow_condition shk_if_##condition;
#include "handshake/flow/client.def"
#include "handshake/flow/server.def"
#undef SHK_RECEIVE
#undef SHK_ON
#undef SHK_IGNORE
#undef SHK_SEND
#undef SHK_NEXT

/* Runs the rows that wait for nothing until one waits. */
shk_status shk_flow_run(shk_conn *conn);
/* A whole handshake message, header included. SHK_E_UNEXPECTED_MESSAGE where no row fits; the
 * codec's errors; the step's. */
shk_status shk_flow_message(shk_conn *conn, shk_span raw);
/* Whether a ChangeCipherSpec is waited for. */
bool shk_flow_expects_change_cipher_spec(const shk_conn *conn);
shk_status shk_flow_change_cipher_spec(shk_conn *conn);

#endif
