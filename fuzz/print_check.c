/* Checks of printed text (print_check.h). */
#include "print_check.h"

static void complain(shk_print_check *check, const char *complaint)
{
    if (check->complaint == NULL)
        check->complaint = complaint;
}

static void json_string_byte(shk_print_check *check, char byte)
{
    if (byte == '\n')
        complain(check, "a line break inside a JSON string");
    if (check->escaped)
        check->escaped = false;
    else if (byte == '\\')
        check->escaped = true;
    else if (byte == '"')
        check->in_string = false;
}

static void json_open(shk_print_check *check, char closing)
{
    if (check->depth == SHK_PRINT_CHECK_DEPTH) {
        complain(check, "JSON is nested too deeply");
        return;
    }
    check->open[check->depth++] = closing;
}

static void json_close(shk_print_check *check, char byte)
{
    if (check->depth == 0 || check->open[check->depth - 1] != byte)
        complain(check, "JSON is not balanced");
    if (check->depth > 0)
        check->depth--;
}

static void json_byte(shk_print_check *check, char byte)
{
    if (check->in_string)
        json_string_byte(check, byte);
    else if (byte == '"')
        check->in_string = true;
    else if (byte == '{')
        json_open(check, '}');
    else if (byte == '[')
        json_open(check, ']');
    else if (byte == '}' || byte == ']')
        json_close(check, byte);
}

void shk_print_check_sink(void *context, const char *text, size_t len)
{
    shk_print_check *check = (shk_print_check *)context;
    check->len += len;
    if (check->len > check->limit)
        complain(check, "the output is longer than any message of that size explains");
    if (check->complaint != NULL)
        return;
    for (size_t i = 0; i < len; i++) {
        char byte = text[i];
        if (byte != '\n' && (byte < 0x20 || byte > 0x7e))
            complain(check, "a byte outside printable ASCII");
        if (byte == '\n' && check->one_line)
            complain(check, "a line break in what is to be one line");
        if (check->json)
            json_byte(check, byte);
    }
}

const char *shk_print_check_end(shk_print_check *check)
{
    if (check->in_string || check->depth > 0)
        complain(check, "JSON ends before it is closed");
    return check->complaint;
}

void shk_print_whole(const shk_layout *layout, const shk_form *form, void *message,
                     shk_printer *printer)
{
    if (printer->style != SHK_TEXT)
        shk_print_begin(printer, NULL, false);
    shk_print(layout->shape, form, message, printer);
    if (printer->style != SHK_TEXT)
        shk_print_end(printer, false);
}

const char *shk_print_checked(const shk_layout *layout, const shk_form *form, void *message,
                              shk_print_style style, size_t limit)
{
    shk_print_check check = {
        .json = style != SHK_TEXT, .one_line = style == SHK_JSON_LINE, .limit = limit};
    shk_printer printer = {
        .sink = shk_print_check_sink, .context = &check, .style = style, .first = true};
    shk_print_whole(layout, form, message, &printer);
    return shk_print_check_end(&check);
}
