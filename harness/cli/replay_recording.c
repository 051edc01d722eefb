/* Runs our side of a recording again (cli/replay_recording.h). */
#include "cli/replay_recording.h"

#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "cli/test_pki.h"
#include "drive/player_end.h"
#include "drive/recording.h"
#include "endpoint/file.h"

enum { MAX_OPTIONS = 128 };

static const char *const sides[2] = {"client", "server"};

/* One side of the recording that is run again. */
typedef struct {
    const char *path;
    FILE *file;
    FILE *out;
    char *why; /* SHK_REPLAY_WHY bytes */
    int side;
    shk_cli_end end;
    shk_signatures signatures;
    char *values[MAX_OPTIONS]; /* of the options, owned */
    size_t value_count;
    bool ours;
    bool complete; /* the last line, the verdict, was there */
    bool ended;    /* the side's last action was there */
    uint64_t seed;
    shk_script *script; /* that the side plays; NULL: it is honest */
    size_t connection;  /* of the script's */
    shk_player *player;
    shk_endpoint_setup *setup;
    shk_endpoint *endpoint;
    shk_endpoint *player_end; /* around it, if there is a script */
    shk_buf bytes;            /* of the current line */
    shk_buf sent;             /* output of the replay that is not compared yet */
    size_t offset;            /* bytes compared so far */
    unsigned long line;
} replay_side;

static int fail(const replay_side *r, const char *what)
{
    snprintf(r->why, SHK_REPLAY_WHY, "%s, line %lu: %s", r->path, r->line, what);
    return SHK_EXIT_USAGE;
}

static int no_memory(const replay_side *r)
{
    snprintf(r->why, SHK_REPLAY_WHY, "no memory");
    return SHK_EXIT_ENVIRONMENT;
}

static bool has_argument(const shk_end_option *option, const char *name)
{
    return option->argument != NULL && strcmp(option->argument, name) == 0;
}

/* A recording comes from anywhere: it holds what it needs, and neither reads nor writes files of
 * whoever replays it. */
static bool is_contained(const shk_end_option *option, const char *value, char *why)
{
    const bool in_it = strncmp(value, SHK_INLINE_FILE, strlen(SHK_INLINE_FILE)) == 0;
    if (has_argument(option, "LOG"))
        snprintf(why, SHK_WHY_SIZE, "%s: a recording names no file to write", option->name);
    else if (has_argument(option, "FILE") && !in_it)
        snprintf(why, SHK_WHY_SIZE, "%s: a recording holds the content of a file, as %s...",
                 option->name, SHK_INLINE_FILE);
    else
        return true;
    return false;
}

/* Sets an option of the end to a copy of the value, which must outlive the line. */
static bool keep_option(replay_side *r, const char *name, const char *value, char *why)
{
    const shk_end_option *option = shk_end_option_named(name, strlen(name));
    if (option != NULL && !is_contained(option, value, why))
        return false;
    char *copy = r->value_count < MAX_OPTIONS ? strdup(value) : NULL;
    snprintf(why, SHK_WHY_SIZE, "too many options, or no memory");
    if (copy == NULL)
        return false;
    r->values[r->value_count++] = copy;
    return shk_cli_set_end(&r->end, name, copy, why);
}

/* "N HEX": the script of the side. Returns -1 to go on. */
static int script_line(replay_side *r, const char *number, const char *hex)
{
    char why[SHK_WHY_SIZE];
    shk_buf text = shk_buf_growing(&shk_libc_allocator);
    int code = -1;
    r->connection = strtoul(number, NULL, 10);
    if (!shk_parse_hex(hex, &text))
        code = fail(r, "the script is not hexadecimal");
    else if (r->script != NULL)
        code = fail(r, "a second script");
    else if (!shk_script_parse(shk_buf_span(&text), "script", &r->script, why))
        code = fail(r, why);
    shk_buf_free(&text);
    return code;
}

