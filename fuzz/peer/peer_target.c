/* A deviating end of ours against one stack. SHK_FUZZ_TARGET is the target's name, SHK_FUZZ_KIND
 * the endpoint's, SHK_FUZZ_PROVIDER that of our ends; all are given by the build. */
#include "peer/peer_run.h"
#include "peer/script_input.h"
#include "sim/toy_provider.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const shk_endpoint_kind SHK_FUZZ_KIND;

/* libFuzzer hands no context to its callbacks. */
static shk_fuzz_runner runner;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    shk_fuzz_runner_open(&runner, SHK_FUZZ_TARGET, &SHK_FUZZ_PROVIDER, *argc, *argv);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const int before = runner.findings;
    shk_script *script = shk_fuzz_script(shk_span_of(data, size));
    for (int side = 0; script != NULL && side < 2; side++) {
        shk_play_outcome outcome;
        if (!shk_fuzz_has_side(script, side))
            continue;
        shk_fuzz_run_script(&runner, script, &SHK_FUZZ_KIND, side, &outcome);
        shk_fuzz_check_alarms(&runner, script, SHK_FUZZ_KIND.name, &outcome);
        shk_play_outcome_free(&outcome);
    }
    shk_script_free(script);
    return runner.findings > before;
}
