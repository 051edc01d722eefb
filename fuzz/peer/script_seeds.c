/* Writes the scripts of a folder in their binary form, each as a file of another folder that is named
 * after its path: seeds of the targets that play scripts. Exit: 0 good, 2 wrong use. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "play/cases.h"

enum { GOOD = 0, WRONG_USE = 2 };

/* "client/alpn/two-names.case" of the folder as "client-alpn-two-names". */
static void name_seed(const char *case_path, const char *folder, char *name, size_t size)
{
    snprintf(name, size, "%s", case_path + strlen(folder) + 1);
    name[strlen(name) - strlen(".case")] = 0;
    for (char *at = name; *at != 0; at++)
        if (*at == '/')
            *at = '-';
}

static bool write_seed(const shk_play_case *test, const char *folder, const char *out)
{
    const uint8_t first = SHK_BINARY_SCRIPT;
    char name[NAME_MAX], path[PATH_MAX];
    shk_buf bytes = shk_buf_growing(&shk_libc_allocator);
    name_seed(test->name, folder, name, sizeof name);
    snprintf(path, sizeof path, "%s/%s", out, name);
    bool ok = test->script != NULL && shk_buf_append(&bytes, shk_span_of(&first, 1)) == SHK_OK &&
              shk_script_encode(test->script, &bytes);
    FILE *file = ok ? fopen(path, "wb") : NULL;
    ok = file != NULL && fwrite(bytes.data, 1, bytes.len, file) == bytes.len;
    if (file != NULL && fclose(file) != 0)
        ok = false;
    if (!ok)
        fprintf(stderr, "script_seeds: %s: %s\n", path,
                test->script == NULL ? test->why : strerror(errno));
    shk_buf_free(&bytes);
    return ok;
}

int main(int argc, char **argv)
{
    shk_play_cases cases = {.rows = NULL};
    char why[SHK_WHY_SIZE];
    if (argc != 3) {
        fprintf(stderr, "usage: %s CASES SEEDS\n", argv[0]);
        return WRONG_USE;
    }
    bool ok = shk_cases_find(argv[1], &cases, why);
    if (!ok)
        fprintf(stderr, "script_seeds: %s\n", why);
    if (ok && mkdir(argv[2], 0777) != 0 && errno != EEXIST) {
        fprintf(stderr, "script_seeds: %s: %s\n", argv[2], strerror(errno));
        ok = false;
    }
    for (size_t i = 0; ok && i < cases.count; i++)
        ok = write_seed(&cases.rows[i], argv[1], argv[2]);
    shk_cases_free(&cases);
    return ok ? GOOD : WRONG_USE;
}
