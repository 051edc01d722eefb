/* What an input of `shakedown decode` is, and all that is printed of it (cli/decode.h). */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli/decode.h"

/* The layouts of all tables in one row. */
enum {
    FIRST_EXTENSION = SHK_MSG_COUNT,
    FIRST_RECORD = FIRST_EXTENSION + SHK_EXT_COUNT,
    LAYOUT_COUNT = FIRST_RECORD + SHK_REC_COUNT
};

bool shk_decoding_layout(size_t i, char *name, shk_candidate *candidates, size_t *count)
{
    *count = 1;
    if (i < FIRST_EXTENSION) {
        const shk_message_row *row = &shk_message_rows[i];
        snprintf(name, SHK_LAYOUT_NAME, "%s", row->name);
        *count = row->forms->count;
        for (size_t k = 0; k < *count && k < SHK_MAX_CANDIDATES; k++)
            candidates[k] = (shk_candidate){row->name, row->layout, row->forms->forms[k]};
    } else if (i < FIRST_RECORD) {
        shk_extension id = (shk_extension)(i - FIRST_EXTENSION);
        const shk_extension_row *row = &shk_extension_rows[id];
        snprintf(name, SHK_LAYOUT_NAME, "ext_%s", row->name);
        *count = shk_extension_form_count(id);
        for (size_t k = 0; k < *count && k < SHK_MAX_CANDIDATES; k++)
            candidates[k] = (shk_candidate){row->name, row->layout, shk_extension_form(id, k)};
    } else if (i < LAYOUT_COUNT) {
        const shk_record_row *row = &shk_record_rows[i - FIRST_RECORD];
        snprintf(name, SHK_LAYOUT_NAME, "%s", row->name);
        candidates[0] = (shk_candidate){row->name, row->layout, {.name = NULL}};
    } else {
        return false;
    }
    return true;
}

size_t shk_decoding_choose(const char *type, const char *form, shk_candidate *candidates, char *why)
{
    char name[SHK_LAYOUT_NAME];
    size_t count;
    size_t i = 0;
    while (shk_decoding_layout(i, name, candidates, &count) && strcmp(name, type) != 0)
        i++;
    if (!shk_decoding_layout(i, name, candidates, &count)) {
        snprintf(why, SHK_WHY_SIZE, "--type: '%.60s' is not known; see --list", type);
        return 0;
    }
    if (form == NULL)
        return count;
    for (size_t k = 0; k < count; k++)
        if (candidates[k].form.name != NULL && strcmp(candidates[k].form.name, form) == 0) {
            candidates[0] = candidates[k];
            return 1;
        }
    snprintf(why, SHK_WHY_SIZE, "--form: %s has no form '%.60s'; see --list", name, form);
    return 0;
}

static bool looks_hex(shk_span bytes)
{
    size_t digits = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        if (!isxdigit(bytes.data[i]) && !isspace(bytes.data[i]))
            return false;
        digits += isxdigit(bytes.data[i]) ? 1 : 0;
    }
    return digits > 0;
}

static unsigned hex_value(uint8_t digit)
{
    return (unsigned)(digit <= '9' ? digit - '0' : tolower(digit) - 'a' + 10);
}

/* Turns hex digits into bytes, in place. */
static bool from_hex(shk_buf *input, char *why)
{
    size_t digits = 0;
    for (size_t i = 0; i < input->len; i++) {
        uint8_t byte = input->data[i];
        if (isspace(byte))
            continue;
        if (!isxdigit(byte)) {
            snprintf(why, SHK_WHY_SIZE, "byte %zu (0x%02x) is neither a hex digit nor white space",
                     i, byte);
            return false;
        }
        unsigned high = digits % 2 == 0 ? 0 : input->data[digits / 2];
        input->data[digits / 2] = (uint8_t)(high << 4 | hex_value(byte));
        digits++;
    }
    input->len = digits / 2;
    if (digits % 2 != 0)
        snprintf(why, SHK_WHY_SIZE, "the number of hex digits, %zu, is odd", digits);
    return digits % 2 == 0;
}

bool shk_decoding_unhex(shk_encoding encoding, shk_buf *input, char *why)
{
    const bool hex =
        encoding == SHK_HEX || (encoding == SHK_ANY_ENCODING && looks_hex(shk_buf_span(input)));
    return !hex || from_hex(input, why);
}

static void print_bare(shk_decoding *d, const shk_candidate *candidates, size_t count,
                       shk_span body)
{
    shk_decoding_begin(d, "message", candidates[0].name);
    shk_print_number(&d->printer, "length", body.len, 4, NULL);
    shk_decoding_body(d, candidates, count, body, 0, false);
    shk_decoding_end(d);
}

/* A record begins with a content type and the major version (RFC 8446 §5.1), a message with its
 * type and length. */
static bool looks_like_records(shk_span input)
{
    return input.len >= 2 && input.data[1] == 3 &&
           (shk_content_type_name(input.data[0]) != NULL ||
            shk_handshake_type_name(input.data[0]) == NULL);
}

void shk_decoding_all(shk_decoding *d, const shk_candidate *candidates, size_t count,
                      shk_span input)
{
    const bool json = d->printer.style != SHK_TEXT;
    d->version = d->first_version;
    d->pending = shk_buf_growing(&shk_libc_allocator);
    d->segments = shk_buf_growing(&shk_libc_allocator);
    if (json)
        shk_print_begin(&d->printer, NULL, true);
    if (count > 0) {
        print_bare(d, candidates, count, input);
    } else if (looks_like_records(input)) {
        shk_decoding_records(d, input);
    } else if (shk_decoding_add(d, input, 0)) {
        shk_decoding_messages(d, true);
    }
    if (json)
        shk_print_end(&d->printer, true);
    shk_buf_free(&d->pending);
    shk_buf_free(&d->segments);
}
