/* Mutates inputs of decode targets (input_mutator.h). */
#include "input_mutator.h"

#include <string.h>

/* Of so many mutations one is by the shape, which costs about as much as four runs, and of so many
 * asked for one crosses. More of them find no more in the same time. */
enum { SHAPED_ONCE_IN = 32, FORM_ONCE_IN = 32, CROSSED_ONCE_IN = 64 };

size_t shk_mutate_input(shk_mutator *m, const shk_fuzz_target *target, uint8_t *data, size_t size,
                        size_t cap, unsigned seed)
{
    m->chance.state = seed;
    if (!shk_chance_once_in(&m->chance, SHAPED_ONCE_IN))
        return m->plain(data, size, cap);
    size_t head = target->form_count > 1;
    if (head > cap)
        return m->plain(data, size, cap);
    if (size < head)
        data[size++] = (uint8_t)shk_chance_below(&m->chance, target->form_count);
    else if (head > 0 && shk_chance_once_in(&m->chance, FORM_ONCE_IN))
        data[0] = (uint8_t)shk_chance_below(&m->chance, target->form_count);
    shk_span body;
    const shk_form *form = shk_fuzz_split(target, shk_span_of(data, size), &body);
    shk_edited edited = {data + head, size - head, cap - head};
    shk_mutate_message(m, target->layout, form, &edited);
    return head + edited.len;
}

size_t shk_cross_inputs(shk_mutator *m, const shk_fuzz_target *target, shk_span first,
                        shk_span second, uint8_t *out, size_t cap, unsigned seed)
{
    m->chance.state = seed;
    shk_span body, other;
    const shk_form *form = shk_fuzz_split(target, first, &body);
    const shk_form *other_form = shk_fuzz_split(target, second, &other);
    if (first.len > cap || first.len == 0 || second.len == 0 ||
        !shk_chance_once_in(&m->chance,
                            CROSSED_ONCE_IN)) /* libFuzzer asks for it every other time */
        return 0;
    memcpy(out, first.data, first.len);
    size_t head = first.len - body.len;
    shk_edited edited = {out + head, body.len, cap - head};
    return shk_cross_message(m, target->layout, form, &edited, target->layout, other_form, other)
               ? head + edited.len
               : 0;
}
