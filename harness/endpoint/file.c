/* Files of a configuration (endpoint/file.h). */
#include "endpoint/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WHY_SIZE = 256, PIECE = 4096, OWNER_ALONE = 0600 };

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool shk_parse_hex(const char *text, shk_buf *out)
{
    size_t len = strlen(text);
    if (len % 2 != 0)
        return false;
    for (size_t i = 0; i < len; i += 2) {
        int high = digit(text[i]);
        int low = digit(text[i + 1]);
        if (high < 0 || low < 0)
            return false;
        uint8_t byte = (uint8_t)(high << 4 | low);
        if (shk_buf_append(out, shk_span_of(&byte, 1)) != SHK_OK)
            return false;
    }
    return true;
}

static bool read_inline(const char *text, shk_buf *out, char *why)
{
    if (shk_parse_hex(text, out))
        return true;
    snprintf(why, WHY_SIZE, "hex:%.40s: is not lower-case hexadecimal", text);
    return false;
}

bool shk_read_file(const char *path, shk_buf *out, char *why)
{
    uint8_t piece[PIECE];
    size_t got;
    shk_status status = SHK_OK;
    if (path == NULL) {
        snprintf(why, WHY_SIZE, "a private key file is needed (--key)");
        return false;
    }
    if (strncmp(path, SHK_INLINE_FILE, strlen(SHK_INLINE_FILE)) == 0)
        return read_inline(path + strlen(SHK_INLINE_FILE), out, why);
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

FILE *shk_open_secret(const char *path, bool append)
{
    struct stat found;
    const int fd =
        open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (append ? O_APPEND : O_TRUNC), OWNER_ALONE);
    if (fd < 0)
        return NULL;
    /* A file that existed with another mode is narrowed too; a device keeps its mode. */
    const bool narrow = !append && fstat(fd, &found) == 0 && S_ISREG(found.st_mode);
    FILE *file = narrow && fchmod(fd, OWNER_ALONE) != 0 ? NULL : fdopen(fd, append ? "ab" : "wb");
    if (file == NULL) {
        const int error = errno;
        close(fd);
        errno = error;
    }
    return file;
}
