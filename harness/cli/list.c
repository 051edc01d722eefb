/* `shakedown list`: names and numbers of code points. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli_commands.h"
#include "cli/code_points.h"
#include "cli/options.h"

static void print_kind(shk_code_kind kind)
{
    const int digits = kind == SHK_CODE_MESSAGES || kind == SHK_CODE_ALERTS ? 2 : 4;
    shk_code_point point;
    const char *alias;
    for (size_t i = 0; shk_code_point_at(kind, i, &point); i++) {
        printf("0x%0*" PRIx32 "  %s", digits, point.value, point.name);
        if (point.min_version != 0 && point.min_version == point.max_version)
            printf("  %s", shk_version_name(point.min_version));
        else if (point.min_version != 0)
            printf("  %s to %s", shk_version_name(point.min_version),
                   shk_version_name(point.max_version) + strlen("TLS "));
        const char *separator = "  also ";
        for (size_t n = 0; (alias = shk_code_point_alias(kind, point.name, n)) != NULL; n++) {
            printf("%s%s", separator, alias);
            separator = ", ";
        }
        printf("\n");
    }
}

int shk_cli_list(int argc, char **argv)
{
    shk_cli_command command = {
        .name = "list",
        .positional = "suites|groups|schemes|extensions|messages|alerts|versions",
        .help = "Prints number, name, versions and other names of all that are known here, a line "
                "each.\n"
                "Exit: 0 good, 2 wrong use.\n"
                "Example: shakedown list groups"};
    int first;
    const int code = shk_cli_parse(&command, argc, argv, &first);
    if (code >= 0)
        return code;
    if (argc - first != 1)
        return shk_cli_fail("list", SHK_EXIT_USAGE, "one kind is needed, not %d: %s", argc - first,
                            command.positional);
    for (unsigned kind = 0; kind < SHK_CODE_KINDS; kind++)
        if (strcmp(argv[first], shk_code_kind_name((shk_code_kind)kind)) == 0) {
            print_kind((shk_code_kind)kind);
            return SHK_EXIT_GOOD;
        }
    return shk_cli_fail("list", SHK_EXIT_USAGE, "'%s' is none of %s", argv[first],
                        command.positional);
}
