/* The command line of `shakedown play` (play/play_job.h). */
#include "play/play_job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/number.h"
#include "play/workers.h"

enum { DEFAULT_SEED = 1, DEFAULT_TIMEOUT_MS = 5000, MAX_TIMEOUT_S = 3600 };

static bool set_against(void *context, const char *value, char *why)
{
    shk_play_job *job = (shk_play_job *)context;
    if (job->peer_count > 0) {
        snprintf(why, SHK_WHY_SIZE, "one peer at a time: --compare takes several");
        return false;
    }
    job->peers[job->peer_count++] = value;
    return true;
}

static bool set_compare(void *context, const char *value, char *why)
{
    shk_play_job *job = (shk_play_job *)context;
    char *rest;
    if (job->peer_count > 0) {
        snprintf(why, SHK_WHY_SIZE, "it stands in place of --against");
        return false;
    }
    job->compare = true;
    job->names = strdup(value);
    char *name = job->names != NULL ? strtok_r(job->names, ",", &rest) : NULL;
    for (; name != NULL && job->peer_count < SHK_PLAY_PEERS; name = strtok_r(NULL, ",", &rest))
        job->peers[job->peer_count++] = name;
    if (job->peer_count >= 2 && name == NULL)
        return true;
    snprintf(why, SHK_WHY_SIZE, "'%.100s' is not a list of two to %d peers", value, SHK_PLAY_PEERS);
    return false;
}

static bool set_jobs(void *context, const char *value, char *why)
{
    uint64_t jobs;
    if (!shk_cli_number(value, 1, SHK_PLAY_JOBS, &jobs, why))
        return false;
    ((shk_play_job *)context)->jobs = (size_t)jobs;
    return true;
}

static bool set_timeout(void *context, const char *value, char *why)
{
    uint64_t seconds;
    if (!shk_cli_number(value, 1, MAX_TIMEOUT_S, &seconds, why))
        return false;
    ((shk_play_job *)context)->options.timeout_ms = (int64_t)seconds * 1000;
    return true;
}

static bool set_seed(void *context, const char *value, char *why)
{
    return shk_cli_number(value, 1, UINT64_MAX, &((shk_play_job *)context)->options.seed, why);
}

static bool set_has(void *context, const char *value, char *why)
{
    shk_play_options *options = &((shk_play_job *)context)->options;
    if (shk_end_option_named(value, strcspn(value, "=")) == NULL) {
        snprintf(why, SHK_WHY_SIZE, "'%.100s' is not an option of an end, as shakedown pair has",
                 value);
        return false;
    }
    if (options->has_count == SHK_PLAY_HAS) {
        snprintf(why, SHK_WHY_SIZE, "more than %d", SHK_PLAY_HAS);
        return false;
    }
    options->has[options->has_count++] = value;
    return true;
}

static bool set_verbose(void *context, const char *value, char *why)
{
    shk_play_job *job = (shk_play_job *)context;
    (void)value;
    (void)why;
    return job->style.verbose = job->options.verbose = true;
}

static bool set_json(void *context, const char *value, char *why)
{
    (void)value;
    (void)why;
    return ((shk_play_job *)context)->style.json = true;
}

static bool set_record(void *context, const char *value, char *why)
{
    (void)why;
    ((shk_play_job *)context)->options.record = value;
    return true;
}

static bool set_expected(void *context, const char *value, char *why)
{
    struct stat found;
    if (stat(value, &found) != 0 || !S_ISDIR(found.st_mode)) {
        snprintf(why, SHK_WHY_SIZE, "there is no folder %.200s", value);
        return false;
    }
    ((shk_play_job *)context)->expected = value;
    return true;
}

static bool set_stack(void *context, const char *value, char *why)
{
    (void)why;
    ((shk_play_job *)context)->stack = value;
    return true;
}

static bool set_fields(void *context, const char *value, char *why)
{
    (void)value;
    (void)why;
    return ((shk_play_job *)context)->fields = true;
}

