/* The `shakedown` program: finds the subcommand. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "app/app_commands.h"
#include "cli/cli_commands.h"
#include "cli/options.h"
#include "endpoint/endpoint.h"
#include "ledger/ledger_command.h"
#include "play/play_commands.h"
#include "tools/tools_commands.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"client", shk_app_client, "connect to a TLS server and talk to it"},
    {"server", shk_app_server, "serve TLS clients"},
    {"pair", shk_cli_pair, "one handshake in memory between two named endpoints"},
    {"play", shk_play_command, "misbehave as scripts tell, and judge how a peer answers"},
    {"tamper", shk_tamper_command, "alter one thing at random in many runs, and judge the peer"},
    {"replay", shk_cli_replay, "run our side of a recording again"},
    {"decode", shk_cli_decode, "print records and handshake messages"},
    {"list", shk_cli_list, "print the names that options take"},
    {"states", shk_cli_states, "print the flow tables"},
    {"errors", shk_cli_errors, "print the error rows"},
    {"requirements", shk_cli_requirements, "print what the RFCs demand and what becomes of it"},
    {"ech-key", shk_cli_ech_key, "make a key for Encrypted ClientHello"},
    {"ledger", shk_ledger_command, "what peers can make an end take of memory and work"},
    {"bench", shk_tools_bench, "measure handshakes per second"},
    {"seeds", shk_tools_seeds, "record fuzzing seeds from handshakes in memory"},
};

static void print_usage(FILE *out)
{
    fprintf(out, "usage: shakedown COMMAND [OPTION...] [ARGUMENT...]\n");
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        fprintf(out, "  %-12s %s\n", commands[i].name, commands[i].help);
    fprintf(
        out,
        "shakedown COMMAND --help tells all of a command: its options, exit codes, an example.\n"
        "shakedown --version tells the versions, of the libraries too.\n");
}

/* The versions of the program and of the libraries it is linked with. */
static void print_versions(void)
{
    static const shk_endpoint_kind *const kinds[] = {&shk_endpoint_openssl, &shk_endpoint_gnutls};
    printf("shakedown %s\n", SHK_VERSION_TEXT);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        printf("%s %s\n", kinds[i]->name, kinds[i]->library_version());
}

static int run(int argc, char **argv)
{
    if (argc < 2) {
        print_usage(stderr);
        return SHK_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        print_usage(stdout);
        return SHK_EXIT_GOOD;
    }
    if (strcmp(argv[1], "--version") == 0) {
        print_versions();
        return SHK_EXIT_GOOD;
    }
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "shakedown: '%s' is not a command\n", argv[1]);
    print_usage(stderr);
    return SHK_EXIT_USAGE;
}

/* What was to be printed and could not be is told: a full disk must not look like a good run. */
int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    int code = run(argc, argv);
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    fprintf(stderr, "shakedown: the output cannot be written: %s\n", strerror(errno));
    return code == SHK_EXIT_GOOD ? SHK_EXIT_ENVIRONMENT : code;
}