/* The lines before the first action. Returns -1 to go on. */
static int head_line(replay_side *r, char *line)
{
    char *words[4] = {NULL};
    char why[SHK_WHY_SIZE];
    int count = 0;
    for (char *at = line; count < 4; count++) {
        words[count] = at;
        char *space = count < 3 ? strchr(at, ' ') : NULL;
        if (space == NULL) {
            count++;
            break;
        }
        *space = 0;
        at = space + 1;
    }
    if (r->complete)
        return fail(r, "nothing is to come behind the verdict");
    bool mine = count > 1 && strcmp(words[1], sides[r->side]) == 0;
    if (strcmp(words[0], "seed") == 0 && count == 2)
        r->seed = (uint64_t)strtoull(words[1], NULL, 10) + (uint64_t)r->side;
    else if (strcmp(words[0], "kind") == 0 && count == 3)
        r->ours |= mine && strcmp(words[2], "ours") == 0;
    else if (strcmp(words[0], "option") == 0 && count == 4) {
        if (mine && !keep_option(r, words[2], words[3], why))
            return fail(r, why);
    } else if (strcmp(words[0], "signatures") == 0 && count == 3) {
        if (mine && !shk_parse_hex(words[2], &r->signatures.bytes))
            return fail(r, "the signatures are not hexadecimal");
    } else if (strcmp(words[0], "script") == 0 && count == 4) {
        if (mine)
            return script_line(r, words[2], words[3]);
    } else if (strcmp(words[0], "verdict") == 0 && count == 3) {
        r->complete = true;
        if (strtoul(words[2], NULL, 10) != r->line - 1)
            return fail(r, "the recording is not whole: the verdict tells of another number of "
                           "lines before it");
    } else if (strcmp(words[0], "shakedown-recording") != 0) {
        return fail(r, "not a line of a recording");
    }
    return -1;
}

static bool is_action(const char *line)
{
    return strncmp(line, "client ", 7) == 0 || strncmp(line, "server ", 7) == 0;
}

/* The end that is driven, and its kind: ours, or the player's around it. */
static const shk_endpoint_kind *kind_of(const replay_side *r)
{
    return r->player_end != NULL ? &shk_endpoint_player : &shk_endpoint_ours;
}

static shk_endpoint *end_of(const replay_side *r)
{
    return r->player_end != NULL ? r->player_end : r->endpoint;
}

/* Compares output with the recording. Returns -1 while they agree. */
static int compare(replay_side *r)
{
    const shk_endpoint_kind *kind = kind_of(r);
    r->sent.len = 0;
    kind->take(end_of(r), &r->sent);
    size_t common = r->sent.len < r->bytes.len ? r->sent.len : r->bytes.len;
    for (size_t i = 0; i < common; i++)
        if (r->sent.data[i] != r->bytes.data[i]) {
            fprintf(r->out,
                    "%s: byte %zu of what the %s sends differs: recorded %02x, now %02x "
                    "(line %lu of the recording, byte %zu of the flight)\n",
                    r->path, r->offset + i, sides[r->side], r->bytes.data[i], r->sent.data[i],
                    r->line, i);
            return SHK_EXIT_FAILED;
        }
    r->offset += common;
    if (r->sent.len == r->bytes.len)
        return -1;
    shk_endpoint_result result;
    kind->result(end_of(r), &result);
    fprintf(
        r->out,
        "%s: the %s sends %zu bytes where the recording has %zu, from byte %zu on (line %lu) %s\n",
        r->path, sides[r->side], r->sent.len, r->bytes.len, r->offset, r->line, result.why);
    return SHK_EXIT_FAILED;
}

/* Whether the text begins with the whole word. */
static bool is_verb(const char *text, const char *verb)
{
    const size_t len = strlen(verb);
    return strncmp(text, verb, len) == 0 && (text[len] == ' ' || text[len] == 0);
}

/* Checks that the replay has no more output than the recording. */
static int end_side(replay_side *r)
{
    r->ended = true;
    return compare(r);
}

/* "SIDE VERB [ARGUMENT]". Returns -1 to go on. */
static int action_line(replay_side *r, const char *line)
{
    const shk_endpoint_kind *kind = kind_of(r);
    shk_endpoint *end = end_of(r);
    const char *verb = line + 7;
    const char *argument = strchr(verb, ' ') != NULL ? strchr(verb, ' ') + 1 : "";
    if (strncmp(line, sides[r->side], 6) != 0)
        return -1;
    if (r->ended)
        return fail(r, "nothing is to come behind the end of a side");
    r->bytes.len = 0;
    bool has_bytes = is_verb(verb, "feed") || is_verb(verb, "take") || is_verb(verb, "write") ||
                     is_verb(verb, "early");
    if (has_bytes && !shk_parse_hex(argument, &r->bytes))
        return fail(r, "the bytes are not hexadecimal");
    if (is_verb(verb, "feed"))
        kind->feed(end, shk_buf_span(&r->bytes));
    else if (is_verb(verb, "take"))
        return compare(r);
    else if (is_verb(verb, "end"))
        return end_side(r);
    else if (is_verb(verb, "write"))
        kind->write(end, shk_buf_span(&r->bytes));
    else if (is_verb(verb, "key-update"))
        kind->key_update(end, strcmp(argument, "1") == 0);
    else if (is_verb(verb, "shutdown"))
        kind->shutdown(end);
    else if (is_verb(verb, "early") && kind->write_early != NULL)
        kind->write_early(end, shk_buf_span(&r->bytes));
    else if (is_verb(verb, "request-authentication") && kind->request_authentication != NULL)
        kind->request_authentication(end);
    else if (is_verb(verb, "renegotiate") && kind->renegotiate != NULL)
        kind->renegotiate(end);
    else
        return fail(r, "not an action of a recording");
    return -1;
}

