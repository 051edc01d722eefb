/* The settings of each end in a run of a script: those of the script, behind the defaults that
 * `shakedown pair` has. */
#ifndef SHK_CLI_PLAY_SETTINGS_H
#define SHK_CLI_PLAY_SETTINGS_H

#include "cli/end_options.h"
#include "deviate/script.h"

enum { SHK_PLAY_SETTINGS = SHK_SCRIPT_SETTINGS + 8 };

typedef struct {
    const char *option; /* with '_', as shk_end_option has it */
    const char *value;  /* of a FILE its path; "yes" of a flag */
    bool is_default;    /* the script does not say it */
} shk_play_setting;

/* Of one end, in one connection. */
typedef struct {
    shk_play_setting rows[SHK_PLAY_SETTINGS];
    size_t count;
    shk_buf paths; /* that values point into */
} shk_play_settings;

/* Fills in the settings of a side (0: client, 1: server) in a connection (0, or 1: the second).
 * `folder` is where the script stands: a FILE is named from there, or is of the test PKI. The
 * server has P-256 of the test PKI unless it has a certificate, a PSK or anonymous suites; if it
 * has a certificate the client verifies it; a server that asks for a certificate verifies that. The
 * value "none" leaves a default out. False with a reason in `why` (SHK_WHY_SIZE). Freed by
 * shk_play_settings_free in either case. */
bool shk_play_settings_of(const shk_script *script, const char *folder, int side, size_t connection,
                          shk_play_settings *out, char *why);
void shk_play_settings_free(shk_play_settings *settings);

/* What both ends do in a connection beside the handshake, by `setup run`. */
typedef struct {
    int renegotiates; /* which side begins it; -1: neither */
    size_t early;     /* bytes of early data that the client sends */
    size_t data;      /* bytes of application data each way; 0: a few words */
    size_t chunk;     /* in memory: bytes that an end gets at a time; 0: all there are */
    bool later_auth;  /* the server asks for the client's certificate */
    bool key_updates; /* each end updates its keys */
} shk_play_course;

/* Reads it. False with a reason in `why`. */
bool shk_play_course_of(const shk_script *script, size_t connection, shk_play_course *out,
                        char *why);

/* The last value of an option, named with '_'; NULL: it is not set. */
const char *shk_play_setting_of(const shk_play_settings *settings, const char *option);
/* Whether the two are the same, row by row. */
bool shk_play_settings_equal(const shk_play_settings *a, const shk_play_settings *b);

/* Sets them on an end, whose texts they stay. False with a reason that names the option. */
bool shk_play_configure(const shk_play_settings *settings, int side, shk_cli_end *end, char *why);

#endif
