/* Rows about cases: what a stack is known to do otherwise than expected, and where stacks may
 * differ. Files of TOML, as far as it is needed: tables [[known]] of KEY = "TEXT". */
#ifndef SHK_PLAY_KNOWN_H
#define SHK_PLAY_KNOWN_H

#include <stdio.h>

#include "play/play_outcome.h"

enum { SHK_KNOWN_TEXT = 512 };

typedef struct {
    char test[SHK_KNOWN_TEXT];   /* "server/psk/NAME": the end of its path, without .case; with *, ?
                                    and [], as a shell has them */
    char answer[SHK_KNOWN_TEXT]; /* "accepted", "refused decode_error", "unplayed", "signal 11" */
    char alarm[128];  /* the oracles that raise one, with spaces between; "": none does */
    char against[64]; /* a peer of the stack alone, as s_server; "": each of them */
    char reason[SHK_KNOWN_TEXT];
    char since[64]; /* versions of the library: from this one on; "": from the first */
    char until[64]; /* before this one; "": to the last */
    size_t line;
    bool met;    /* a case of it has been played */
    bool needed; /* and did what the row says */
} shk_known_row;

typedef struct {
    char *path;
    shk_known_row *rows;
    size_t count;
} shk_known;

/* Reads a file; one that is not there has no rows. False with file, line and reason in `why`. */
bool shk_known_read(const char *path, shk_known *out, char *why);
/* Likewise, the rows of an open file that is called `path`, into an empty `out`. */
bool shk_known_read_rows(FILE *file, const char *path, shk_known *out, char *why);
void shk_known_free(shk_known *known);

/* Turns FAILED or UNPLAYED into KNOWN if a row knows it of that peer with its library's version;
 * notes which rows were needed. */
void shk_known_apply(shk_known *known, const char *name, const char *against, const char *version,
                     shk_play_outcome *outcome);

/* Whether `a` is an older version than `b`, number by number. */
bool shk_version_is_older(const char *a, const char *b);
/* Whether a row's name of cases fits the path of one. */
bool shk_case_is_named(const char *pattern, const char *name);

#endif