/* Reads all lines that are (not) actions. Returns -1 at the end. */
static int each_line(replay_side *r, bool actions)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    int code = -1;
    if (fseek(r->file, 0, SEEK_SET) != 0)
        return fail(r, "the file cannot be read twice");
    r->line = 0;
    while (code < 0 && (len = getline(&line, &cap, r->file)) > 0) {
        r->line++;
        if (line[len - 1] != '\n') {
            code = fail(r, "the line is cut off");
            break;
        }
        line[--len] = 0;
        if (strlen(line) != (size_t)len)
            code = fail(r, "a byte of 0 is of no recording");
        else if (r->line == 1 && strcmp(line, "shakedown-recording 2") != 0)
            code = fail(r, "this is not a recording of this version, which begins with "
                           "'shakedown-recording 2'");
        else if (is_action(line) == actions)
            code = actions ? action_line(r, line) : head_line(r, line);
    }
    free(line);
    if (code < 0 && r->line == 0) {
        snprintf(r->why, SHK_REPLAY_WHY, "%s: the file is empty", r->path);
        return SHK_EXIT_USAGE;
    }
    if (code < 0 && !actions && !r->complete)
        return fail(r, "the recording is cut off: its last line is to be the verdict");
    if (code < 0 && actions && !r->ended)
        return fail(r, "the recording is not whole: the last action of a side is to be its end");
    return code;
}

/* Makes the end, with the player around it if there is a script. Returns -1, or the exit code. */
static int open_side(replay_side *r, const char *files)
{
    const shk_endpoint_kind *kind = &shk_endpoint_ours;
    if (r->script != NULL) {
        r->player = shk_player_new(r->script, files);
        if (r->player == NULL)
            return no_memory(r);
        shk_player_begin(r->player, r->connection);
        r->end.config.hooks = shk_player_hooks(r->player);
        r->end.config.observer = shk_player_observe;
        r->end.config.observer_context = r->player;
    }
    if (!kind->setup(&r->end.config, &r->setup, r->why))
        return SHK_EXIT_USAGE;
    r->endpoint = kind->open(r->setup, r->seed);
    if (r->endpoint != NULL && r->player != NULL)
        r->player_end = shk_player_end_wrap(kind, r->endpoint, r->side == 1, r->player, false);
    if (r->endpoint == NULL || (r->player != NULL && r->player_end == NULL))
        return no_memory(r);
    return -1;
}

static void close_side(replay_side *r)
{
    if (r->player_end != NULL)
        shk_endpoint_player.close(r->player_end);
    shk_endpoint_ours.close(r->endpoint);
    shk_endpoint_ours.teardown(r->setup);
    shk_player_free(r->player);
    shk_script_free(r->script);
    for (size_t i = 0; i < r->value_count; i++)
        free(r->values[i]);
    shk_buf_free(&r->signatures.bytes);
    shk_buf_free(&r->bytes);
    shk_buf_free(&r->sent);
}

/* Runs one side. `replayed` tells whether it was ours. Returns the exit code. */
static int replay_one(replay_side *r, bool *replayed)
{
    char files[SHK_TEST_PKI_PATH];
    r->signatures.bytes = r->bytes = r->sent = shk_buf_growing(&shk_libc_allocator);
    r->signatures.replay = true;
    r->end.config.server = r->side == 1;
    r->end.config.signatures = &r->signatures;
    shk_test_pki_option("", "", files);
    int code = each_line(r, false);
    if (code < 0 && r->ours) {
        *replayed = true;
        code = open_side(r, files);
        if (code < 0)
            code = each_line(r, true);
        if (code < 0)
            fprintf(r->out, "%s: the %s sent the same %zu byte%s again\n", r->path, sides[r->side],
                    r->offset, r->offset == 1 ? "" : "s");
    }
    close_side(r);
    return code < 0 ? SHK_EXIT_GOOD : code;
}

int shk_replay_recording(const char *path, FILE *file, FILE *out, char *why)
{
    bool replayed = false;
    int code = SHK_EXIT_GOOD;
    for (int side = 0; side < 2 && code == SHK_EXIT_GOOD; side++) {
        replay_side r = {.path = path, .file = file, .out = out, .why = why, .side = side};
        code = replay_one(&r, &replayed);
    }
    if (code != SHK_EXIT_GOOD || replayed)
        return code;
    snprintf(why, SHK_REPLAY_WHY, "%s: neither end is ours", path);
    return SHK_EXIT_USAGE;
}
