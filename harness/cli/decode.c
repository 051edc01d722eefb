/* `shakedown decode`: prints records and handshake messages, binary or hex, as text or JSON. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli_commands.h"
#include "cli/decode.h"
#include "cli/options.h"
#include "cli/verdict_json.h"
#include "endpoint/file.h"

typedef struct {
    bool json;
    bool list;
    shk_encoding encoding;
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
    ((decode_options *)context)->encoding = SHK_HEX;
    return true;
}

static bool set_binary(void *context, const char *value, char *why)
{
    (void)value;
    (void)why;
    ((decode_options *)context)->encoding = SHK_BINARY;
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

static int list_layouts(void)
{
    char name[SHK_LAYOUT_NAME];
    shk_candidate candidates[SHK_MAX_CANDIDATES];
    size_t count;
    for (size_t i = 0; shk_decoding_layout(i, name, candidates, &count); i++) {
        printf("%s", name);
        for (size_t k = 0; k < count; k++)
            if (candidates[k].form.name != NULL)
                printf(" %s", candidates[k].form.name);
        printf("\n");
    }
    return SHK_EXIT_GOOD;
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
    if (!shk_decoding_unhex(o->encoding, out, reason)) {
        snprintf(why, SHK_WHY_SIZE, "%.100s: %.140s", source, reason);
        return false;
    }
    return true;
}

static int decode_file(const decode_options *o, const char *path)
{
    shk_candidate candidates[SHK_MAX_CANDIDATES];
    char why[SHK_WHY_SIZE];
    size_t count = 0;
    if (path != NULL && strcmp(path, "-") == 0)
        path = NULL;
    if (o->type != NULL && (count = shk_decoding_choose(o->type, o->form, candidates, why)) == 0)
        return shk_cli_fail("decode", SHK_EXIT_USAGE, "%s", why);
    shk_decoding d = {
        .printer = {.sink = shk_file_sink,
                    .context = stdout,
                    .style = o->json ? SHK_JSON : SHK_TEXT,
                    .first = true},
        .source = path != NULL ? path : "standard input",
        .complaints = stderr,
        .first_version = o->version,
    };
    shk_buf input = shk_buf_growing(&shk_libc_allocator);
    int code = SHK_EXIT_USAGE;
    if (read_input(o, path, d.source, &input, why)) {
        shk_decoding_all(&d, candidates, count, shk_buf_span(&input));
        if (o->json)
            printf("\n");
        code = d.errors == 0 ? SHK_EXIT_GOOD : SHK_EXIT_FAILED;
    } else {
        shk_cli_fail("decode", code, "%s", why);
    }
    shk_buf_free(&input);
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
