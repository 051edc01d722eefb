/* fuzz_scripts: seeds of the targets that play scripts, made of the cases, and an input as text. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "files.h"
#include "peer/script_input.h"
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
    char name[NAME_MAX], path[PATH_MAX];
    shk_buf bytes = shk_buf_growing(&shk_libc_allocator);
    name_seed(test->name, folder, name, sizeof name);
    snprintf(path, sizeof path, "%s/%s", out, name);
    const bool encoded = test->script != NULL && shk_script_encode(test->script, &bytes);
    FILE *file = encoded ? fopen(path, "wb") : NULL;
    bool ok = file != NULL && fwrite(bytes.data, 1, bytes.len, file) == bytes.len;
    if (file != NULL && fclose(file) != 0)
        ok = false;
    if (!ok)
        fprintf(stderr, "fuzz_scripts: %s: %s\n", path,
                test->script == NULL ? test->why
                : !encoded           ? "a statement is too long for the binary form"
                                     : strerror(errno));
    shk_buf_free(&bytes);
    return ok;
}

static int make_seeds(const char *from, const char *to)
{
    shk_play_cases cases = {.rows = NULL};
    char why[SHK_WHY_SIZE];
    bool ok = shk_cases_find(from, &cases, why);
    if (!ok)
        fprintf(stderr, "fuzz_scripts: %s\n", why);
    if (ok && mkdir(to, 0777) != 0 && errno != EEXIST) {
        fprintf(stderr, "fuzz_scripts: %s: %s\n", to, strerror(errno));
        ok = false;
    }
    for (size_t i = 0; ok && i < cases.count; i++)
        ok = write_seed(&cases.rows[i], from, to);
    shk_cases_free(&cases);
    return ok ? GOOD : WRONG_USE;
}

/* Whether inputs of the target are scripts. */
static bool plays(const char *target)
{
#define SHK_SCRIPT_TARGET(name, source, kind, provider) strcmp(target, #name) == 0 ||
    return
#include "peer/targets.def"
        false;
}

/* Text is shown as it is. */
static void print_input(const char *target, shk_span input)
{
    bool text = true;
    for (size_t i = 0; i < input.len; i++)
        text &= (input.data[i] >= ' ' && input.data[i] < 0x7f) || input.data[i] == '\n';
    printf("%s, %zu bytes\n", target, input.len);
    if (text)
        printf("%.*s\n", (int)input.len, (const char *)input.data);
}

static int print(const char *target, const char *path)
{
    shk_buf text = shk_buf_growing(&shk_libc_allocator);
    shk_span input;
    if (!shk_file_read(path, &input))
        return WRONG_USE;
    if (!plays(target)) {
        print_input(target, input);
        free((void *)input.data);
        return GOOD;
    }
    shk_script *script = shk_fuzz_script(input);
    const bool ok = script != NULL && shk_script_print(script, &text);
    if (ok)
        printf("%.*s", (int)text.len, (const char *)text.data);
    shk_buf_free(&text);
    shk_script_free(script);
    free((void *)input.data);
    return ok ? GOOD : WRONG_USE;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "--seeds") == 0)
        return make_seeds(argv[2], argv[3]);
    if (argc == 4 && strcmp(argv[1], "--print") == 0)
        return print(argv[2], argv[3]);
    fprintf(stderr,
            "usage: %s --seeds CASES SEEDS\n"
            "       %s --print TARGET FILE\n"
            "The first writes the scripts of CASES in their binary form, each as a file of SEEDS "
            "that is\n"
            "named after its path; the second prints one as text, where the target plays scripts. "
            "Exit: 0 good, 2 wrong use.\n",
            argv[0], argv[0]);
    return WRONG_USE;
}
