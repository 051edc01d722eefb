/* The oracle of offers (oracle/offer.h). */
#include "oracle/offer.h"

#include "oracle/cursor.h"

const char *shk_offer_answered(const shk_offer *o)
{
    return o->side == 0 ? "the client took" : "the server sent";
}

bool shk_offer_lists(shk_span body, size_t prefix, uint16_t value)
{
    shk_cursor cursor = shk_cursor_over(body);
    const shk_span list = shk_cursor_vector(&cursor, prefix);
    return shk_u16_list_has(shk_span_of(list.data, list.len & ~(size_t)1), value);
}

bool shk_offer_has(const shk_offer *o, const shk_item *item)
{
    return shk_has_taken(o->end, item);
}

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
