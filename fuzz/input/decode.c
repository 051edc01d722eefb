/* What `shakedown decode` is given: records or handshake messages of both directions, binary or
 * hex; or one bare body. The first byte tells which: 0 as it looks, else a layout by its number;
 * the second the version that is known before. Then the input. */
#include "cli/decode.h"

#include "input/input.h"
#include "print_check.h"

enum { HEAD = 2, VERSIONS = 5 };

/* The errors that were counted; printed text is checked and thrown away. */
static size_t decode(const shk_candidate *candidates, size_t count, uint16_t version,
                     shk_print_style style, shk_span bytes)
{
    shk_print_check check = {.json = style != SHK_TEXT,
                             .one_line = style == SHK_JSON_LINE,
                             .limit = 4096 + 1024 * bytes.len};
    shk_decoding d = {
        .printer = {.sink = shk_print_check_sink, .context = &check, .style = style, .first = true},
        .source = "input",
        .first_version = version,
    };
    shk_decoding_all(&d, candidates, count, bytes);
    const char *complaint = shk_print_check_end(&check);
    if (complaint != NULL)
        shk_input_violated("printed-badly", complaint);
    return d.errors;
}

static bool run(void *shared, shk_span input)
{
    static const uint16_t versions[VERSIONS] = {0, SHK_TLS10, SHK_TLS11, SHK_TLS12, SHK_TLS13};
    shk_candidate candidates[SHK_MAX_CANDIDATES];
    char name[SHK_LAYOUT_NAME], why[SHK_WHY_SIZE];
    size_t count = 0;
    (void)shared;
    if (input.len <= HEAD)
        return false;
    if (input.data[0] > 0 &&
        !shk_decoding_layout((size_t)input.data[0] - 1, name, candidates, &count))
        return false;
    const uint16_t version = versions[input.data[1] % VERSIONS];
    shk_buf bytes = shk_buf_growing(&shk_libc_allocator);
    size_t errors = 1;
    if (shk_buf_append(&bytes, shk_span_of(input.data + HEAD, input.len - HEAD)) == SHK_OK &&
        shk_decoding_unhex(SHK_ANY_ENCODING, &bytes, why)) {
        const shk_span all = shk_buf_span(&bytes);
        errors = decode(candidates, count, version, SHK_TEXT, all);
        for (int style = SHK_JSON; style <= SHK_JSON_LINE; style++)
            if (decode(candidates, count, version, (shk_print_style)style, all) != errors)
                shk_input_violated("style-decides", "text and JSON count other errors");
    }
    shk_buf_free(&bytes);
    return errors == 0;
}

const shk_input_kind shk_input = {NULL, run};
