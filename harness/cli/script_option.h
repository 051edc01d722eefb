/* The option --script of `shakedown pair`, client and server: our end deviates as a script says. */
#ifndef SHK_CLI_SCRIPT_OPTION_H
#define SHK_CLI_SCRIPT_OPTION_H

#include "cli/play_settings.h"
#include "cli/test_pki.h"
#include "deviate/player.h"

/* A script that is played. */
typedef struct {
    shk_script *script; /* NULL: none */
    shk_player *player;
    char files[SHK_TEST_PKI_PATH];
} shk_cli_script;

/* Reads the script. False with a reason; `out` can be closed in any case. */
bool shk_cli_script_open(const char *path, shk_cli_script *out, char *why);
void shk_cli_script_close(shk_cli_script *script);
/* Which side plays it: 0 the client, 1 the server, -1 neither but somebody between them. */
int shk_cli_script_side(const shk_cli_script *script);
/* Has the end that plays it deviate. */
void shk_cli_script_apply(const shk_cli_script *script, shk_endpoint_config *config);
/* Whether all of it has been played; else it says on the standard error what has not. */
bool shk_cli_script_was_played(const shk_cli_script *script, const char *command);

/* A command line with the settings of its script in it, before its own options, which therefore
 * prevail. */
typedef struct {
    char **words;
    int count;
    shk_buf text; /* what the words are */
    shk_play_settings settings[2];
} shk_script_words;

/* Makes it. With both ends (SHK_OF_BOTH) the options are --client-NAME and --server-NAME, and
 * defaults are among them; of one, the settings of that end alone. Without --script it is argv. */
bool shk_script_words_of(int argc, char **argv, unsigned ends, shk_script_words *out, char *why);
void shk_script_words_free(shk_script_words *words);

#endif
