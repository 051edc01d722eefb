/* Scripts: lists of operations that turn an honest run into a dishonest one (docs/DEVIATIONS.md).
 * A script is read from text or from bytes, printed as either, and played (deviate/player.h). */
#ifndef SHK_DEVIATE_SCRIPT_H
#define SHK_DEVIATE_SCRIPT_H

#include "endpoint/endpoint.h"

/* Which end deviates: ours, in the role of the client or of the server; or what is between two. */
typedef enum { SHK_PLAYER_CLIENT, SHK_PLAYER_SERVER, SHK_PLAYER_MIDDLE } shk_player_role;

/* What the peer's answer comes to. */
typedef enum {
    SHK_ANSWER_ACCEPTED, /* its handshake completes */
    SHK_ANSWER_IGNORED,  /* expected only: as ACCEPTED, for what is to have no effect */
    SHK_ANSWER_REFUSED,  /* a fatal alert */
    SHK_ANSWER_CLOSED,   /* it ends without an alert */
    SHK_ANSWER_WAITING,  /* it waits for more */
    SHK_ANSWERS
} shk_answer;

typedef struct {
    shk_answer answer;
    int alert; /* of REFUSED; -1: any */
} shk_expected_answer;

/* Of neither end: what is done when they are connected. */
enum { SHK_OF_RUN = 4 };

/* An option of one end, or of the run, as `shakedown pair` has it. */
typedef struct {
    unsigned whose;    /* SHK_OF_CLIENT, SHK_OF_SERVER or both; SHK_OF_RUN */
    bool second_alone; /* of the second connection */
    const char *option;
    const char *value; /* "yes" of a flag */
} shk_script_setting;

enum {
    SHK_SCRIPT_ANSWERS = 8,
    SHK_SCRIPT_SETTINGS = 32,
    SHK_SCRIPT_NAMES = 8,
    SHK_SCRIPT_OPERATIONS = 64
};

typedef struct shk_operation shk_operation; /* deviate/operation.h */

/* All texts are the script's own. */
typedef struct {
    const char *title;  /* "": none */
    const char *clause; /* where no requirement row says it; "": none */
    const char *bug;    /* "": none */
    shk_player_role player;
    bool second; /* there are two connections; operations and expectations are of the second */
    shk_script_setting settings[SHK_SCRIPT_SETTINGS];
    size_t setting_count;
    const char *requirements[SHK_SCRIPT_NAMES]; /* ids of rows of the requirement table */
    size_t requirement_count;
    shk_expected_answer expected[SHK_SCRIPT_ANSWERS];
    size_t expected_count; /* 0: nothing is expected */
    shk_fact never[SHK_SCRIPT_NAMES];
    size_t never_count;
    shk_operation *operations;
    size_t operation_count;
    shk_buf text; /* what the texts point into */
} shk_script;

/* Reads a script. `name` (a file's) and the line stand before the reason in `why` (SHK_WHY_SIZE),
 * which also names the nearest word that is known. The script is freed by shk_script_free. */
bool shk_script_parse(shk_span text, const char *name, shk_script **out, char *why);
/* Appends the script as text; what is read from that is the same script. False without memory. */
bool shk_script_print(const shk_script *script, shk_buf *out);
/* Appends the script in its binary form; likewise. */
bool shk_script_encode(const shk_script *script, shk_buf *out);
/* The script that any bytes are. NULL without memory. */
shk_script *shk_script_decode(shk_span bytes);
/* Takes NULL too. */
void shk_script_free(shk_script *script);

/* "accepted", "refused" and so on; "client", "server" or "middle". */
const char *shk_answer_name(shk_answer answer);
const char *shk_player_role_name(shk_player_role role);

/* Which end is ours, where one of them deviates. */
static inline bool shk_script_is_server(const shk_script *script)
{
    return script->player == SHK_PLAYER_SERVER;
}

#endif
