/* The programs that scripts can be played against by name (play/program.h). */
#include "play/program.h"

#include <stdio.h>
#include <string.h>

#include "play/names.h"

typedef enum {
    FORM_TEXT,
    FORM_FLAG,
    FORM_COLONS,
    FORM_TLSV,
    FORM_SUITES,
    FORM_SUITES13,
    FORM_EACH,
    FORM_UPPER,
    FORM_SIGN,
    FORM_KX_CIPHER,
    FORM_UNSET
} setting_form;

typedef struct {
    const char *program;
    const char *option;
    setting_form form;
    const char *words;
} setting_row;

static const shk_program programs[] = {
#define SHK_PROGRAM(name, side, stack, command, complaint) {#name, side, stack, command, complaint},
#include "play/programs.def"
};

static const setting_row rows[] = {
#define SHK_PROGRAM_SETTING(program, option, form, words) {#program, option, FORM_##form, words},
#define SHK_PROGRAM_UNSET(program, option, words) {#program, option, FORM_UNSET, words},
#include "play/programs.def"
};

/* Where words of a command line are put together. */
typedef struct {
    shk_words *out;
    shk_buf priority;    /* of GnuTLS */
    const char *ciphers; /* what OpenSSL's list of cipher suites ends with */
} composer;

const shk_program *shk_program_at(size_t i)
{
    return i < sizeof programs / sizeof programs[0] ? &programs[i] : NULL;
}

const shk_program *shk_program_named(const char *name)
{
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        size_t at = 0;
        while (name[at] != 0 && (name[at] == '-' ? '_' : name[at]) == programs[i].name[at])
            at++;
        if (name[at] == 0 && programs[i].name[at] == 0)
            return &programs[i];
    }
    return NULL;
}

/* Adds the words of a template, which blanks separate, with `value` for each {}. */
static void add_words(composer *c, const char *template, size_t len, const char *value)
{
    const char *end = template + len;
    while (template <end) {
        size_t word = strcspn(template, " ");
        char one[128];
        shk_buf text = shk_buf_growing(&shk_libc_allocator);
        word = word < (size_t)(end - template) ? word : (size_t)(end - template);
        snprintf(one, sizeof one, "%.*s", (int)word, template);
        shk_text_replace(&text, one, "{}", value);
        if (text.len > 0 && text.data[0] == ':')
            shk_text_add(&c->priority, (const char *)text.data, text.len);
        else if (text.len > 0)
            shk_words_add(c->out, (const char *)text.data, text.len);
        shk_buf_free(&text);
        template += word + (template + word < end ? 1 : 0);
    }
}

/* The words before the bar once, those behind it for each item. False if an item has no name. */
static bool add_items(composer *c, const setting_row *row, const char *value)
{
    const char *bar = strchr(row->words, '|');
    char name[SHK_PROGRAM_NAME];
    add_words(c, row->words, (size_t)(bar - row->words), "");
    for (const char *at = value; *at != 0;) {
        char item[SHK_PROGRAM_NAME];
        const size_t len = strcspn(at, ",:");
        snprintf(item, sizeof item, "%.*s", (int)len, at);
        bool known = true;
        if (row->form == FORM_UPPER)
            shk_name_upper(item, name);
        else if (row->form == FORM_SIGN)
            known = shk_name_gnutls_scheme(item, name);
        else if (row->form == FORM_KX_CIPHER)
            known = shk_name_gnutls_suite(item, name);
        else
            snprintf(name, sizeof name, "%s", item);
        if (!known)
            return false;
        add_words(c, bar + 1, strlen(bar + 1), name);
        at += len + (at[len] != 0 ? 1 : 0);
    }
    return true;
}

/* OpenSSL's list of the suites that are of TLS 1.3, or of those that are not. */
static void add_suites(composer *c, const setting_row *row, const char *value)
{
    shk_buf list = shk_buf_growing(&shk_libc_allocator);
    for (const char *at = value; *at != 0;) {
        char item[SHK_PROGRAM_NAME];
        char name[SHK_PROGRAM_NAME];
        const size_t len = strcspn(at, ",:");
        snprintf(item, sizeof item, "%.*s", (int)len, at);
        const bool is_13 = strstr(item, "_WITH_") == NULL;
        shk_name_openssl_suite(item, name);
        if (is_13 == (row->form == FORM_SUITES13)) {
            if (list.len > 0)
                shk_text_add(&list, ":", 1);
            shk_text_add(&list, name, strlen(name));
        }
        at += len + (at[len] != 0 ? 1 : 0);
    }
    if (list.len > 0 && row->form == FORM_SUITES)
        shk_text_add(&list, c->ciphers, strlen(c->ciphers));
    if (list.len > 0)
        add_words(c, row->words, strlen(row->words), (const char *)list.data);
    shk_buf_free(&list);
}

