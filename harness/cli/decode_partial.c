/* Prints a message that did not decode, as far as it did (cli/decode.h).
 * Its struct is printed to memory, and the lines from the fault on are left out. */
#include <string.h>

#include "cli/decode.h"
#include "drive/hello.h"

/* Where a line starts: in JSON the line break comes before it, in text after it. */
typedef struct {
    const char *text;
    size_t len;
    size_t depth; /* of the innermost group, in columns */
    bool json;
} lines;

static void keep(void *context, const char *text, size_t len)
{
    shk_buf *out = (shk_buf *)context;
    if (shk_buf_append(out, shk_span_of(text, len)) != SHK_OK)
        out->len = 0; /* without memory nothing is shown */
}

/* The length of the line at `at`, its break included. */
static size_t line_length(const lines *l, size_t at)
{
    size_t from = l->json ? at + 1 : at;
    const char *end = from < l->len ? memchr(l->text + from, '\n', l->len - from) : NULL;
    if (end == NULL)
        return l->len - at;
    return (size_t)(end - l->text) + (l->json ? 0 : 1) - at;
}

/* The first character of the line that is no indentation, or NULL if it belongs to a deeper group.
 */
static const char *at_base(const lines *l, size_t at, size_t len)
{
    size_t skip = l->depth + (l->json ? 1 : 0);
    if (len <= skip || l->text[at + skip] == ' ' || l->text[at + skip] == ']' ||
        l->text[at + skip] == '}')
        return NULL;
    return l->text + at + skip;
}

static bool is_field(const lines *l, const char *start, const char *field)
{
    size_t quote = l->json ? 1 : 0;
    size_t len = strlen(field);
    if ((size_t)(l->text + l->len - start) <= quote + len || (l->json && *start != '"') ||
        memcmp(start + quote, field, len) != 0)
        return false;
    char next = start[quote + len];
    return l->json ? next == '"' : next == ':' || next == '\n';
}

/* An array without elements: decoding may have failed in its first one. */
static bool is_empty_group(const lines *l, const char *start, size_t at, size_t len)
{
    size_t next = at + len;
    if (l->json)
        return memchr(start, '[', (size_t)(l->text + next - start)) != NULL &&
               l->text[next - 1 - (l->text[next - 1] == ',' ? 1 : 0)] == ']';
    if (memchr(start, ':', (size_t)(l->text + next - start)) != NULL)
        return false;
    return next == l->len || at_base(l, next, line_length(l, next)) != NULL;
}

/* Where the line behind the field at `at` begins: what belongs to the field is deeper, or closes
 * it. */
static size_t behind(const lines *l, size_t at)
{
    do
        at += line_length(l, at);
    while (at < l->len && at_base(l, at, line_length(l, at)) == NULL);
    return at;
}

/* How much of the text stands before the fault. A field that is wrong in itself, not in its length,
 * is shown. */
static size_t before_fault(const lines *l, const shk_fault *fault)
{
    bool unread = fault->status == SHK_E_TRUNCATED || fault->status == SHK_E_VECTOR_LENGTH ||
                  fault->status == SHK_E_TRAILING_DATA;
    size_t empty_group = 0;
    bool found_group = false;
    if (fault->field == NULL)
        return l->len;
    for (size_t at = 0; at < l->len; at += line_length(l, at)) {
        size_t len = line_length(l, at);
        const char *start = at_base(l, at, len);
        if (start == NULL)
            continue;
        if (is_field(l, start, fault->field))
            return unread ? at : behind(l, at);
        if (!found_group && is_empty_group(l, start, at, len)) {
            found_group = true;
            empty_group = at;
        }
    }
    return empty_group;
}

/* Each extension of a hello by its own shape. */
static void each_extension(shk_decoding *d, shk_span block, uint16_t place)
{
    shk_printer *p = &d->printer;
    shk_form form = {.place = place};
    shk_seen_extension e;
    shk_any body;
    shk_print_begin(p, "extensions", true);
    while (shk_raw_extension_next(&block, &e)) {
        shk_extension id = shk_extension_identify(e.type);
        shk_print_begin(p, NULL, false);
        shk_print_number(p, "extension_type", e.type, 2, shk_extension_name);
        const shk_layout *layout = id != SHK_EXT_COUNT ? shk_extension_rows[id].layout : NULL;
        if (layout != NULL && shk_decode(layout->shape, &form, e.body, &body, NULL) == SHK_OK)
            shk_print(layout->shape, &form, &body, p);
        else
            shk_print_bytes(p, "extension_data", e.body);
        shk_print_end(p, false);
    }
    shk_print_end(p, true);
}

/* Whether the body is a hello whose extension block has been reached. */
static bool find_extensions(const shk_candidate *c, shk_span body, const shk_fault *fault,
                            shk_span *block, uint16_t *place)
{
    shk_hello hello;
    if (c->layout == shk_message_rows[SHK_MSG_client_hello].layout) {
        *place = SHK_IN_CLIENT_HELLO;
        if (!shk_hello_of_client(body, &hello))
            return false;
    } else if (c->layout == shk_message_rows[SHK_MSG_server_hello].layout ||
               c->layout == shk_message_rows[SHK_MSG_hello_retry_request].layout) {
        *place = c->layout == shk_message_rows[SHK_MSG_server_hello].layout
                     ? SHK_IN_SERVER_HELLO
                     : SHK_IN_HELLO_RETRY_REQUEST;
        if (!shk_hello_of_server(body, &hello))
            return false;
    } else {
        return false;
    }
    *block = hello.extensions;
    return hello.extensions_at != 0 && fault->offset >= hello.extensions_at;
}

void shk_decoding_partial(shk_decoding *d, const shk_candidate *c, shk_span body,
                          const shk_fault *fault)
{
    shk_buf text = shk_buf_growing(&shk_libc_allocator);
    shk_printer p = d->printer;
    shk_any message;
    shk_span block;
    uint16_t place;
    memset(&message, 0, sizeof message);
    shk_status status = shk_decode(c->layout->shape, &c->form, body, &message, NULL);
    p.sink = keep;
    p.context = &text;
    shk_print(c->layout->shape, &c->form, &message, &p);
    lines l = {(const char *)text.data, text.len, 2 * (size_t)p.depth, p.style == SHK_JSON};
    size_t len = status == SHK_OK ? text.len : before_fault(&l, fault);
    if (l.json && len > 0 && len < text.len && l.text[len - 1] == ',')
        len--;
    if (len > 0) {
        d->printer.sink(d->printer.context, l.text, len);
        d->printer.first = false;
    }
    shk_buf_free(&text);
    if (status != SHK_OK && find_extensions(c, body, fault, &block, &place))
        each_extension(d, block, place);
}
