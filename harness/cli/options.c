/* Command-line parsing shared by the subcommands (cli/options.h), on getopt_long. */
#include <assert.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/options.h"

enum {
    MAX_NAME = 40,
    MAX_OWN = 64, /* options of a subcommand's own */
    /* each option of an end, and the same for the client or the server alone */
    MAX_OPTIONS = 1 + MAX_OWN + 3 * SHK_END_OPTIONS
};

int shk_cli_fail(const char *name, int code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "shakedown %s: ", name);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return code;
}

/* An option as getopt_long knows it, and which ends it is for. */
typedef struct {
    char name[MAX_NAME];
    const shk_end_option *end; /* NULL: one of the subcommand's own */
    const shk_cli_option *own;
    bool client;
    bool server;
    bool prefixed; /* client-NAME or server-NAME, which the help does not list one by one */
} known_option;

typedef struct {
    known_option known[MAX_OPTIONS];
    struct option table[MAX_OPTIONS + 1];
    size_t count;
} option_table;

static void add(option_table *t, const char *prefix, const shk_end_option *end,
                const shk_cli_option *own, bool client, bool server)
{
    known_option *k = &t->known[t->count];
    struct option *o = &t->table[t->count];
    snprintf(k->name, sizeof k->name, "%s%s", prefix, end != NULL ? end->name : own->name);
    for (char *at = k->name; *at != 0; at++)
        if (*at == '_')
            *at = '-';
    k->end = end;
    k->own = own;
    k->client = client;
    k->server = server;
    k->prefixed = prefix[0] != 0;
    o->name = k->name;
    o->has_arg =
        (end != NULL ? end->argument : own->argument) != NULL ? required_argument : no_argument;
    t->count++;
}

static void fill_table(option_table *t, const shk_cli_command *command)
{
    static const shk_cli_option help = {"help", NULL, "this text", NULL};
    memset(t, 0, sizeof *t);
    assert(command->option_count <= MAX_OWN);
    add(t, "", NULL, &help, false, false);
    for (size_t i = 0; i < command->option_count; i++)
        add(t, "", NULL, &command->options[i], false, false);
    const unsigned ends = (command->client != NULL ? SHK_OF_CLIENT : 0u) |
                          (command->server != NULL ? SHK_OF_SERVER : 0u);
    bool both = ends == SHK_OF_BOTH;
    for (size_t i = 0; i < SHK_END_OPTIONS; i++) {
        if ((shk_end_options[i].whose & ends) == 0)
            continue;
        const bool client = (shk_end_options[i].whose & ends & SHK_OF_CLIENT) != 0;
        const bool server = (shk_end_options[i].whose & ends & SHK_OF_SERVER) != 0;
        add(t, "", &shk_end_options[i], NULL, client, server);
        if (both && client)
            add(t, "client-", &shk_end_options[i], NULL, true, false);
        if (both && server)
            add(t, "server-", &shk_end_options[i], NULL, false, true);
    }
}

static void print_help(const shk_cli_command *command, const option_table *t)
{
    bool both = command->client != NULL && command->server != NULL;
    printf("usage: shakedown %s [OPTION...] %s\n%s\n", command->name, command->positional,
           command->help);
    for (size_t i = 0; i < t->count; i++) {
        const known_option *k = &t->known[i];
        const char *argument = k->end != NULL ? k->end->argument : k->own->argument;
        char left[MAX_NAME + 16];
        if (k->prefixed)
            continue;
        const unsigned whose = k->end != NULL && both ? k->end->whose : SHK_OF_BOTH;
        snprintf(left, sizeof left, "--%s %s", k->name, argument != NULL ? argument : "");
        printf("  %-26s %s%s\n", left,
               whose == SHK_OF_CLIENT   ? "client: "
               : whose == SHK_OF_SERVER ? "server: "
                                        : "",
               k->end != NULL ? k->end->help : k->own->help);
    }
    if (both)
        printf("Options of an end hold for both; --client-NAME and --server-NAME for one.\n");
}

static bool apply(const shk_cli_command *command, const known_option *k, const char *value,
                  char *why)
{
    if (k->own != NULL)
        return k->own->set(command->context, value, why);
    if (value == NULL)
        value = "yes";
    if (k->client && !k->end->set(command->client, value, why))
        return false;
    return !k->server || k->end->set(command->server, value, why);
}

/* Whether the option that getopt_long has just parsed was written out: cli/setup_cache.h parses the
 * arguments again, and knows no abbreviations. */
static bool is_written_out(char **argv, const char *name)
{
    const char *word = argv[optind - 1 - (optarg != NULL && optarg == argv[optind - 1] ? 1 : 0)];
    return strncmp(word, "--", 2) == 0 && strcspn(word + 2, "=") == strlen(name);
}

int shk_cli_parse(const shk_cli_command *command, int argc, char **argv, int *first)
{
    option_table t;
    char why[SHK_WHY_SIZE];
    int index;
    int c;
    fill_table(&t, command);
    optind = 0; /* glibc: reset the parser */
    opterr = 0;
    while ((c = getopt_long(argc, argv, ":", t.table, &index)) != -1) {
        if (c == '?' || c == ':')
            return shk_cli_fail(command->name, SHK_EXIT_USAGE, "%s %s; see shakedown %s --help",
                                argv[optind - 1],
                                c == '?' ? "is not an option" : "needs an argument", command->name);
        if (!is_written_out(argv, t.known[index].name))
            return shk_cli_fail(command->name, SHK_EXIT_USAGE,
                                "options are written out: --%s; see shakedown %s --help",
                                t.known[index].name, command->name);
        if (index == 0) {
            print_help(command, &t);
            return SHK_EXIT_GOOD;
        }
        if (!apply(command, &t.known[index], optarg, why))
            return shk_cli_fail(command->name, SHK_EXIT_USAGE, "--%s: %s", t.known[index].name,
                                why);
    }
    *first = optind;
    return -1;
}
