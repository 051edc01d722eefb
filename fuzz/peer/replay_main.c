/* The entry of a target in builds without libFuzzer: runs the inputs of files and folders, each
 * once, and goes on behind what is found. Exit: 0 all is good, 1 a property does not hold, 2 wrong
 * use. */
#include "peer/replay.h"

#include <stdio.h>
#include <stdlib.h>

#include "files.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { GOOD = 0, BAD = 1, WRONG_USE = 2 };

static int run(const shk_files *files)
{
    char name[] = "replay", go_on[] = SHK_FUZZ_GO_ON;
    char *words[] = {name, go_on, NULL};
    char **argv = words;
    int argc = 2, result = GOOD;
    if (LLVMFuzzerInitialize(&argc, &argv) != 0)
        return WRONG_USE;
    for (size_t i = 0; i < files->count; i++) {
        shk_span input;
        if (!shk_file_read(files->paths[i], &input))
            return WRONG_USE;
        if (LLVMFuzzerTestOneInput(input.data, input.len) != 0) {
            fprintf(stderr, "FAILED: %s\n", files->paths[i]);
            result = BAD;
        }
        free((void *)input.data);
    }
    printf("%zu inputs\n", files->count);
    return result;
}

int main(int argc, char **argv)
{
    shk_files files = {NULL, 0};
    bool readable = argc > 1;
    if (argc < 2)
        fprintf(stderr, "usage: %s FILE-or-FOLDER...\n", argv[0]);
    for (int i = 1; i < argc; i++)
        readable &= shk_files_add(&files, argv[i]);
    const int result = readable ? run(&files) : WRONG_USE;
    shk_files_free(&files);
    return result;
}
