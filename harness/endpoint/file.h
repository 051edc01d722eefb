/* Reading a file whole, with a clear word where that fails.
 * For configuration files; nothing here is read from a peer. */
#ifndef SHK_ENDPOINT_FILE_H
#define SHK_ENDPOINT_FILE_H

#include "shakedown/types.h"

enum { SHK_MAX_FILE = 16 * 1024 * 1024 };

/* Appends the file's content (at most SHK_MAX_FILE bytes) to `out`. False with file and reason in
 * `why` (256 bytes). */
bool shk_read_file(const char *path, shk_buf *out, char *why);

#endif
