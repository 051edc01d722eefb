/* The command line of `shakedown pair` (cli/pair_options.h). */
#include "cli/pair_options.h"

#include <stdio.h>
#include <string.h>

#include "cli/number.h"
#include "cli/options.h"
#include "drive/endpoint_kinds.h"
#include "endpoint/facts.h"

enum { DEFAULT_SEED = 1, MAX_EARLY = 1 << 20, MAX_DATA = 1 << 20 };

static bool set_seed(void *context, const char *value, char *why)
{
    return shk_cli_number(value, 1, UINT64_MAX, &((shk_pair_job *)context)->seed, why);
}

static bool set_chunk(void *context, const char *value, char *why)
{
    uint64_t chunk;
    if (!shk_cli_number(value, 0, SIZE_MAX, &chunk, why))
        return false;
    ((shk_pair_job *)context)->drive.chunk = (size_t)chunk;
    return true;
}

static bool set_key_updates(void *context, const char *value, char *why)
{
    (void)value;
    (void)why;
    ((shk_pair_job *)context)->drive.key_updates = true;
    return true;
}

static bool set_data(void *context, const char *value, char *why)
{
    uint64_t len;
    if (!shk_cli_number(value, 1, MAX_DATA, &len, why))
        return false;
    ((shk_pair_job *)context)->drive.data = (size_t)len;
    return true;
}

static bool set_second_server(void *context, const char *value, char *why)
{
    bool other = strcmp(value, "other") == 0;
    ((shk_pair_job *)context)->second_server = other ? SHK_OTHER_SERVER : SHK_UNWILLING_SERVER;
    if (other || strcmp(value, "unwilling") == 0)
        return true;
    snprintf(why, SHK_WHY_SIZE, "'%s' is neither other nor unwilling", value);
    return false;
}

static bool set_record(void *context, const char *value, char *why)
{
    (void)why;
    ((shk_pair_job *)context)->record = value;
    return true;
}

static bool set_script(void *context, const char *value, char *why)
{
    (void)why;
    ((shk_pair_job *)context)->script_path = value;
    return true;
}

static bool set_batch(void *context, const char *value, char *why)
{
    (void)why;
    ((shk_pair_job *)context)->batch = value;
    return true;
}

static bool set_json(void *context, const char *value, char *why)
{
    (void)value;
    (void)why;
    ((shk_pair_job *)context)->json = true;
    return true;
}

static bool set_resume(void *context, const char *value, char *why)
{
    shk_pair_job *job = (shk_pair_job *)context;
    (void)value;
    (void)why;
    job->ends[0].config.resume = true;
    return job->resume = true;
}

static bool set_send_early(void *context, const char *value, char *why)
{
    uint64_t len;
    if (!shk_cli_number(value, 1, MAX_EARLY, &len, why))
        return false;
    ((shk_pair_job *)context)->drive.early_data = (size_t)len;
    return true;
}

static bool set_expect_early(void *context, const char *value, char *why)
{
    bool accepted = strcmp(value, "accepted") == 0;
    ((shk_pair_job *)context)->early = accepted ? SHK_EARLY_ACCEPTED : SHK_EARLY_REJECTED;
    if (accepted || strcmp(value, "rejected") == 0)
        return true;
    snprintf(why, SHK_WHY_SIZE, "'%s' is neither accepted nor rejected", value);
    return false;
}

static bool set_post_handshake_auth(void *context, const char *value, char *why)
{
    (void)value;
    (void)why;
    return ((shk_pair_job *)context)->drive.post_handshake_auth = true;
}

static bool set_renegotiate(void *context, const char *value, char *why)
{
    bool by_client = strcmp(value, "client") == 0;
    ((shk_pair_job *)context)->drive.renegotiate =
        by_client ? SHK_RENEGOTIATE_BY_CLIENT : SHK_RENEGOTIATE_BY_SERVER;
    if (by_client || strcmp(value, "server") == 0)
        return true;
    snprintf(why, SHK_WHY_SIZE, "'%s' is neither client nor server", value);
    return false;
}

/* "good", or "refused:ALERT" with ":client" or ":server" behind it. */
static bool set_expect(void *context, const char *value, char *why)
{
    shk_pair_job *job = (shk_pair_job *)context;
    char alert[64] = "";
    char from[16] = "";
    job->expect = true;
    if (strcmp(value, "good") == 0) {
        job->refused = false;
        return true;
    }
    int parts = sscanf(value, "refused:%63[^:]:%15s", alert, from);
    for (int i = 0; i < 256 && parts >= 1; i++)
        if (shk_alert_name((uint32_t)i) != NULL &&
            strcmp(shk_alert_name((uint32_t)i), alert) == 0) {
            job->refused = true;
            job->alert = i;
            job->alert_from = strcmp(from, "client") == 0   ? 0
                              : strcmp(from, "server") == 0 ? 1
                                                            : -1;
            if (parts == 1 || job->alert_from >= 0)
                return true;
        }
    snprintf(why, SHK_WHY_SIZE, "'%s' is neither good nor refused:ALERT[:client|:server]", value);
    return false;
}

