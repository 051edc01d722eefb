/* A script as text: read, printed, and its settings put into ends as `shakedown play` does. */
#include "cli/play_settings.h"
#include "input/input.h"

/* A script that is read prints as a text that reads as the same script. */
static void check_text(const shk_script *script)
{
    char why[SHK_WHY_SIZE];
    shk_script *again = NULL;
    shk_buf texts[2] = {shk_buf_growing(&shk_libc_allocator), shk_buf_growing(&shk_libc_allocator)};
    if (shk_script_print(script, &texts[0])) {
        if (!shk_script_parse(shk_buf_span(&texts[0]), "printed", &again, why))
            shk_input_violated("script-not-read-again", why);
        if (shk_script_print(again, &texts[1]) &&
            !shk_span_equal(shk_buf_span(&texts[0]), shk_buf_span(&texts[1])))
            shk_input_violated("script-prints-otherwise", "the second time");
    }
    shk_script_free(again);
    shk_buf_free(&texts[0]);
    shk_buf_free(&texts[1]);
}

/* Each of its `setup` lines is put into the end, or refused with a reason. */
static bool check_end(const shk_script *script, int side, size_t connection)
{
    char why[SHK_WHY_SIZE] = "";
    shk_play_settings settings;
    shk_cli_end end;
    const bool taken = shk_play_settings_of(script, ".", side, connection, &settings, why) &&
                       shk_play_configure(&settings, side, &end, why);
    if (!taken && why[0] == 0)
        shk_input_violated("setting-without-reason", "a setting is refused for no reason");
    shk_play_settings_free(&settings);
    return taken;
}

static bool check_settings(const shk_script *script)
{
    bool taken = true;
    for (size_t connection = 0; connection < 2; connection++) {
        char why[SHK_WHY_SIZE] = "";
        shk_play_course course;
        for (int side = 0; side < 2; side++)
            taken &= check_end(script, side, connection);
        const bool good = shk_play_course_of(script, connection, &course, why);
        if (!good && why[0] == 0)
            shk_input_violated("setting-without-reason", "a setting of the run");
        taken &= good;
    }
    return taken;
}

static bool run(void *shared, shk_span input)
{
    char why[SHK_WHY_SIZE] = "";
    shk_script *script = NULL;
    (void)shared;
    bool taken = shk_script_parse(input, "input", &script, why);
    if (taken) {
        check_text(script);
        taken = check_settings(script);
    } else if (why[0] == 0) {
        shk_input_violated("script-without-reason", "a script is refused for no reason");
    }
    shk_script_free(script);
    return taken;
}

const shk_input_kind shk_input = {NULL, run};
