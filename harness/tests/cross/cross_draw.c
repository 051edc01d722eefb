/* Drawing (cross_draw.h). */
#include "cross_draw.h"

#include <stdio.h>
#include <string.h>

#include "cli/end_options.h"
#include "shakedown/ech.h"

typedef struct {
    unsigned whose;
    uint32_t per_cent;
    const char *list; /* the option's name, where a part of a list is drawn */
    const char *values;
} cross_row;

static const cross_row rows[CROSS_ROWS] = {
#define CROSS_CHOICE(whose, per_cent, values) {SHK_OF_##whose, per_cent, NULL, values},
#define CROSS_LIST(whose, per_cent, name, values) {SHK_OF_##whose, per_cent, #name, values},
#include "cross_options.def"
#undef CROSS_CHOICE
#undef CROSS_LIST
};

static uint32_t draw(cross_source *source)
{
    uint32_t value;
    source->random.fill(source->random.context, (uint8_t *)&value, sizeof value);
    return value;
}

uint32_t cross_below(cross_source *source, uint32_t bound)
{
    return draw(source) % bound;
}

static void put_hex(char *out, shk_span bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        snprintf(out + 2 * i, 3, "%02x", bytes.data[i]);
}

bool cross_source_new(cross_source *source, uint64_t seed)
{
    uint8_t memory[256], private_key[SHK_ECH_PRIVATE_KEY];
    shk_ech_settings settings = {.public_name = "server.shakedown.test"};
    shk_buf configs = shk_buf_over(memory, sizeof memory);
    source->random = shk_sim_random_from(&source->stream, seed);
    shk_crypto *crypto = shk_libcrypto_new();
    bool ok = crypto != NULL &&
              shk_ech_make_key(crypto, &source->random, &settings, &configs, private_key) == SHK_OK;
    shk_libcrypto_free(crypto);
    if (!ok)
        return false;
    put_hex(source->ech_key, shk_span_of(private_key, sizeof private_key));
    put_hex(source->ech_key + 2 * sizeof private_key, shk_buf_span(&configs));
    source->ech_configs = source->ech_key + 2 * sizeof private_key;
    return true;
}

static uint32_t draw_row(cross_source *source, const cross_row *row, bool server)
{
    bool ours = (row->whose & (server ? SHK_OF_SERVER : SHK_OF_CLIENT)) != 0;
    bool wanted = cross_below(source, 100) < row->per_cent;
    return ours && wanted ? draw(source) | 1 : 0;
}

void cross_draw_end(cross_source *source, bool server, cross_end *out)
{
    for (size_t i = 0; i < CROSS_ROWS; i++)
        out->drawn[i] = draw_row(source, &rows[i], server);
}

void cross_change_end(cross_source *source, bool server, uint32_t per_cent, cross_end *end)
{
    for (size_t i = 0; i < CROSS_ROWS; i++)
        if (cross_below(source, 100) < per_cent)
            end->drawn[i] = draw_row(source, &rows[i], server);
}

/* Appends text to the end's, with the marks of the table filled in. */
static void put(const cross_source *source, cross_end *end, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        const char one[2] = {text[i], 0};
        const char *piece = one[0] == '@'   ? SHK_SOURCE_DIR "/corpora/pki/"
                            : one[0] == '$' ? source->ech_key
                            : one[0] == '&' ? source->ech_configs
                                            : one;
        size_t room = sizeof end->text - end->text_len;
        int written = snprintf(end->text + end->text_len, room, "%s", piece);
        end->text_len += (size_t)written < room ? (size_t)written : room - 1;
    }
}

static const char *put_text(const cross_source *source, cross_end *end, const char *text,
                            size_t len)
{
    const char *start = end->text + end->text_len;
    put(source, end, text, len);
    if (end->text_len + 1 < sizeof end->text)
        end->text[end->text_len++] = 0;
    return start;
}

static void add_option(cross_end *end, size_t row, const char *name, const char *value)
{
    if (end->option_count == CROSS_OPTIONS)
        return;
    end->rows[end->option_count] = row;
    end->options[end->option_count][0] = name;
    end->options[end->option_count++][1] = value;
}

static size_t count_pieces(const char *values, char between)
{
    size_t count = 1;
    for (; *values != 0; values++)
        count += *values == between;
    return count;
}

/* The n-th piece of text between such characters. */
static shk_span piece_of(const char *values, char between, size_t n)
{
    const char stop[2] = {between, 0};
    while (n-- > 0)
        values = strchr(values, between) + 1;
    return shk_span_of((const uint8_t *)values, strcspn(values, stop));
}

