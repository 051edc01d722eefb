/* The subcommands that are neither client nor server, nor for developers.
 * argv[0] is the subcommand's name; each returns an exit code. */
#ifndef SHK_CLI_COMMANDS_H
#define SHK_CLI_COMMANDS_H

int shk_cli_pair(int argc, char **argv);
int shk_cli_replay(int argc, char **argv);
int shk_cli_decode(int argc, char **argv);
int shk_cli_list(int argc, char **argv);
int shk_cli_states(int argc, char **argv);
int shk_cli_errors(int argc, char **argv);
int shk_cli_requirements(int argc, char **argv);
int shk_cli_ech_key(int argc, char **argv);

#endif