/* END:FACT, or END:FACT:absent. */
static bool set_falsify(void *context, const char *value, char *why)
{
    shk_pair_job *job = (shk_pair_job *)context;
    char side[8] = "";
    char fact[32] = "";
    char how[8] = "";
    const int parts = sscanf(value, "%7[^:]:%31[^:]:%7s", side, fact, how);
    job->false_side = strcmp(side, "client") == 0 ? 0 : strcmp(side, "server") == 0 ? 1 : -1;
    job->false_fact = shk_fact_named(fact);
    job->falsehood = parts == 3 ? SHK_FALSE_ABSENT : SHK_FALSE_CHANGED;
    if (job->false_side >= 0 && job->false_fact != SHK_FACTS &&
        (parts == 2 || strcmp(how, "absent") == 0))
        return true;
    snprintf(
        why, SHK_WHY_SIZE,
        "'%.100s' is not client or server, a colon, the name of a fact of the JSON, and perhaps "
        ":absent",
        value);
    return false;
}

static const shk_cli_option options[] = {
    {"seed", "N", "randomness of our ends, default 1", set_seed},
    {"record", "FILE",
     "keep configuration, content of files (keys, too), seed and all bytes for shakedown replay",
     set_record},
    {"chunk", "N", "hand bytes over N at a time", set_chunk},
    {"key_updates", NULL, "TLS 1.3: both ends update their keys", set_key_updates},
    {"resume", NULL, "two connections, of which the second resumes; the verdict is on it",
     set_resume},
    {"second_server", "WHICH",
     "with --resume: the second connection's is other, without the first's sessions, and nothing "
     "is "
     "resumed, or ours and unwilling to take early data",
     set_second_server},
    {"data", "N", "bytes of application data each way, default 64", set_data},
    {"send_early", "N",
     "TLS 1.3, with --allow-early-data: N bytes of early data, if there is a session for them",
     set_send_early},
    {"expect_early", "OUTCOME",
     "with --resume and --send-early: the second connection's are accepted or rejected",
     set_expect_early},
    {"post_handshake_auth", NULL,
     "TLS 1.3, with --enable-pha: the server asks for the client's certificate after some data",
     set_post_handshake_auth},
    {"renegotiate", "WHO",
     "below TLS 1.3, with --renegotiation: client or server begins a second handshake",
     set_renegotiate},
    {"falsify", "END:FACT[:absent]",
     "have an end tell a fact otherwise than it is, or not at all: the verdict must not be good",
     set_falsify},
    {"script", "FILE",
     "one end, ours, or somebody between them deviates as this script says (docs/DEVIATIONS.md), "
     "with its settings, before which those on the command line go; without --expect, what it "
     "expects",
     set_script},
    {"expect", "VERDICT", "good (default) or refused:ALERT[:client|:server]", set_expect},
    {"json", NULL, "the verdict as JSON", set_json},
    {"batch", "FILE",
     "one handshake a line: ID, tab, all arguments, certificates too; '-' is stdin", set_batch},
};

/* Checks that options about a second connection or early data have an effect. Returns -1 if they
 * do, else the exit code. */
static int check_job(const shk_pair_job *job)
{
    const bool sends = job->drive.early_data > 0;
    const struct {
        bool given;
        bool possible;
        const char *option;
        const char *takes;
    } rows[] = {
        {job->second_server != SHK_SAME_SERVER, job->resume, "second-server", "--resume"},
        {sends, job->resume, "send-early", "--resume"},
        {sends, job->ends[0].config.early_data, "send-early", "--allow-early-data"},
        {job->early != SHK_EARLY_ANY, sends, "expect-early", "--send-early"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].given && !rows[i].possible)
            return shk_cli_fail("pair", SHK_EXIT_USAGE, "--%s takes %s", rows[i].option,
                                rows[i].takes);
    return -1;
}

int shk_pair_parse(int argc, char **argv, shk_pair_job *job)
{
    shk_cli_command command = {
        .name = "pair",
        .positional = "CLIENT SERVER",
        .help = "Pumps two endpoints (ours, openssl, gnutls) to a verdict checked from both ends.\n"
                "Without a certificate or PSK, the server has P-256 of the test PKI and the client "
                "verifies it.\n"
                "Exit: 0 the verdict is the expected one, 1 it is not, 2 wrong use, 3 no memory.\n"
                "Example: shakedown pair ours openssl --tls 1.3 --groups x25519 --record FILE",
        .options = options,
        .option_count = sizeof options / sizeof options[0],
        .context = job,
        .client = &job->ends[0],
        .server = &job->ends[1],
    };
    int first;
    memset(job, 0, sizeof *job);
    job->seed = DEFAULT_SEED;
    job->alert_from = job->false_side = -1;
    int code = shk_cli_parse(&command, argc, argv, &first);
    if (code >= 0)
        return code;
    if (job->batch != NULL && argc > 3)
        return shk_cli_fail("pair", SHK_EXIT_USAGE,
                            "--batch takes nothing beside it: each line has its own arguments");
    if (job->batch != NULL && argc == first)
        return -1;
    if (argc - first != 2)
        return shk_cli_fail("pair", SHK_EXIT_USAGE, "names of two endpoints are needed, not %d",
                            argc - first);
    for (int side = 0; side < 2; side++) {
        job->kinds[side] = shk_endpoint_kind_named(argv[first + side]);
        if (job->kinds[side] == NULL)
            return shk_cli_fail("pair", SHK_EXIT_USAGE,
                                "'%s' is not an endpoint; known are ours, openssl, gnutls",
                                argv[first + side]);
    }
    job->ends[1].config.server = true;
    return check_job(job);
}
