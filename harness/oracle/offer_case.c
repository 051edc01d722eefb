/* What the parts of the oracle of offers ask of an end (oracle/offer.h). */
#include "oracle/cursor.h"
#include "oracle/offer.h"

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
