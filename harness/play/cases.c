/* Finds scripts (play/cases.h). */
#include "play/cases.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "endpoint/file.h"

enum { DEPTH = 8 };

static const char suffix[] = ".case";

static shk_play_case *add(shk_play_cases *out)
{
    if (out->count == out->cap) {
        const size_t cap = out->cap > 0 ? 2 * out->cap : 64;
        shk_play_case *rows = (shk_play_case *)realloc(out->rows, cap * sizeof *rows);
        if (rows == NULL)
            return NULL;
        out->rows = rows;
        out->cap = cap;
    }
    memset(&out->rows[out->count], 0, sizeof out->rows[0]);
    return &out->rows[out->count++];
}

/* Text, or the binary form, whose first byte is of no text. */
static void read_script(const char *path, const char *name, shk_play_case *test)
{
    shk_buf text = shk_buf_growing(&shk_libc_allocator);
    if (!shk_read_file(path, &text, test->why)) {
        shk_buf_free(&text);
        return;
    }
    if (text.len > 0 && text.data[0] == SHK_BINARY_SCRIPT)
        test->script = shk_script_decode(shk_span_of(text.data + 1, text.len - 1));
    else
        (void)shk_script_parse(shk_buf_span(&text), name, &test->script, test->why);
    shk_buf_free(&text);
}

static bool add_file(const char *path, shk_play_cases *out, char *why)
{
    shk_play_case *test = add(out);
    const char *slash = strrchr(path, '/');
    snprintf(why, SHK_WHY_SIZE, "no memory");
    if (test == NULL)
        return false;
    test->name = strdup(path);
    test->folder = slash != NULL ? strndup(path, (size_t)(slash - path)) : strdup(".");
    if (test->name == NULL || test->folder == NULL)
        return false;
    read_script(path, slash != NULL ? slash + 1 : path, test);
    return true;
}

static int is_shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool is_script(const char *name)
{
    const size_t len = strlen(name);
    return len > strlen(suffix) && strcmp(name + len - strlen(suffix), suffix) == 0;
}

static bool add_folder(const char *path, int depth, shk_play_cases *out, char *why)
{
    struct dirent **entries = NULL;
    bool ok = true;
    const int count = scandir(path, &entries, is_shown, alphasort);
    if (count < 0) {
        snprintf(why, SHK_WHY_SIZE, "%.200s: %s", path, strerror(errno));
        return false;
    }
    for (int i = 0; i < count; i++) {
        char below[PATH_MAX];
        struct stat about;
        snprintf(below, sizeof below, "%s/%s", path, entries[i]->d_name);
        if (ok && stat(below, &about) == 0) {
            if (S_ISDIR(about.st_mode) && depth < DEPTH)
                ok = add_folder(below, depth + 1, out, why);
            else if (S_ISREG(about.st_mode) && is_script(below))
                ok = add_file(below, out, why);
        }
        free(entries[i]);
    }
    free(entries);
    return ok;
}

bool shk_cases_find(const char *path, shk_play_cases *out, char *why)
{
    struct stat about;
    const size_t before = out->count;
    char folder[PATH_MAX];
    if (stat(path, &about) != 0) {
        snprintf(why, SHK_WHY_SIZE, "%.200s: %s", path, strerror(errno));
        return false;
    }
    if (!S_ISDIR(about.st_mode))
        return add_file(path, out, why);
    snprintf(folder, sizeof folder, "%s", path);
    for (size_t len = strlen(folder); len > 1 && folder[len - 1] == '/'; len--)
        folder[len - 1] = 0;
    if (!add_folder(folder, 0, out, why))
        return false;
    if (out->count == before)
        snprintf(why, SHK_WHY_SIZE, "%.200s: there is no script (NAME%s) in it", path, suffix);
    return out->count > before;
}

void shk_cases_free(shk_play_cases *cases)
{
    for (size_t i = 0; i < cases->count; i++) {
        free(cases->rows[i].name);
        free(cases->rows[i].folder);
        shk_script_free(cases->rows[i].script);
    }
    free(cases->rows);
}
