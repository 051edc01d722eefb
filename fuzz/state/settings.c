/* Headers of inputs of stateful targets (state/settings.h). */
#include "state/settings.h"

#include <string.h>

enum { ROW, VARIANTS, CUT, STEPS };
enum { RECORD_HEADER = 5 };

static void vary(shk_state_settings *settings, uint8_t variants)
{
#define SHK_STATE_SETTING(name)
#define SHK_STATE_VARIANT(bit, name, value)                                                        \
    if ((variants >> (bit)&1) != 0 && settings->name == 0)                                         \
        settings->name = (value);
#include "state/settings.def"
#undef SHK_STATE_SETTING
#undef SHK_STATE_VARIANT
}

shk_state_input shk_state_input_of(bool is_13, shk_span bytes)
{
    uint8_t header[SHK_STATE_HEADER] = {0};
    size_t len = bytes.len < sizeof header ? bytes.len : sizeof header;
    if (len > 0)
        memcpy(header, bytes.data, len);
    shk_state_input input = {.kind = shk_state_kind_of(is_13, header[ROW]),
                             .variants = header[VARIANTS],
                             .cut = header[CUT] % SHK_STATE_CUTS,
                             .stream = shk_span_of(bytes.data + len, bytes.len - len)};
    input.settings = input.kind->settings;
    vary(&input.settings, input.variants);
    for (size_t i = 0; i < SHK_STATE_ACTIONS; i++) {
        const uint8_t *step = header + STEPS + 2 * i;
        input.steps[i] = (shk_state_step){step[0], (shk_state_action)(step[1] % SHK_ACTION_COUNT)};
    }
    return input;
}

size_t shk_state_record_len(shk_span stream)
{
    size_t len = stream.len;
    if (stream.len >= RECORD_HEADER)
        len = RECORD_HEADER + ((size_t)stream.data[3] << 8 | stream.data[4]);
    return len < stream.len ? len : stream.len;
}

void shk_state_write_header(const shk_state_kind *kind, const shk_state_step *steps,
                            uint8_t header[SHK_STATE_HEADER])
{
    memset(header, 0, SHK_STATE_HEADER);
    header[ROW] = (uint8_t)(kind - shk_state_kind_of(kind->is_13, 0));
    for (size_t i = 0; i < SHK_STATE_ACTIONS; i++) {
        header[STEPS + 2 * i] = steps[i].after;
        header[STEPS + 2 * i + 1] = (uint8_t)steps[i].action;
    }
}