static bool set_print(void *context, const char *value, char *why)
{
    (void)value;
    (void)why;
    return ((shk_play_job *)context)->print = true;
}

static bool set_encode(void *context, const char *value, char *why)
{
    (void)why;
    ((shk_play_job *)context)->encode = value;
    return true;
}

static const shk_cli_option options[] = {
    {"against", "PEER",
     "ours, openssl or gnutls, in memory; ./NAME.so, likewise (harness/play/plugin.h); s_server, "
     "s_client, gnutls-serv or gnutls-cli; HOST:PORT of a server; or a command line with {port}, "
     "and {cert}, {key}, {cafile}, {servername} or any setting",
     set_against},
    {"compare", "PEER,PEER...",
     "in place of --against: the same against each, and a table of "
     "where they differ",
     set_compare},
    {"has", "SETTING[=VALUE]",
     "the peer at the address, or of the command line, has this setting that scripts need; may be "
     "repeated",
     set_has},
    {"verbose", NULL, "what both ends say, all messages and records, and the output of the peer",
     set_verbose},
    {"json", NULL, "a line of JSON for each run", set_json},
    {"jobs", "N", "so many runs at a time (default: by the processors; 1 at an address)", set_jobs},
    {"timeout", "SECONDS", "that a peer behind a socket may do nothing (default 5)", set_timeout},
    {"seed", "N", "randomness of our ends, default 1", set_seed},
    {"record", "FILE", "of one run in memory: keep it, with the script, for shakedown replay",
     set_record},
    {"expected", "FOLDER", "files STACK.toml of results that are known, and differences.toml",
     set_expected},
    {"stack", "STACK", "of --against: the one that the peer is built on, whose results are known",
     set_stack},
    {"fields", NULL, "print the paths of all fields, or of those of the messages that are named",
     set_fields},
    {"print", NULL, "print the scripts, and do not play them", set_print},
    {"encode", "FILE", "write the script's binary form, and do not play it", set_encode},
};

int shk_play_parse(int argc, char **argv, shk_play_job *job)
{
    shk_cli_command command = {
        .name = "play",
        .positional = "SCRIPT|FOLDER... --against PEER",
        .help = "Plays scripts of deviations (docs/DEVIATIONS.md): our end, or one in the middle, "
                "misbehaves as told, and the peer's answer is compared with the expected one.\n"
                "Exit: 0 all passed, are known or could not be run with this peer; 1 one failed, "
                "or was unplayed; 2 wrong use, or a script that cannot be read; 3 no such peer.\n"
                "Example: shakedown play corpora/cases/server --against 'myserver --port {port} "
                "--cert {cert} --key {key}'",
        .options = options,
        .option_count = sizeof options / sizeof options[0],
        .context = job,
    };
    memset(job, 0, sizeof *job);
    job->options.seed = DEFAULT_SEED;
    job->options.timeout_ms = DEFAULT_TIMEOUT_MS;
    int code = shk_cli_parse(&command, argc, argv, &job->first);
    if (code >= 0 || job->fields)
        return code;
    const int scripts = argc - job->first;
    if (scripts == 0)
        return shk_cli_fail("play", SHK_EXIT_USAGE, "a script is needed, or a folder of them");
    if (job->encode != NULL && scripts != 1)
        return shk_cli_fail("play", SHK_EXIT_USAGE, "--encode takes one script");
    if (job->compare && (job->options.record != NULL || job->stack != NULL))
        return shk_cli_fail(
            "play", SHK_EXIT_USAGE,
            "--record and --stack are about one peer: they do not go with --compare");
    if (job->peer_count == 0 && !job->print && job->encode == NULL)
        return shk_cli_fail("play", SHK_EXIT_USAGE, "a peer is needed: --against PEER");
    return -1;
}

void shk_play_job_free(shk_play_job *job)
{
    free(job->names);
}
