/* The entry of a target in builds without libFuzzer: runs the inputs of files and folders, each
 * once, and goes on behind what is found. With --valid, of a target of fuzz/input, each must be
 * taken for what it is to be. Exit: 0 all is good, 1 a property does not hold, 2 wrong use. */
#include "peer/replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { GOOD = 0, BAD = 1, WRONG_USE = 2 };

static int run(const shk_files *files, char *how)
{
    char name[] = "replay";
    char *words[] = {name, how, NULL};
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
    char go_on[] = SHK_FUZZ_GO_ON;
    const bool valid = argc > 1 && strcmp(argv[1], SHK_FUZZ_VALID) == 0;
    const int first = valid ? 2 : 1;
    bool readable = argc > first;
    if (!readable)
        fprintf(stderr, "usage: %s [" SHK_FUZZ_VALID "] FILE-or-FOLDER...\n", argv[0]);
    for (int i = first; i < argc; i++)
        readable &= shk_files_add(&files, argv[i]);
    const int result = readable ? run(&files, valid ? argv[1] : go_on) : WRONG_USE;
    shk_files_free(&files);
    return result;
}
