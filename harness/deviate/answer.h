/* What the answer of a peer comes to, and whether a script expects it. */
#ifndef SHK_DEVIATE_ANSWER_H
#define SHK_DEVIATE_ANSWER_H

#include "deviate/script.h"

typedef struct {
    shk_answer kind;
    int alert; /* of REFUSED; -1: protected by keys that we do not have */
} shk_peer_answer;

/* The answer by what both ends report. `connected`: the peer's handshake was complete at some time;
 * `cut`: our side was closed. */
shk_peer_answer shk_answer_of(const shk_endpoint_result *peer, const shk_endpoint_result *own,
                              bool connected, bool cut);
/* Whether it is one of those that the script expects, of which there may be none. */
bool shk_answer_is_expected(const shk_script *script, shk_peer_answer answer);
/* The first fact that the script never wants and that the result tells; SHK_FACTS: none. */
shk_fact shk_forbidden_fact(const shk_script *script, const shk_endpoint_result *result);

/* "refused unexpected_message" and the like; SHK_WHY_SIZE bytes. */
void shk_answer_text(shk_peer_answer answer, char *out);
/* All that is expected, " | " between; SHK_WHY_SIZE bytes. */
void shk_expected_text(const shk_script *script, char *out);

#endif
