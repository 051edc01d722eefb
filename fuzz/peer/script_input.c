/* Inputs that are scripts (script_input.h). */
#include "peer/script_input.h"

#include <string.h>

#include "cli/end_options.h"
#include "deviate/operation.h"
#include "play/play_outcome.h"

/* More of the same teaches nothing new, and an oracle looks for every secret in every byte. */
enum { MOST_TIMES = 200 };

/* A fuzzer must not write to files, and what it reads must be the same wherever it runs. */
static bool is_allowed(const shk_script_setting *setting)
{
    if (setting->whose == SHK_OF_RUN)
        return true;
    const shk_end_option *option = shk_end_option_named(setting->option, strlen(setting->option));
    if (option == NULL || option->argument == NULL)
        return true;
    if (strcmp(option->argument, "LOG") == 0)
        return false;
    return strcmp(option->argument, "FILE") != 0 || strchr(setting->value, '/') == NULL;
}

static bool has_times(const shk_operation *operation)
{
    return operation->kind == SHK_OP_REPEAT || operation->kind == SHK_OP_BEFORE ||
           operation->kind == SHK_OP_AFTER || operation->kind == SHK_OP_INSTEAD;
}

static void limit_times(shk_script *script)
{
    for (size_t i = 0; i < script->operation_count; i++) {
        shk_operation *operation = &script->operations[i];
        if (has_times(operation) && operation->numbers[0] > MOST_TIMES)
            operation->numbers[0] = MOST_TIMES;
    }
}

shk_script *shk_fuzz_script(shk_span input)
{
    if (input.len > 0 && input.data[0] == SHK_BINARY_SCRIPT) /* as `play --encode` writes it */
        input = shk_span_of(input.data + 1, input.len - 1);
    shk_script *script = shk_script_decode(input);
    size_t kept = 0;
    for (size_t i = 0; script != NULL && i < script->setting_count; i++)
        if (is_allowed(&script->settings[i]))
            script->settings[kept++] = script->settings[i];
    if (script == NULL)
        return NULL;
    script->setting_count = kept;
    limit_times(script);
    return script;
}
