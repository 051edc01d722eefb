/* The flow tables as text, for those who print or walk them from outside.
 * The tables themselves are handshake/flow/client.def and handshake/flow/server.def. */
#ifndef SHAKEDOWN_FLOW_H
#define SHAKEDOWN_FLOW_H

#include <stdbool.h>
#include <stddef.h>

/* A row of a flow table, each column as text. */
typedef struct {
    const char *state; /* a row of states.def */
    const char
        *event; /* the message waited for; empty: none, the row is taken on entering the state */
    const char *condition; /* "always" or the name of a condition */
    const char *step;      /* the function that is called; "": none */
    const char *next;      /* the state afterwards */
} shk_flow_line;

/* The i-th row of the tables, client's first. False behind the last. */
bool shk_flow_line_at(size_t i, shk_flow_line *out);

#endif
