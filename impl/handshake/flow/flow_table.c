/* The rows of the flow tables, client's and server's (handshake/flow/flow_table.h). */
#include "handshake/flow/flow_table.h"

#include "shakedown/flow.h"
#include "shakedown/registry.h"

#define ROW(state, on, condition, transcript, send, receive, step, next)                           \
    {SHK_STATE_##state, SHK_ON_##on, shk_if_##condition, #condition, SHK_HASH_##transcript, send,  \
     receive,           step,        SHK_STATE_##next},
#define SHK_RECEIVE(state, message, condition, transcript, step, next)                             \
    ROW(state, message, condition, transcript, NULL, shk_do_##step, #step, next)
#define SHK_ON(state, message, condition, transcript, step, next)                                  \
    ROW(state, message, condition, transcript, shk_do_##step, NULL, #step, next)
#define SHK_IGNORE(state, message, condition, next)                                                \
    ROW(state, message, condition, NEVER, NULL, NULL, "", next)
#define SHK_SEND(state, condition, step, next)                                                     \
    ROW(state, ENTRY, condition, NEVER, shk_do_##step, NULL, #step, next)
#define SHK_NEXT(state, condition, next) ROW(state, ENTRY, condition, NEVER, NULL, NULL, "", next)

const shk_flow_row shk_flow_rows[] = {
#include "handshake/flow/client.def"
#include "handshake/flow/server.def"
};
const size_t shk_flow_row_count = sizeof shk_flow_rows / sizeof shk_flow_rows[0];

const char *shk_state_name(shk_state state)
{
    static const char *const names[SHK_STATE_COUNT] = {
#define SHK_STATE(name) #name,
#include "handshake/flow/states.def"
#undef SHK_STATE
    };
    return (unsigned)state < SHK_STATE_COUNT ? names[state] : "?";
}

const char *shk_flow_event_name(unsigned on)
{
    if (on < SHK_MSG_COUNT)
        return shk_message_rows[on].name;
    return on == SHK_ON_change_cipher_spec ? "change_cipher_spec" : "";
}

bool shk_flow_line_at(size_t i, shk_flow_line *out)
{
    if (i >= shk_flow_row_count)
        return false;
    const shk_flow_row *row = &shk_flow_rows[i];
    out->state = shk_state_name(row->state);
    out->event = shk_flow_event_name(row->on);
    out->condition = row->condition_name;
    out->step = row->step_name;
    out->next = shk_state_name(row->next);
    return true;
}
