/* `shakedown decode`: prints records and handshake messages, binary or hex, as text or JSON. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli_commands.h"
#include "cli/decode.h"
#include "cli/options.h"
#include "cli/verdict_json.h"
#include "endpoint/file.h"

typedef enum { ANY_ENCODING, HEX, BINARY } encoding;

typedef struct {
    bool json;
    bool list;
    encoding encoding;
    const char *type;
    const char *form;
    uint16_t version;
} decode_options;

static bool set_json(void *context, const char *value, char *why)
{
    (void)value;
    (void)why;
    return ((decode_options *)context)->json = true;
}

static bool set_list(void *context, const char *value, char *why)
{
    (void)value;
    (void)why;
    return ((decode_options *)context)->list = true;
}

static bool set_hex(void *context, const char *value, char *why)
{
    (void)value;
    (void)why;
    ((decode_options *)context)->encoding = HEX;
    return true;
}

static bool set_binary(void *context, const char *value, char *why)
{
    (void)value;
    (void)why;
    ((decode_options *)context)->encoding = BINARY;
    return true;
}

static bool set_type(void *context, const char *value, char *why)
{
    (void)why;
    ((decode_options *)context)->type = value;
    return true;
}

static bool set_form(void *context, const char *value, char *why)
{
    (void)why;
    ((decode_options *)context)->form = value;
    return true;
}

static bool set_version(void *context, const char *value, char *why)
{
    return shk_cli_version(value, &((decode_options *)context)->version, why);
}

static const shk_cli_option own_options[] = {
    {"json", NULL, "an array of JSON objects", set_json},
    {"hex", NULL, "the input is hex digits and white space (default: as it looks)", set_hex},
    {"binary", NULL, "the input is bytes", set_binary},
    {"type", "NAME", "the input is the bare body of this message or extension", set_type},
    {"form", "FORM", "with --type: its form (default: the first that decodes)", set_form},
    {"version", "VERSION", "TLS version, until a ServerHello tells", set_version},
    {"list", NULL, "list the names and forms for --type", set_list},
};

/* The layouts of all tables in one row. */
enum {
    FIRST_EXTENSION = SHK_MSG_COUNT,
    FIRST_RECORD = FIRST_EXTENSION + SHK_EXT_COUNT,
    LAYOUT_COUNT = FIRST_RECORD + SHK_REC_COUNT
};

/* The i-th layout of all tables, with its name as the fuzz targets and the corpora have it. False
 * behind the last. */
static bool layout_at(size_t i, char *name, size_t size, shk_candidate *candidates, size_t *count)
{
    *count = 1;
    if (i < FIRST_EXTENSION) {
        const shk_message_row *row = &shk_message_rows[i];
        snprintf(name, size, "%s", row->name);
        *count = row->forms->count;
        for (size_t k = 0; k < *count && k < SHK_MAX_CANDIDATES; k++)
            candidates[k] = (shk_candidate){row->name, row->layout, row->forms->forms[k]};
    } else if (i < FIRST_RECORD) {
        shk_extension id = (shk_extension)(i - FIRST_EXTENSION);
        const shk_extension_row *row = &shk_extension_rows[id];
        snprintf(name, size, "ext_%s", row->name);
        *count = shk_extension_form_count(id);
        for (size_t k = 0; k < *count && k < SHK_MAX_CANDIDATES; k++)
            candidates[k] = (shk_candidate){row->name, row->layout, shk_extension_form(id, k)};
    } else if (i < LAYOUT_COUNT) {
        const shk_record_row *row = &shk_record_rows[i - FIRST_RECORD];
        snprintf(name, size, "%s", row->name);
        candidates[0] = (shk_candidate){row->name, row->layout, {.name = NULL}};
    } else {
        return false;
    }
    return true;
}

static int list_layouts(void)
{
    char name[64];
    shk_candidate candidates[SHK_MAX_CANDIDATES];
    size_t count;
    for (size_t i = 0; layout_at(i, name, sizeof name, candidates, &count); i++) {
        printf("%s", name);
        for (size_t k = 0; k < count; k++)
            if (candidates[k].form.name != NULL)
                printf(" %s", candidates[k].form.name);
        printf("\n");
    }
    return SHK_EXIT_GOOD;
}

