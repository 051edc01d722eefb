/* `shakedown replay`: runs our side of a recording again. */
#include <errno.h>
#include <string.h>

#include "cli/cli_commands.h"
#include "cli/options.h"
#include "cli/replay_recording.h"

int shk_cli_replay(int argc, char **argv)
{
    shk_cli_command command = {
        .name = "replay",
        .positional = "FILE",
        .help =
            "Runs our side of a recording (--record of shakedown pair and play) again; shows the "
            "first byte that differs.\n"
            "Exit: 0 the same bytes, 1 a byte differs, 2 wrong use, or no recording with an end of "
            "ours, 3 no memory.\n"
            "Example: shakedown replay FILE"};
    char why[SHK_REPLAY_WHY] = "";
    int first;
    int code = shk_cli_parse(&command, argc, argv, &first);
    if (code >= 0)
        return code;
    if (argc - first != 1)
        return shk_cli_fail("replay", SHK_EXIT_USAGE, "one recording is needed, not %d",
                            argc - first);
    FILE *file = fopen(argv[first], "r");
    if (file == NULL)
        return shk_cli_fail("replay", SHK_EXIT_USAGE, "%s: %s", argv[first], strerror(errno));
    code = shk_replay_recording(argv[first], file, stdout, why);
    fclose(file);
    return code >= SHK_EXIT_USAGE ? shk_cli_fail("replay", code, "%s", why) : code;
}