static bool add_setting(composer *c, const setting_row *row, const char *value)
{
    const size_t len = strlen(row->words);
    char name[SHK_PROGRAM_NAME];
    switch (row->form) {
    case FORM_TEXT:
        add_words(c, row->words, len, value);
        return true;
    case FORM_FLAG:
        if (strcmp(value, "yes") == 0)
            add_words(c, row->words, len, "");
        return true;
    case FORM_COLONS:
        shk_name_with_colons(value, name);
        add_words(c, row->words, len, name);
        return true;
    case FORM_TLSV:
        shk_name_openssl_version(value, name);
        add_words(c, row->words, len, name);
        return true;
    case FORM_SUITES:
    case FORM_SUITES13:
        add_suites(c, row, value);
        return true;
    default:
        return add_items(c, row, value);
    }
}

/* Whether the row is for the option with this value: "option" or "option=value". */
static bool is_row_of(const setting_row *row, const shk_program *program, const char *option,
                      const char *value)
{
    const size_t len = strlen(option);
    if (row->form == FORM_UNSET || strcmp(row->program, program->name) != 0 ||
        strncmp(row->option, option, len) != 0)
        return false;
    return row->option[len] == 0 ||
           (row->option[len] == '=' && strcmp(row->option + len + 1, value) == 0);
}

/* The first row that fits gives the words; of suites, two do. */
static bool add_option(composer *c, const shk_program *program, const char *option,
                       const char *value)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!is_row_of(&rows[i], program, option, value))
            continue;
        if (!add_setting(c, &rows[i], value))
            return false;
        if (rows[i].form != FORM_SUITES)
            return true;
    }
    return false;
}

static void add_unset(composer *c, const shk_program *program, const shk_play_settings *settings)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].form == FORM_UNSET && strcmp(rows[i].program, program->name) == 0 &&
            shk_play_setting_of(settings, rows[i].option) == NULL)
            add_words(c, rows[i].words, strlen(rows[i].words), "");
}

/* OpenSSL has versions below TLS 1.2, and suites without authentication, at its level 0 alone. */
static bool wants_level_0(const shk_play_settings *settings)
{
    static const char *const options[] = {"tls", "min_protocol", "max_protocol"};
    const char *suites = shk_play_setting_of(settings, "suites");
    bool wants = suites != NULL && strstr(suites, "_anon_") != NULL;
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        const char *version = shk_play_setting_of(settings, options[i]);
        wants |= version != NULL && (strcmp(version, "1.0") == 0 || strcmp(version, "1.1") == 0);
    }
    return wants;
}

static void needs(const char *option, const char *value, char *why)
{
    char shown[64];
    size_t at = 0;
    for (; option[at] != 0 && at < sizeof shown - 1; at++)
        shown[at] = option[at];
    shown[at] = 0;
    for (char *c = shown; *c != 0; c++)
        if (*c == '_')
            *c = '-';
    snprintf(why, SHK_WHY_SIZE, "%s=%.150s of the peer", shown, value);
}

bool shk_program_words(const shk_program *program, const shk_play_settings *settings,
                       shk_words *out, char *why)
{
    static const char normal[] = "--priority=NORMAL";
    static const char level_0[] = ":@SECLEVEL=0";
    const bool openssl = strcmp(program->stack, "openssl") == 0;
    const bool lower = openssl && wants_level_0(settings);
    composer c = {out, shk_buf_growing(&shk_libc_allocator), lower ? level_0 : ""};
    bool ok = true;
    add_words(&c, program->command, strlen(program->command), "");
    if (lower && shk_play_setting_of(settings, "suites") == NULL)
        add_words(&c, "-cipher DEFAULT{}", strlen("-cipher DEFAULT{}"), level_0);
    for (size_t i = 0; i < settings->count && ok; i++) {
        ok = add_option(&c, program, settings->rows[i].option, settings->rows[i].value);
        if (!ok)
            needs(settings->rows[i].option, settings->rows[i].value, why);
    }
    add_unset(&c, program, settings);
    if (c.priority.len > 0) {
        char *word;
        shk_buf text = shk_buf_growing(&shk_libc_allocator);
        shk_text_add(&text, normal, strlen(normal));
        shk_text_add(&text, (const char *)c.priority.data, c.priority.len);
        word = (char *)text.data;
        shk_words_add(out, word, text.len);
        shk_buf_free(&text);
    }
    shk_buf_free(&c.priority);
    return ok;
}

/* "NAME" or "NAME=VALUE", where '-' stands for '_' too. */
static bool is_told(const shk_play_setting *row, const char *has)
{
    size_t at = 0;
    while (row->option[at] != 0 && (has[at] == '-' ? '_' : has[at]) == row->option[at])
        at++;
    if (row->option[at] != 0)
        return false;
    return has[at] == 0 || (has[at] == '=' && strcmp(has + at + 1, row->value) == 0);
}

