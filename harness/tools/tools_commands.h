/* The subcommands for developers.
 * argv[0] is the subcommand's name; each returns an exit code. */
#ifndef SHK_TOOLS_COMMANDS_H
#define SHK_TOOLS_COMMANDS_H

int shk_tools_bench(int argc, char **argv);
int shk_tools_seeds(int argc, char **argv);

#endif
