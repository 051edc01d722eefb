/* The entry of a target in builds without libFuzzer: runs the inputs of files and folders, each
 * once. Exit: 0 all were run, 2 wrong use; a property that does not hold ends the program. */
#include <stdio.h>
#include <stdlib.h>

#include "files.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
    shk_files files = {NULL, 0};
    bool good = argc > 1;
    if (argc < 2)
        fprintf(stderr, "usage: %s FILE-or-FOLDER...\n", argv[0]);
    for (int i = 1; i < argc; i++)
        good &= shk_files_add(&files, argv[i]);
    good = good && LLVMFuzzerInitialize(&argc, &argv) == 0;
    for (size_t i = 0; good && i < files.count; i++) {
        shk_span input;
        printf("%s\n", files.paths[i]);
        fflush(stdout);
        good = shk_file_read(files.paths[i], &input) &&
               LLVMFuzzerTestOneInput(input.data, input.len) == 0;
        free((void *)input.data);
    }
    shk_files_free(&files);
    return good ? 0 : 2;
}