/* What our own end keeps both to, by offering or selecting nothing else, and the defaults, which
 * are for the user to see to. */
static bool is_kept(const shk_play_setting *row, const shk_play_settings *own)
{
    static const char *const negotiated[] = {"tls",    "min_protocol", "max_protocol",
                                             "suites", "groups",       "sigalgs"};
    static const char *const defaults[] = {"cert", "key", "cafile", "servername", "keep_sessions"};
    const char *ours = shk_play_setting_of(own, row->option);
    for (size_t i = 0; i < sizeof negotiated / sizeof negotiated[0]; i++)
        if (strcmp(row->option, negotiated[i]) == 0)
            return ours != NULL && strcmp(ours, row->value) == 0;
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++)
        if (strcmp(row->option, defaults[i]) == 0)
            return row->is_default;
    return false;
}

/* The next {NAME} from `at` on, and how long its name is; NULL: there is none. ${NAME} is the
 * shell's. */
static const char *next_place(const char *command, const char *at, size_t *len)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
    while ((at = strchr(at, '{')) != NULL) {
        *len = strspn(at + 1, letters);
        if (*len > 0 && at[1 + *len] == '}' && (at == command || at[-1] != '$'))
            return at;
        at++;
    }
    return NULL;
}

static bool is_place_of(const char *place, size_t len, const char *name)
{
    return len == strlen(name) && strncmp(place + 1, name, len) == 0;
}

bool shk_command_is_known(const char *command, char *why)
{
    size_t len;
    for (const char *at = command; (at = next_place(command, at, &len)) != NULL; at++) {
        if (is_place_of(at, len, "port") || is_place_of(at, len, "host") ||
            shk_end_option_named(at + 1, len) != NULL)
            continue;
        snprintf(
            why, SHK_WHY_SIZE,
            "'{%.*s}' in the command line is neither {port}, {host} nor a setting, as {cafile}, "
            "{servername}, {cert}, {key}, and what `shakedown pair --help` lists",
            (int)(len < 60 ? len : 60), at + 1);
        return false;
    }
    return true;
}

static bool is_named(const char *command, const char *option)
{
    size_t len;
    if (command == NULL)
        return false;
    for (const char *at = command; (at = next_place(command, at, &len)) != NULL; at++) {
        const shk_end_option *named = shk_end_option_named(at + 1, len);
        if (named != NULL && strcmp(named->name, option) == 0)
            return true;
    }
    return false;
}

/* Without a value these would leave a hole in the command line, where others move up. */
static bool has_values(const char *command, int side, const shk_play_settings *settings, char *why)
{
    static const char *const usual[2][2] = {{"cafile", "servername"}, {"cert", "key"}};
    for (size_t i = 0; i < 2; i++) {
        const char *option = usual[side][i];
        if (!is_named(command, option) || shk_play_setting_of(settings, option) != NULL)
            continue;
        snprintf(why, SHK_WHY_SIZE, "a peer without %s, which the command line names", option);
        return false;
    }
    return true;
}

bool shk_settings_are_had(const char *command, const shk_play_settings *settings,
                          const shk_play_settings *own, const char *const *has, size_t count,
                          char *why)
{
    for (size_t i = 0; i < settings->count; i++) {
        const shk_play_setting *row = &settings->rows[i];
        bool had = is_kept(row, own) || is_named(command, row->option);
        for (size_t k = 0; k < count; k++)
            had |= is_told(row, has[k]);
        if (had)
            continue;
        needs(row->option, row->value, why);
        return false;
    }
    return true;
}

bool shk_command_words(const char *command, int side, const shk_play_settings *settings,
                       const shk_play_settings *own, const char *const *has, size_t count,
                       shk_words *out, char *why)
{
    shk_buf text = shk_buf_growing(&shk_libc_allocator);
    const char *rest = command;
    size_t len;
    if (!shk_settings_are_had(command, settings, own, has, count, why) ||
        !has_values(command, side, settings, why))
        return false;
    for (const char *at = command; (at = next_place(command, at, &len)) != NULL; at++) {
        const shk_end_option *option = shk_end_option_named(at + 1, len);
        const char *value = option != NULL ? shk_play_setting_of(settings, option->name)
                            : is_place_of(at, len, "host") ? "127.0.0.1"
                                                           : "{port}";
        shk_text_add(&text, rest, (size_t)(at - rest));
        shk_text_add(&text, value != NULL ? value : "", value != NULL ? strlen(value) : 0);
        rest = at + len + 2;
    }
    shk_text_add(&text, rest, strlen(rest));
    shk_words_add(out, "/bin/sh", strlen("/bin/sh"));
    shk_words_add(out, "-c", 2);
    shk_words_add(out, (const char *)text.data, text.len);
    shk_buf_free(&text);
    return true;
}
