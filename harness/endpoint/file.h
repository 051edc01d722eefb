/* Reading whole files, with a clear message where that fails, and opening files of secrets. For
 * files of a configuration; no name comes from a peer. */
#ifndef SHK_ENDPOINT_FILE_H
#define SHK_ENDPOINT_FILE_H

#include <stdio.h>

#include "shakedown/types.h"

enum { SHK_MAX_FILE = 16 * 1024 * 1024 };

/* What a path begins with that is the content itself, in hexadecimal, as recordings have it. */
#define SHK_INLINE_FILE "hex:"

/* Appends the file's content (at most SHK_MAX_FILE bytes) to `out`, or what is in the path. False
 * with file and reason in `why` (256 bytes). */
bool shk_read_file(const char *path, shk_buf *out, char *why);

/* Opens a file for secrets, which its owner alone may read if it is new: to write it anew, or to
 * append to it. NULL with errno. */
FILE *shk_open_secret(const char *path, bool append);

/* Appends the bytes of a lower-case hexadecimal text. False if it is not one. */
bool shk_parse_hex(const char *text, shk_buf *out);

#endif
