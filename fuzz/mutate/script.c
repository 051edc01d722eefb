/* Mutations of scripts (mutate/script.h). */
#include "mutate/script.h"

#include <string.h>

#include "deviate/script_parts.h"
#include "mutate/operation.h"

/* Plain mutations also reach the statements, which are text. */
enum { PLAIN_ONCE_IN = 6 };

static void remove_operation(shk_script *script, size_t n)
{
    shk_operation *at = script->operations + n;
    memmove(at, at + 1, (script->operation_count - n - 1) * sizeof *at);
    script->operation_count--;
}

static bool insert_operation(shk_script *script, size_t n, shk_operation operation)
{
    shk_operation *at = script->operations + n;
    if (script->operation_count == SHK_SCRIPT_OPERATIONS)
        return false;
    memmove(at + 1, at, (script->operation_count - n) * sizeof *at);
    *at = operation;
    script->operation_count++;
    return true;
}

static void swap_operations(shk_script *script, size_t a, size_t b)
{
    shk_operation first = script->operations[a];
    script->operations[a] = script->operations[b];
    script->operations[b] = first;
}

/* Does one of the mutations to the script. What it draws lies in `text`. */
static void mutate(shk_mutator *m, shk_script *script, shk_buf *text)
{
    size_t count = script->operation_count;
    size_t place = shk_chance_below(&m->chance, count + 1);
    size_t n = count > 0 ? shk_chance_below(&m->chance, count) : 0;
    size_t what = count > 0 ? shk_chance_below(&m->chance, 8) : 0;
    if (what <= 1) {
        insert_operation(script, place, shk_operation_draw(m, script->player, text));
    } else if (what == 2) {
        remove_operation(script, n);
    } else if (what == 3) {
        shk_operation copy = script->operations[n];
        shk_operation_change(m, script->player, &copy, text);
        insert_operation(script, place, copy);
    } else if (what == 4) {
        swap_operations(script, n, shk_chance_below(&m->chance, count));
    } else {
        shk_operation_change(m, script->player, &script->operations[n], text);
    }
}

/* Encodes the script in place of `data`; 0: it does not fit. */
static size_t encode(const shk_script *script, uint8_t *data, size_t cap)
{
    shk_buf out = shk_buf_growing(&shk_libc_allocator);
    size_t len = 0;
    if (script != NULL && shk_script_encode(script, &out) && out.len <= cap && out.len > 0) {
        memcpy(data, out.data, out.len);
        len = out.len;
    }
    shk_buf_free(&out);
    return len;
}

size_t shk_mutate_script(shk_mutator *m, uint8_t *data, size_t size, size_t cap, unsigned seed)
{
    m->chance.state = seed;
    if (shk_chance_once_in(&m->chance, PLAIN_ONCE_IN))
        return m->plain(data, size, cap);
    shk_buf text = shk_buf_growing(&shk_libc_allocator);
    shk_script *script = shk_script_decode(shk_span_of(data, size));
    if (script != NULL && size == 0)
        script->player = (shk_player_role)shk_chance_below(&m->chance, SHK_PLAYER_MIDDLE + 1);
    if (script != NULL)
        mutate(m, script, &text);
    size_t len = encode(script, data, cap);
    shk_script_free(script);
    shk_buf_free(&text);
    return len > 0 ? len : m->plain(data, size, cap);
}

size_t shk_cross_scripts(shk_mutator *m, shk_span first, shk_span second, uint8_t *out, size_t cap,
                         unsigned seed)
{
    m->chance.state = seed;
    shk_script *script = shk_script_decode(first), *other = shk_script_decode(second);
    size_t len = 0;
    if (script != NULL && other != NULL && other->operation_count > 0) {
        size_t from = shk_chance_below(&m->chance, other->operation_count);
        size_t count = 1 + shk_chance_below(&m->chance, other->operation_count - from);
        size_t place = shk_chance_below(&m->chance, script->operation_count + 1);
        bool theirs = shk_chance_once_in(&m->chance, 2); /* under whose statements */
        for (size_t i = 0; i < count; i++)
            insert_operation(script, place + i, other->operations[from + i]);
        if (theirs && script->operation_count > 0) {
            size_t copied = script->operation_count * sizeof script->operations[0];
            memcpy(other->operations, script->operations, copied);
            other->operation_count = script->operation_count;
        }
        len = encode(theirs ? other : script, out, cap);
    }
    shk_script_free(script);
    shk_script_free(other);
    return len;
}
