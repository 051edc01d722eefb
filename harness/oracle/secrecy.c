/* The oracle of secrecy (oracle/secrecy.h). */
#include "oracle/secrecy.h"

/* No secret is in what crossed the wire. */
static void judge_wire(shk_case *c, size_t side)
{
    const shk_observed *end = &c->seen->ends[side];
    shk_span lines = shk_buf_span(&end->key_log);
    shk_key_line line;
    while (shk_key_line_next(&lines, &line))
        if (shk_holds(shk_buf_span(&end->timeline.bytes), shk_span_of(line.secret, line.len))) {
            shk_raise(c, "RFC 8446 §E.1", "the secret %s crossed the wire as it is", line.label);
            return;
        }
}

void shk_judge_secrecy(shk_case *c)
{
    for (size_t side = 0; side < 2; side++) {
        const shk_observed *end = &c->seen->ends[side];
        const shk_first_handshake *f = &end->view.first;
        const shk_target target = {c, end, side};
        if (!shk_is_judged(end))
            continue;
        judge_wire(c, side);
        if (f->suite == NULL || shk_last_client_hello(f) == NULL)
            continue;
        if (f->version >= SHK_TLS13)
            shk_secrecy_13(&target);
        else
            shk_secrecy_12(&target);
    }
    shk_secrecy_tickets(c);
}
