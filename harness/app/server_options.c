/* The command line of `shakedown server` (app/server_options.h). */
#include "app/server_options.h"

#include <stdio.h>
#include <string.h>

#include "cli/number.h"

enum { DEFAULT_TIMEOUT_S = 30, MAX_TIMEOUT_S = 86400, DEFAULT_CONNECTIONS = 256 };
enum { MAX_CONNECTIONS = 100000 };

static bool set_port(void *context, const char *value, char *why)
{
    return shk_cli_number(value, 0, 65535, &((shk_server_options *)context)->port, why);
}

/* An address, with or without brackets, or address and port as the server prints them. */
static bool set_listen(void *context, const char *value, char *why)
{
    shk_server_options *o = (shk_server_options *)context;
    char port[SHK_PORT_SIZE];
    const size_t len = strlen(value);
    const char *colon = strchr(value, ':');
    const bool bracketed = len > 2 && value[0] == '[' && value[len - 1] == ']';
    const bool with_port = value[0] == '[' ? !bracketed : colon != NULL && !strchr(colon + 1, ':');
    if (with_port)
        return shk_address_split(value, o->address, port, why) && set_port(o, port, why);
    snprintf(o->address, sizeof o->address, "%.*s", (int)(bracketed ? len - 2 : len),
             bracketed ? value + 1 : value);
    if (len > 0 && len < sizeof o->address)
        return true;
    snprintf(why, SHK_WHY_SIZE, "'%.100s' is not an address", value);
    return false;
}

static bool set_connections(void *context, const char *value, char *why)
{
    return shk_cli_number(value, 1, UINT64_MAX, &((shk_server_options *)context)->connections, why);
}

static bool set_max_connections(void *context, const char *value, char *why)
{
    return shk_cli_number(value, 1, MAX_CONNECTIONS,
                          &((shk_server_options *)context)->max_connections, why);
}

static bool set_timeout(void *context, const char *value, char *why)
{
    return shk_cli_number(value, 1, MAX_TIMEOUT_S, &((shk_server_options *)context)->timeout_s,
                          why);
}

static bool set_seed(void *context, const char *value, char *why)
{
    return shk_cli_number(value, 0, UINT64_MAX, &((shk_server_options *)context)->seed, why);
}

static bool set_quiet(void *context, const char *value, char *why)
{
    (void)value;
    (void)why;
    return ((shk_server_options *)context)->quiet = true;
}

static bool set_json(void *context, const char *value, char *why)
{
    (void)value;
    (void)why;
    return ((shk_server_options *)context)->json = true;
}

static bool set_no_tickets(void *context, const char *value, char *why)
{
    (void)value;
    (void)why;
    shk_endpoint_config *config = &((shk_server_options *)context)->end.config;
    config->session_store = SHK_SESSIONS_IDS;
    return config->no_tickets = true;
}

static bool set_keymatexport(void *context, const char *value, char *why)
{
    return shk_key_export_set_label(&((shk_server_options *)context)->exports, value, why);
}

static bool set_keymatexportlen(void *context, const char *value, char *why)
{
    return shk_key_export_set_len(&((shk_server_options *)context)->exports, value, why);
}

static bool set_script(void *context, const char *value, char *why)
{
    (void)why;
    ((shk_server_options *)context)->script = value;
    return true;
}

static const shk_cli_option own_options[] = {
    {"listen", "ADDRESS", "where to listen (default 127.0.0.1); with :PORT, if you like",
     set_listen},
    {"port", "N", "the port; 0 (the default) leaves the choice to the kernel", set_port},
    {"connections", "N", "end after so many", set_connections},
    {"script", "FILE",
     "deviate in each connection as this script says (docs/DEVIATIONS.md), one at a time, with its "
     "settings for the server, before which those on the command line go",
     set_script},
    {"max-connections", "N", "at once (default 256); the others wait", set_max_connections},
    {"timeout", "SECONDS",
     "close a connection after so long without progress (default 30), after twice as long in the "
     "handshake, after four times as long and a second for each 512 bytes of data behind it",
     set_timeout},
    {"seed", "N",
     "repeatable randomness: N for the first connection, N + 1 for the second, ...; "
     "0 (the default) is the system's",
     set_seed},
    {"quiet", NULL, "no line in the log for each connection", set_quiet},
    {"no-tickets", NULL, "keep sessions by ids only: below TLS 1.3, and none in it",
     set_no_tickets},
    {"keymatexport", "LABEL", "tell the keys that are exported by this label (RFC 5705)",
     set_keymatexport},
    {"keymatexportlen", "N", "so many bytes of them, 1 to 64 (default 20)", set_keymatexportlen},
    {"json", NULL, "one JSON object a line for each connection, on the standard output", set_json},
};

int shk_server_parse(int argc, char **argv, shk_server_options *options)
{
    static const char help[] =
        "Serves TLS clients: answers an HTTP GET of / with a page of what was negotiated, and\n"
        "echoes what is no GET. Prints \"listening ADDRESS:PORT\" when it is ready; SIGTERM ends "
        "it.\n"
        "GET /key-update (TLS 1.3) updates the keys first and asks the client to; /authenticate\n"
        "(TLS 1.3, --enable-pha) asks for its certificate; /renegotiate (below, --renegotiation)\n"
        "sends HelloRequest. What the connection does not allow is answered with 409, any other\n"
        "path with 404.\n"
        "Exit: 0 good, 1 a handshake failed (with --connections), 2 wrong use, 3 cannot listen.\n"
        "Example: shakedown server --cert corpora/pki/p256.pem --key corpora/pki/p256.key";
    char why[SHK_WHY_SIZE];
    int first;
    shk_cli_command command = {
        .name = "server",
        .positional = "",
        .help = help,
        .options = own_options,
        .option_count = sizeof own_options / sizeof own_options[0],
        .context = options,
        .server = &options->end,
    };
    *options = (shk_server_options){.address = "127.0.0.1",
                                    .max_connections = DEFAULT_CONNECTIONS,
                                    .timeout_s = DEFAULT_TIMEOUT_S};
    options->end.config.server = true;
    int code = shk_cli_parse(&command, argc, argv, &first);
    if (code >= 0)
        return code;
    if (first != argc)
        return shk_cli_fail("server", SHK_EXIT_USAGE, "'%s' is one word too many; see --help",
                            argv[first]);
    if (!shk_key_export_complete(&options->exports, why))
        return shk_cli_fail("server", SHK_EXIT_USAGE, "%s", why);
    return -1;
}
