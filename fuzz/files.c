/* Inputs from files and folders (files.h). */
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool add_path(shk_files *files, const char *folder, const char *name)
{
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = (char *)malloc(size);
    char **paths = (char **)realloc(files->paths, (files->count + 1) * sizeof paths[0]);
    if (paths != NULL)
        files->paths = paths;
    if (path == NULL || paths == NULL) {
        free(path);
        return false;
    }
    snprintf(path, size, "%s%s%s", folder, folder[0] != '\0' ? "/" : "", name);
    files->paths[files->count++] = path;
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool add_folder(shk_files *files, const char *folder)
{
    size_t first = files->count;
    bool good = true;
    DIR *dir = opendir(folder);
    if (dir == NULL) {
        fprintf(stderr, "fuzz_replay: %s: %s\n", folder, strerror(errno));
        return false;
    }
    for (struct dirent *entry; good && (entry = readdir(dir)) != NULL;)
        if (entry->d_name[0] != '.')
            good = add_path(files, folder, entry->d_name);
    closedir(dir);
    if (files->count > first)
        qsort(files->paths + first, files->count - first, sizeof files->paths[0], by_name);
    return good;
}

bool shk_files_add(shk_files *files, const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        fprintf(stderr, "fuzz_replay: %s: %s\n", path, strerror(errno));
        return false;
    }
    return S_ISDIR(status.st_mode) ? add_folder(files, path) : add_path(files, "", path);
}

void shk_files_free(shk_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        free(files->paths[i]);
    free(files->paths);
    files->paths = NULL;
    files->count = 0;
}

bool shk_file_read(const char *path, shk_span *content)
{
    struct stat status;
    uint8_t *data = NULL;
    size_t len = 0;
    FILE *file = fopen(path, "rb");
    bool good = file != NULL && fstat(fileno(file), &status) == 0;
    if (good) {
        len = (size_t)status.st_size;
        data = (uint8_t *)malloc(len > 0 ? len : 1);
        good = data != NULL && fread(data, 1, len, file) == len;
    }
    if (!good)
        fprintf(stderr, "fuzz_replay: %s cannot be read: %s\n", path, strerror(errno));
    if (file != NULL)
        fclose(file);
    if (!good) {
        free(data);
        return false;
    }
    *content = shk_span_of(data, len);
    return true;
}
