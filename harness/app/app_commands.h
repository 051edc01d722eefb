/* The subcommands that connect over TCP.
 * argv[0] is the subcommand's name; each returns an exit code. */
#ifndef SHK_APP_COMMANDS_H
#define SHK_APP_COMMANDS_H

int shk_app_client(int argc, char **argv);
int shk_app_server(int argc, char **argv);

#endif