/* The candidates that --type and --form leave; 0 with the reason. */
static size_t choose_layout(const decode_options *o, shk_candidate *candidates, char *why)
{
    char name[64];
    size_t count;
    size_t i = 0;
    while (layout_at(i, name, sizeof name, candidates, &count) && strcmp(name, o->type) != 0)
        i++;
    if (!layout_at(i, name, sizeof name, candidates, &count)) {
        snprintf(why, SHK_WHY_SIZE, "--type: '%.60s' is not known; see --list", o->type);
        return 0;
    }
    if (o->form == NULL)
        return count;
    for (size_t k = 0; k < count; k++)
        if (candidates[k].form.name != NULL && strcmp(candidates[k].form.name, o->form) == 0) {
            candidates[0] = candidates[k];
            return 1;
        }
    snprintf(why, SHK_WHY_SIZE, "--form: %s has no form '%.60s'; see --list", name, o->form);
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

static bool read_stdin(shk_buf *out, char *why)
{
    uint8_t piece[4096];
    size_t got;
    while ((got = fread(piece, 1, sizeof piece, stdin)) > 0)
        if (out->len > SHK_MAX_FILE || shk_buf_append(out, shk_span_of(piece, got)) != SHK_OK) {
            snprintf(why, SHK_WHY_SIZE, "standard input: longer than %d bytes", SHK_MAX_FILE);
            return false;
        }
    if (ferror(stdin))
        snprintf(why, SHK_WHY_SIZE, "standard input: %s", strerror(errno));
    return !ferror(stdin);
}

/* Reads the input and undoes the hex. */
static bool read_input(const decode_options *o, const char *path, const char *source, shk_buf *out,
                       char *why)
{
    char reason[SHK_WHY_SIZE];
    if (!(path == NULL ? read_stdin(out, why) : shk_read_file(path, out, why)))
        return false;
    if (out->len == 0 && o->type == NULL) {
        snprintf(why, SHK_WHY_SIZE, "%.180s: empty", source);
        return false;
    }
    bool hex = o->encoding == HEX || (o->encoding == ANY_ENCODING && looks_hex(shk_buf_span(out)));
    if (hex && !from_hex(out, reason)) {
        snprintf(why, SHK_WHY_SIZE, "%.100s: %.140s", source, reason);
        return false;
    }
    return true;
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

static void print_all(shk_decoding *d, const decode_options *o, const shk_candidate *candidates,
                      size_t count, shk_span input)
{
    if (o->json)
        shk_print_begin(&d->printer, NULL, true);
    if (o->type != NULL) {
        print_bare(d, candidates, count, input);
    } else if (looks_like_records(input)) {
        shk_decoding_records(d, input);
    } else if (shk_decoding_add(d, input, 0)) {
        shk_decoding_messages(d, true);
    }
    if (o->json) {
        shk_print_end(&d->printer, true);
        printf("\n");
    }
}

static int decode_file(const decode_options *o, const char *path)
{
    shk_candidate candidates[SHK_MAX_CANDIDATES];
    char why[SHK_WHY_SIZE];
    size_t count = 0;
    if (path != NULL && strcmp(path, "-") == 0)
        path = NULL;
    if (o->type != NULL && (count = choose_layout(o, candidates, why)) == 0)
        return shk_cli_fail("decode", SHK_EXIT_USAGE, "%s", why);
    shk_decoding d = {
        .printer = {.sink = shk_file_sink,
                    .context = stdout,
                    .style = o->json ? SHK_JSON : SHK_TEXT,
                    .first = true},
        .source = path != NULL ? path : "standard input",
        .first_version = o->version,
        .version = o->version,
        .pending = shk_buf_growing(&shk_libc_allocator),
        .segments = shk_buf_growing(&shk_libc_allocator),
    };
    shk_buf input = shk_buf_growing(&shk_libc_allocator);
    int code = SHK_EXIT_USAGE;
    if (read_input(o, path, d.source, &input, why)) {
        print_all(&d, o, candidates, count, shk_buf_span(&input));
        code = d.errors == 0 ? SHK_EXIT_GOOD : SHK_EXIT_FAILED;
    } else {
        shk_cli_fail("decode", code, "%s", why);
    }
    shk_buf_free(&input);
    shk_buf_free(&d.pending);
    shk_buf_free(&d.segments);
    return code;
}

int shk_cli_decode(int argc, char **argv)
{
    static const char help[] =
        "Prints TLS records, or handshake messages with their headers, from FILE or the standard\n"
        "input. Version and suite are followed; what is protected is shown as bytes.\n"
        "Exit: 0 all decoded, 1 something did not, 2 wrong use, or no input, 3 the output cannot "
        "be "
        "written.\n"
        "Example: shakedown decode --json --type record corpora/seeds/record/a-small-clienthello";
    decode_options options = {0};
    int first;
    shk_cli_command command = {
        .name = "decode",
        .positional = "[FILE]",
        .help = help,
        .options = own_options,
        .option_count = sizeof own_options / sizeof own_options[0],
        .context = &options,
    };
    int code = shk_cli_parse(&command, argc, argv, &first);
    if (code >= 0)
        return code;
    if (options.list)
        return list_layouts();
    if (argc - first > 1)
        return shk_cli_fail("decode", SHK_EXIT_USAGE, "one FILE, not %d; see --help", argc - first);
    if (options.form != NULL && options.type == NULL)
        return shk_cli_fail("decode", SHK_EXIT_USAGE, "--form needs --type");
    return decode_file(&options, argc - first == 1 ? argv[first] : NULL);
}
