/* Scripts in `shakedown pair` (cli/pair_script.h). */
#include "cli/pair_script.h"

#include <stdio.h>
#include <string.h>

#include "deviate/answer.h"

bool shk_pair_script_open(shk_pair_job *job, shk_cli_script *script, char *why)
{
    if (job->script_path == NULL)
        return true;
    if (!shk_cli_script_open(job->script_path, script, why))
        return false;
    job->script = script;
    const int side = shk_cli_script_side(script);
    if (side < 0 || job->kinds[side] == &shk_endpoint_ours)
        return true;
    snprintf(why, SHK_WHY_SIZE, "--script: the %s deviates, and it has to be ours",
             side == 0 ? "client" : "server");
    return false;
}

/* Whether a script has the end, or what comes from it, deviate. */
bool shk_pair_deviates(const shk_pair_job *job, int side)
{
    return job->script != NULL && shk_cli_script_side(job->script) != 1 - side;
}

/* The answer of the end that does not deviate, or of the one that refuses what the middle does. */
static shk_peer_answer answer_of(const shk_pair_job *job, const shk_verdict *v)
{
    const int player = shk_cli_script_side(job->script);
    const bool of_client = player == 1 || (player == -1 && v->client.alert_sent >= 0);
    return of_client ? shk_answer_of(&v->client, &v->server, false, false)
                     : shk_answer_of(&v->server, &v->client, false, false);
}

/* Whether a script was played to its end, and answered as it expects. */
bool shk_pair_script_is_satisfied(const shk_pair_job *job, const shk_verdict *v)
{
    const shk_endpoint_result *peer =
        shk_cli_script_side(job->script) == 1 ? &v->client : &v->server;
    char why[SHK_WHY_SIZE];
    return shk_player_played(job->script->player, why) &&
           shk_answer_is_expected(job->script->script, answer_of(job, v)) &&
           shk_forbidden_fact(job->script->script, peer) == SHK_FACTS;
}

void shk_pair_print_script(const shk_pair_job *job, const shk_verdict *v)
{
    char answer[SHK_WHY_SIZE];
    char expected[SHK_WHY_SIZE];
    char why[SHK_WHY_SIZE];
    shk_answer_text(answer_of(job, v), answer);
    shk_expected_text(job->script->script, expected);
    const bool played = shk_player_played(job->script->player, why);
    printf("script %s%s%s: answered %s%s%s%s\n", played ? "played" : "unplayed", played ? "" : " ",
           played ? "" : why, answer, expected[0] != 0 ? " (expected " : "", expected,
           expected[0] != 0 ? ")" : "");
}
