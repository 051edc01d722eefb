/* The programs that scripts can be played against by name, and their command lines. */
#ifndef SHK_PLAY_PROGRAM_H
#define SHK_PLAY_PROGRAM_H

#include "cli/play_settings.h"
#include "play/words.h"

typedef struct {
    const char *name;
    int side; /* 0: a client, 1: a server */
    const char *stack;
    const char *command;
    const char *complaint; /* in its output, if its options cannot be; NULL: it ends then */
} shk_program;

/* The program of that name, where '-' stands for '_' too; NULL: there is none. */
const shk_program *shk_program_named(const char *name);
/* The i-th program; NULL behind the last. */
const shk_program *shk_program_at(size_t i);

/* Appends the words of its command line with these settings; {port} is left in them. False with
 * what it has no option for. */
bool shk_program_words(const shk_program *program, const shk_play_settings *settings,
                       shk_words *out, char *why);

/* The same for a command line of the user's, which the shell runs: {NAME} stands for the setting
 * NAME, {host} for 127.0.0.1; {port} is left. It cannot go without what it names of what a peer of
 * its side (0: client, 1: server) has by default. What it does not name it cannot have, unless the
 * same is told by `has` ("NAME" or "NAME=VALUE", `count` of them), it is a default, or our own
 * end's setting keeps both to it. */
bool shk_command_words(const char *command, int side, const shk_play_settings *settings,
                       const shk_play_settings *own, const char *const *has, size_t count,
                       shk_words *out, char *why);
/* Whether each {NAME} of the command line is one; else `why` has the first that is not. */
bool shk_command_is_known(const char *command, char *why);
/* Whether a peer that cannot be told anything may be taken to have the settings. */
bool shk_settings_are_had(const char *command, const shk_play_settings *settings,
                          const shk_play_settings *own, const char *const *has, size_t count,
                          char *why);

#endif
