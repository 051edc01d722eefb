/* The oracle of offers (oracle/offer.h). */
#include "oracle/offer.h"

static void judge_end(shk_case *c, size_t side)
{
    const shk_observed *end = &c->seen->ends[side];
    const shk_first_handshake *first = &end->view.first;
    const shk_offer o = {c, end, side, first, shk_last_client_hello(first)};
    if (o.hello == NULL)
        return;
    shk_judge_offered_keys(&o);
    shk_judge_offered_session(&o);
    if (shk_is_encrypted_hello(c->seen)) {
        shk_unseen(c, "the offers of an inner ClientHello are encrypted");
        return;
    }
    shk_judge_offered_hellos(&o);
    shk_judge_offered_extensions(&o);
    shk_judge_offered_authentication(&o);
}

void shk_judge_offer(shk_case *c)
{
    for (size_t side = 0; side < 2; side++)
        if (shk_is_judged(&c->seen->ends[side]))
            judge_end(c, side);
}
