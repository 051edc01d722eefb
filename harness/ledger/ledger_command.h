/* The subcommand `ledger`. argv[0] is its name; returns an exit code. */
#ifndef SHK_LEDGER_COMMAND_H
#define SHK_LEDGER_COMMAND_H

int shk_ledger_command(int argc, char **argv);

#endif
