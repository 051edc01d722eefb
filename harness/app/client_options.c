/* The command line of `shakedown client` (app/client_options.h). */
#include "app/client_options.h"

#include <stdio.h>
#include <string.h>

#include "cli/number.h"

enum { DEFAULT_TIMEOUT_S = 10, MAX_TIMEOUT_S = 86400 };

static bool set_timeout(void *context, const char *value, char *why)
{
    return shk_cli_number(value, 1, MAX_TIMEOUT_S, &((shk_client_options *)context)->timeout_s,
                          why);
}

static bool set_seed(void *context, const char *value, char *why)
{
    return shk_cli_number(value, 0, UINT64_MAX, &((shk_client_options *)context)->seed, why);
}

static bool set_get(void *context, const char *value, char *why)
{
    ((shk_client_options *)context)->path = value;
    size_t len = strlen(value);
    bool good = value[0] == '/' && len <= SHK_CLIENT_REQUEST / 2;
    for (size_t i = 0; i < len && good; i++)
        good = value[i] > ' ' && value[i] < 0x7f;
    if (!good)
        snprintf(why, SHK_WHY_SIZE,
                 "'%.100s' is not a path: '/' and then printable ASCII without spaces, in all at "
                 "most %d bytes",
                 value, SHK_CLIENT_REQUEST / 2);
    return good;
}

static bool set_output(void *context, const char *value, char *why)
{
    (void)why;
    ((shk_client_options *)context)->output = value;
    return true;
}

static bool set_key_update(void *context, const char *value, char *why)
{
    (void)value;
    (void)why;
    return ((shk_client_options *)context)->key_update = true;
}

static bool set_json(void *context, const char *value, char *why)
{
    (void)value;
    (void)why;
    return ((shk_client_options *)context)->json = true;
}

static bool set_session_in(void *context, const char *value, char *why)
{
    shk_client_options *o = (shk_client_options *)context;
    (void)why;
    o->session_in = value;
    return o->end.config.resume = true;
}

static bool set_session_out(void *context, const char *value, char *why)
{
    shk_client_options *o = (shk_client_options *)context;
    (void)why;
    o->session_out = value;
    return o->end.config.resume = true;
}

static bool set_send_early(void *context, const char *value, char *why)
{
    shk_client_options *o = (shk_client_options *)context;
    (void)why;
    o->early = value;
    return o->end.config.early_data = true;
}

static bool set_renegotiate(void *context, const char *value, char *why)
{
    shk_client_options *o = (shk_client_options *)context;
    (void)value;
    (void)why;
    o->renegotiate = true;
    return o->end.config.renegotiation = true;
}

static bool set_keymatexport(void *context, const char *value, char *why)
{
    return shk_key_export_set_label(&((shk_client_options *)context)->exports, value, why);
}

static bool set_keymatexportlen(void *context, const char *value, char *why)
{
    return shk_key_export_set_len(&((shk_client_options *)context)->exports, value, why);
}

static bool set_script(void *context, const char *value, char *why)
{
    (void)why;
    ((shk_client_options *)context)->script = value;
    return true;
}

static const shk_cli_option own_options[] = {
    {"get", "PATH", "fetch this page by HTTP; without it the standard input is relayed", set_get},
    {"output", "FILE", "what the peer sends goes here, not to the standard output", set_output},
    {"keymatexport", "LABEL", "tell the keys that are exported by this label (RFC 5705)",
     set_keymatexport},
    {"keymatexportlen", "N", "so many bytes of them, 1 to 64 (default 20)", set_keymatexportlen},
    {"json", NULL, "one JSON object on the standard output, at the end; the data only to --output",
     set_json},
    {"timeout", "SECONDS", "give up after so long without progress (default 10)", set_timeout},
    {"seed", "N", "repeatable randomness; 0 (the default) is the system's", set_seed},
    {"key-update", NULL, "after the handshake, update the keys and ask the peer to (TLS 1.3)",
     set_key_update},
    {"renegotiate", NULL, "after the handshake, do another (below TLS 1.3, RFC 5746)",
     set_renegotiate},
    {"script", "FILE",
     "deviate as this script says (docs/DEVIATIONS.md), with its settings for the client, before "
     "which those on the command line go",
     set_script},
    {"sess-in", "FILE", "resume the session of an earlier client", set_session_in},
    {"sess-out", "FILE", "keep the last session that can be resumed", set_session_out},
    {"early-data", "FILE",
     "send this as early data with the session of --sess-in; what the server turns down is not "
     "sent again",
     set_send_early},
};

int shk_client_parse(int argc, char **argv, shk_client_options *options)
{
    static const char help[] =
        "Connects to a TLS server and prints what it sends until close_notify. With --cafile the\n"
        "peer's certificate is verified, for --servername or else for HOST.\n"
        "Exit: 0 good, 1 the handshake or the connection failed, the peer was not verified, or the "
        "page\ndid not come or is refused, 2 wrong use, 3 cannot connect, or cannot write a file.\n"
        "Example: shakedown client --cafile corpora/pki/roots.pem --servername "
        "server.shakedown.test "
        "--get / 127.0.0.1:PORT";
    char why[SHK_WHY_SIZE];
    int first;
    shk_cli_command command = {
        .name = "client",
        .positional = "HOST:PORT",
        .help = help,
        .options = own_options,
        .option_count = sizeof own_options / sizeof own_options[0],
        .context = options,
        .client = &options->end,
    };
    memset(options, 0, sizeof *options);
    options->timeout_s = DEFAULT_TIMEOUT_S;
    int code = shk_cli_parse(&command, argc, argv, &first);
    if (code >= 0)
        return code;
    if (argc - first != 1)
        return shk_cli_fail("client", SHK_EXIT_USAGE, "one HOST:PORT is needed; see --help");
    if (!shk_address_split(argv[first], options->host, options->port, why))
        return shk_cli_fail("client", SHK_EXIT_USAGE, "%s", why);
    if (options->early != NULL && options->session_in == NULL)
        return shk_cli_fail("client", SHK_EXIT_USAGE, "--early-data: it needs --sess-in");
    if (!shk_key_export_complete(&options->exports, why))
        return shk_cli_fail("client", SHK_EXIT_USAGE, "%s", why);
    /* With trust anchors the name is verified too, whatever it is; without them only what was asked
     * for is sent. */
    if (options->end.config.server_name == NULL && options->end.config.ca_file != NULL)
        options->end.config.server_name = options->host;
    return -1;
}
