/* Figures of a process (oracle/process_usage.h), by proc(5). */
#include "oracle/process_usage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static FILE *open_of(pid_t pid, const char *file)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, file);
    return fopen(path, "r");
}

/* The number behind `skip` blanks of a text; 0: there is none. */
static int64_t number_behind(const char *text, int skip)
{
    while (skip > 0 && *text != 0)
        skip -= *text++ == ' ';
    return strtoll(text, NULL, 10);
}

/* utime and stime are fields 14 and 15; the second is the name in parentheses, which may hold
 * anything. */
static bool read_time(pid_t pid, int64_t *time_us)
{
    char line[1024];
    FILE *file = open_of(pid, "stat");
    if (file == NULL)
        return false;
    const size_t len = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[len] = 0;
    const char *name_end = strrchr(line, ')');
    if (name_end == NULL)
        return false;
    const int64_t ticks = number_behind(name_end, 12) + number_behind(name_end, 13);
    *time_us = ticks * 1000000 / sysconf(_SC_CLK_TCK);
    return true;
}

/* Of a line "NAME:  N kB", in bytes; else `*out` stays. */
static void read_figure(const char *line, const char *name, int64_t *out)
{
    const size_t len = strlen(name);
    if (strncmp(line, name, len) == 0)
        *out = strtoll(line + len, NULL, 10) * 1024;
}

static bool read_memory(pid_t pid, shk_process_usage *out)
{
    char line[256];
    FILE *file = open_of(pid, "status");
    if (file == NULL)
        return false;
    while (fgets(line, sizeof line, file) != NULL) {
        read_figure(line, "VmHWM:", &out->peak);
        read_figure(line, "VmRSS:", &out->resident);
    }
    fclose(file);
    return true;
}

bool shk_process_usage_of(pid_t pid, shk_process_usage *out)
{
    *out = (shk_process_usage){0, 0, 0};
    return read_time(pid, &out->time_us) && read_memory(pid, out);
}
