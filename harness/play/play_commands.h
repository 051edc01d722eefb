/* The subcommands that play scripts of deviations.
 * argv[0] is the subcommand's name; each returns an exit code. */
#ifndef SHK_PLAY_COMMANDS_H
#define SHK_PLAY_COMMANDS_H

int shk_play_command(int argc, char **argv);
int shk_tamper_command(int argc, char **argv);

#endif
