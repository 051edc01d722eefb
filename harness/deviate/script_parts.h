/* What the text and the binary form of scripts share. */
#ifndef SHK_DEVIATE_SCRIPT_PARTS_H
#define SHK_DEVIATE_SCRIPT_PARTS_H

#include "deviate/operation.h"

typedef struct {
    shk_script *script;
    const char *at; /* what is left of the line */
    bool player_known;
    char *why;
} shk_script_reader;

/* An empty script, with room for what so many bytes of text or of its binary form become. NULL
 * without memory. */
shk_script *shk_script_new(size_t bytes);
/* Reads a statement or an operation: one line without comment, and spaces around it. */
bool shk_script_line(shk_script_reader *reader, const char *line);

/* Prints the statements alone. */
bool shk_script_print_head(const shk_script *script, shk_buf *out);

#endif
