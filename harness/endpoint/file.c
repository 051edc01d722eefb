/* Reading a file whole (endpoint/file.h). */
#include "endpoint/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { WHY_SIZE = 256, PIECE = 4096 };

bool shk_read_file(const char *path, shk_buf *out, char *why)
{
    uint8_t piece[PIECE];
    size_t got;
    shk_status status = SHK_OK;
    if (path == NULL) {
        snprintf(why, WHY_SIZE, "a private key file is needed (--key)");
        return false;
    }
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        snprintf(why, WHY_SIZE, "%s: %s", path, strerror(errno));
        return false;
    }
    while (status == SHK_OK && (got = fread(piece, 1, sizeof piece, file)) > 0)
        status =
            out->len > SHK_MAX_FILE ? SHK_E_NO_ROOM : shk_buf_append(out, shk_span_of(piece, got));
    bool failed = ferror(file) != 0;
    if (failed)
        snprintf(why, WHY_SIZE, "%s: %s", path, strerror(errno));
    else if (status != SHK_OK)
        snprintf(why, WHY_SIZE, "%s: %s", path, shk_error(status)->text);
    fclose(file);
    return !failed && status == SHK_OK;
}
