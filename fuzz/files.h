/* Inputs from files and folders, for fuzz_replay. */
#ifndef SHK_FUZZ_FILES_H
#define SHK_FUZZ_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "shakedown/types.h"

/* Sorted paths of the files to replay; owned. */
typedef struct {
    char **paths;
    size_t count;
} shk_files;

/* Adds a file, or the files of a folder (not of folders in it; names that begin with a dot are left
 * out). False, with a message on stderr, where there is none. */
bool shk_files_add(shk_files *files, const char *path);
void shk_files_free(shk_files *files);
/* The content of a file, in memory of exactly its size; free it. False, with a message on stderr,
 * if it cannot be read. */
bool shk_file_read(const char *path, shk_span *content);

#endif