/* NAME=VALUE NAME=VALUE */
static void add_choice(const cross_source *source, size_t number, uint32_t drawn, cross_end *end)
{
    const cross_row *row = &rows[number];
    size_t n = (drawn >> 1) % count_pieces(row->values, '|');
    shk_span choice = piece_of(row->values, '|', n);
    const char *at = (const char *)choice.data;
    const char *stop = at + choice.len;
    while (at < stop) {
        size_t len = strcspn(at, " |");
        size_t name_len = strcspn(at, "=");
        const char *name = put_text(source, end, at, name_len);
        add_option(end, number, name, put_text(source, end, at + name_len + 1, len - name_len - 1));
        at += len + 1;
    }
}

/* One to all of the list's values, each once. */
static void add_list(const cross_source *source, size_t number, uint32_t drawn, cross_end *end)
{
    const cross_row *row = &rows[number];
    cross_source own = {.random = {NULL, NULL}};
    size_t count = count_pieces(row->values, ',');
    uint32_t taken = 0;
    const char *start = end->text + end->text_len;
    own.random = shk_sim_random_from(&own.stream, drawn);
    size_t want = 1 + cross_below(&own, (uint32_t)count);
    for (size_t i = 0; i < want; i++) {
        size_t n = cross_below(&own, (uint32_t)count);
        while ((taken >> n & 1) != 0)
            n = (n + 1) % count;
        taken |= 1u << n;
        shk_span value = piece_of(row->values, ',', n);
        if (i > 0)
            put(source, end, ",", 1);
        put(source, end, (const char *)value.data, value.len);
    }
    put_text(source, end, "", 0);
    add_option(end, number, row->list, start);
}

static void add_number(const cross_source *source, cross_end *end, const char *name, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    add_option(end, CROSS_ROWS, name, put_text(source, end, text, strlen(text)));
}

bool cross_configure(const cross_source *source, bool server, cross_end *end, char *why)
{
    end->text_len = end->option_count = 0;
    end->end.config = (shk_endpoint_config){.server = server};
    for (size_t i = 0; i < CROSS_ROWS; i++)
        if (end->drawn[i] != 0)
            (rows[i].list != NULL ? add_list : add_choice)(source, i, end->drawn[i], end);
    add_number(source, end, "time", (uint64_t)end->time);
    if (server)
        add_number(source, end, "ticket-seed", end->ticket_seed);
    for (size_t i = 0; i < end->option_count; i++)
        if (!shk_cli_set_end(&end->end, end->options[i][0], end->options[i][1], why))
            return false;
    return true;
}

bool cross_drop_named(cross_end *end, const char *why)
{
    bool found = false;
    for (size_t i = 0; i < end->option_count; i++) {
        const char *named = strstr(why, "--");
        size_t len = strlen(end->options[i][0]);
        for (; named != NULL; named = strstr(named + 2, "--"))
            if (strncmp(named + 2, end->options[i][0], len) == 0 && end->rows[i] < CROSS_ROWS) {
                end->drawn[end->rows[i]] = 0;
                found = true;
            }
    }
    return found;
}

void cross_print_end(FILE *out, bool server, const cross_end *end)
{
    for (size_t i = 0; i < end->option_count; i++) {
        const char *name = end->options[i][0];
        const shk_end_option *option = shk_end_option_named(name, strlen(name));
        bool flag = option != NULL && option->argument == NULL;
        fprintf(out, " --%s-%s%s%s", server ? "server" : "client", name, flag ? "" : " ",
                flag ? "" : end->options[i][1]);
    }
}

void cross_draw_drive(cross_source *source, shk_drive_options *out)
{
    static const size_t chunks[] = {0, 0, 0, 0, 0, 1, 7, 100, 1000};
    static const size_t sizes[] = {1, 64, 64, 64, 1000, 1000, 1000, 20000};
    enum { CHUNKS = sizeof chunks / sizeof chunks[0], SIZES = sizeof sizes / sizeof sizes[0] };
    *out = (shk_drive_options){
        .chunk = chunks[cross_below(source, CHUNKS)],
        .data = sizes[cross_below(source, SIZES)],
        .early_data = 1 + cross_below(source, 1000),
        .key_updates = cross_below(source, 3) == 0,
        .post_handshake_auth = cross_below(source, 2) == 0,
        .renegotiate = (shk_renegotiation)cross_below(source, 3),
    };
}
