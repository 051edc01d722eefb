/* Finds scripts: files, and all of a folder. */
#ifndef SHK_PLAY_CASES_H
#define SHK_PLAY_CASES_H

#include "play/play_outcome.h"

typedef struct {
    shk_play_case *rows;
    size_t count;
    size_t cap;
} shk_play_cases;

/* Appends the script of a file, whatever its name, or those of a folder and the folders in it:
 * files NAME.case, in the order of their paths. One that cannot be read is appended without a
 * script. False with a reason in `why` if there is nothing at the path. */
bool shk_cases_find(const char *path, shk_play_cases *out, char *why);
void shk_cases_free(shk_play_cases *cases);

#endif
