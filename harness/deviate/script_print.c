/* Scripts, printed (deviate/script.h). */
#include <stdarg.h>
#include <stdio.h>

#include "deviate/script_parts.h"
#include "endpoint/facts.h"

static bool say(shk_buf *out, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return len >= 0 && (size_t)len < sizeof text &&
           shk_buf_append(out, shk_span_of(text, (size_t)len)) == SHK_OK;
}

static bool print_settings(const shk_script *s, shk_buf *out, bool second)
{
    static const char *const whose[] = {"", "client", "server", "both", "run"};
    bool ok = true, any = false;
    for (size_t i = 0; ok && i < s->setting_count; i++) {
        const shk_script_setting *setting = &s->settings[i];
        if (setting->second_alone != second)
            continue;
        any = true;
        ok = say(out, "%s %s %s=%s\n", second ? "second" : "setup", whose[setting->whose],
                 setting->option, setting->value);
    }
    return ok && (any || !second || !s->second || say(out, "second\n"));
}

static bool print_expected(const shk_script *s, shk_buf *out)
{
    bool ok = true;
    for (size_t i = 0; ok && i < s->expected_count; i++) {
        const shk_expected_answer *e = &s->expected[i];
        ok = say(out, "%s %s%s%s", i == 0 ? "expect" : " |", shk_answer_name(e->answer),
                 e->alert >= 0 ? " " : "", e->alert >= 0 ? shk_alert_name((uint32_t)e->alert) : "");
    }
    return ok && (s->expected_count == 0 || say(out, "\n"));
}

bool shk_script_print_head(const shk_script *s, shk_buf *out)
{
    bool ok = (s->title[0] == 0 || say(out, "title \"%s\"\n", s->title)) &&
              say(out, "player %s\n", shk_player_role_name(s->player)) &&
              print_settings(s, out, false) && print_settings(s, out, true);
    for (size_t i = 0; ok && i < s->requirement_count; i++)
        ok = say(out, "requires %s\n", s->requirements[i]);
    ok = ok && (s->clause[0] == 0 || say(out, "clause \"%s\"\n", s->clause)) &&
         (s->bug[0] == 0 || say(out, "bug %s\n", s->bug)) && print_expected(s, out);
    for (size_t i = 0; ok && i < s->never_count; i++)
        ok = say(out, "never %s\n", shk_fact_rows[s->never[i]].name);
    return ok;
}

bool shk_script_print(const shk_script *script, shk_buf *out)
{
    bool ok = shk_script_print_head(script, out);
    for (size_t i = 0; ok && i < script->operation_count; i++)
        ok = shk_operation_print(&script->operations[i], out) && say(out, "\n");
    return ok;
}
