/* Values of an end's options, as they come from command lines and scripts, and the set-up that is
 * made of them. The first line is "SIDE KIND" (client or server; ours, openssl or gnutls), each
 * other one NAME=VALUE. The content of a file stands in the value, as in recordings. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/end_options.h"
#include "drive/endpoint_kinds.h"
#include "endpoint/file.h"
#include "input/input.h"

enum { SEED = 1, MOST_LINES = 64 };

typedef struct {
    const shk_endpoint_kind *kind;
    shk_cli_end end;
    char why[SHK_WHY_SIZE];
} end_input;

/* A fuzzer writes to no file, and what it reads is the same wherever it runs. */
static bool touches_files(const shk_end_option *option, const char *value)
{
    if (option == NULL || option->argument == NULL)
        return false;
    return strcmp(option->argument, "LOG") == 0 ||
           (strcmp(option->argument, "FILE") == 0 &&
            strncmp(value, SHK_INLINE_FILE, strlen(SHK_INLINE_FILE)) != 0);
}

static bool take_end(end_input *e, const char *line)
{
    static const char *const sides[2] = {"client ", "server "}; /* of equal length */
    const size_t len = strlen(sides[0]);
    e->end.config.server = strncmp(line, sides[1], len) == 0;
    if (!e->end.config.server && strncmp(line, sides[0], len) != 0)
        return false;
    e->kind = shk_endpoint_kind_named(line + len);
    return e->kind != NULL;
}

/* The values stay in the line. */
static bool take_option(end_input *e, char *line)
{
    char *equals = strchr(line, '=');
    if (equals == NULL)
        return false;
    *equals = 0;
    if (touches_files(shk_end_option_named(line, strlen(line)), equals + 1))
        return false;
    e->why[0] = 0;
    if (shk_cli_set_end(&e->end, line, equals + 1, e->why))
        return true;
    if (e->why[0] == 0)
        shk_input_violated("value-without-reason", line);
    return false;
}

/* Set up, and as far as the first flight. */
static bool start(end_input *e)
{
    shk_endpoint_setup *setup = NULL;
    e->why[0] = 0;
    if (!e->kind->setup(&e->end.config, &setup, e->why)) {
        if (e->why[0] == 0)
            shk_input_violated("set-up-without-reason", e->kind->name);
        return false;
    }
    shk_endpoint *end = e->kind->open(setup, SEED);
    shk_buf out = shk_buf_growing(&shk_libc_allocator);
    if (end != NULL) {
        e->kind->feed(end, shk_span_of(NULL, 0)); /* a client starts */
        e->kind->take(end, &out);
        e->kind->close(end);
    }
    shk_buf_free(&out);
    e->kind->teardown(setup);
    return end != NULL;
}

static bool run(void *shared, shk_span input)
{
    char *text = (char *)malloc(input.len + 1), *rest = NULL;
    end_input *e = (end_input *)calloc(1, sizeof *e);
    bool taken = text != NULL && e != NULL;
    (void)shared;
    if (taken) {
        memcpy(text, input.data, input.len);
        text[input.len] = 0;
        char *line = strtok_r(text, "\n", &rest);
        taken = line != NULL && take_end(e, line);
        for (size_t i = 0; taken && i < MOST_LINES && (line = strtok_r(NULL, "\n", &rest)); i++)
            taken = take_option(e, line);
        taken = taken && start(e);
    }
    free(e);
    free(text);
    return taken;
}

const shk_input_kind shk_input = {NULL, run};
