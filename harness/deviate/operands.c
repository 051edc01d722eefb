/* The operands of operations, as lines have them (deviate/operations.def). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deviate/near.h"
#include "deviate/numbers.h"
#include "deviate/values.h"
#include "shakedown/deviation.h"

enum { WORD = 64, PREVIOUS_KEYS = 15 };

static const char *const secret_names[SHK_SECRETS] = {"shared", "premaster", "master", "psk"};

static bool fail(const shk_line_reader *r, const char *what)
{
    snprintf(r->why, SHK_WHY_SIZE, "'%.40s' %s", r->at, what);
    return false;
}

static void take_word(shk_line_reader *r, char out[WORD])
{
    size_t len = strcspn(r->at, " ,");
    snprintf(out, WORD, "%.*s", (int)len, r->at);
}

static bool read_field(shk_line_reader *r)
{
    shk_point *point = &r->out->points[r->points++ % SHK_OPERAND_PAIR];
    return shk_point_parse(&r->at, r->player, 1, point, r->why);
}

static bool read_point(shk_line_reader *r)
{
    const char *start = r->at;
    if (!read_field(r))
        return false;
    if (r->out->points[r->points - 1].path.node == SHK_WHOLE_MESSAGE)
        return true;
    r->at = start;
    return fail(r, "is a field; a whole message is wanted");
}

static bool read_number(shk_line_reader *r)
{
    char *end = NULL;
    unsigned long long number = strtoull(r->at, &end, 0);
    if (end == r->at || *r->at == '-' || number > UINT32_MAX ||
        (*end != 0 && strchr(" ,", *end) == NULL))
        return fail(r, "is no number");
    r->out->numbers[r->numbers++ % SHK_OPERAND_PAIR] = (uint32_t)number;
    r->at = end;
    return true;
}

static bool read_value_for(shk_line_reader *r, const shk_field *field)
{
    static const char *const stops[] = {"at", "times", NULL};
    size_t start = r->text->len;
    if (!shk_value_parse(&r->at, field, stops, r->player, r->text, r->why))
        return false;
    r->out->value = shk_span_of(r->text->data + start, r->text->len - start);
    return true;
}

static bool read_value(shk_line_reader *r)
{
    return read_value_for(r, shk_operation_field(r->out));
}

static bool put_text(shk_line_reader *r, const char *text, size_t len)
{
    const uint8_t head[3] = {SHK_TERM_TEXT, (uint8_t)(len >> 8), (uint8_t)len};
    size_t start = r->text->len;
    if (shk_buf_append(r->text, shk_span_of(head, sizeof head)) != SHK_OK ||
        (len > 0 && shk_buf_append(r->text, shk_span_of(text, len)) != SHK_OK))
        return fail(r, "no memory");
    r->out->value = shk_span_of(r->text->data + start, r->text->len - start);
    return true;
}

static bool read_text(shk_line_reader *r)
{
    if (*r->at != '"')
        return fail(r, "is no text in quotes");
    if (!read_value_for(r, NULL))
        return false;
    const uint8_t *value = r->out->value.data; /* one term, and its length */
    return r->out->value.len == 3 + (size_t)(value[1] << 8 | value[2]) ||
           fail(r, "stands behind more than one text");
}

static bool read_file(shk_line_reader *r)
{
    size_t len = strcspn(r->at, " ,");
    if (len == 0 || memchr(r->at, '"', len) != NULL)
        return fail(r, "is no file's name");
    bool ok = put_text(r, r->at, len);
    r->at += len;
    return ok;
}

static bool read_name(shk_line_reader *r, const char *const *names, uint32_t count)
{
    char word[WORD];
    take_word(r, word);
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(names[i], word) == 0) {
            r->out->numbers[r->numbers++ % SHK_OPERAND_PAIR] = i;
            r->at += strlen(word);
            return true;
        }
    const char *near = shk_nearest(word, strlen(word), names, count);
    snprintf(r->why, SHK_WHY_SIZE, "'%s' is not known%s%s", word, near != NULL ? "; there is " : "",
             near != NULL ? near : "");
    return false;
}

static bool read_secret(shk_line_reader *r)
{
    return read_name(r, secret_names, SHK_SECRETS);
}

static bool read_error(shk_line_reader *r)
{
    const char *names[SHK_STATUS_COUNT];
    for (unsigned i = 0; i < SHK_STATUS_COUNT; i++)
        names[i] = shk_error((shk_status)i)->name;
    return read_name(r, names, SHK_STATUS_COUNT);
}

static bool read_scheme(shk_line_reader *r)
{
    static const shk_field scheme = {.width = 2, .namer = shk_signature_scheme_name};
    shk_buf bytes = shk_buf_growing(&shk_libc_allocator);
    size_t len = r->text->len;
    bool ok = shk_value_parse(&r->at, &scheme, NULL, r->player, r->text, r->why) &&
              shk_value_bytes(shk_span_of(r->text->data + len, r->text->len - len), 2, NULL, NULL,
                              &bytes);
    r->text->len = len;
    if (ok && bytes.len == 2)
        r->out->numbers[r->numbers++ % SHK_OPERAND_PAIR] =
            (uint32_t)(bytes.data[0] << 8 | bytes.data[1]);
    ok = ok && (bytes.len == 2 || fail(r, "is no scheme"));
    shk_buf_free(&bytes);
    return ok;
}

static bool read_keys(shk_line_reader *r)
{
    char word[WORD];
    take_word(r, word);
    bool plaintext = strcmp(word, "plaintext") == 0, previous = strcmp(word, "previous") == 0;
    if (!plaintext && !previous)
        return read_number(r) && (r->out->numbers[r->numbers - 1] < PREVIOUS_KEYS ||
                                  fail(r, "is no epoch: 0 to 14, plaintext or previous"));
    r->out->numbers[r->numbers++ % SHK_OPERAND_PAIR] = plaintext ? 0 : PREVIOUS_KEYS;
    r->at += strlen(word);
    return true;
}

static const struct {
    const char *words;
    shk_item_kind kind;
    bool number, alert, value, point;
} items[] = {
    {"handshake ", SHK_ITEM_HANDSHAKE, true, false, true, false},
    {"record ", SHK_ITEM_RECORD, true, false, true, false},
    {"change_cipher_spec", SHK_ITEM_CHANGE_CIPHER_SPEC, false, false, false, false},
    {"alert fatal ", SHK_ITEM_FATAL_ALERT, false, true, false, false},
    {"alert warning ", SHK_ITEM_WARNING_ALERT, false, true, false, false},
    {"application_data ", SHK_ITEM_APPLICATION_DATA, false, false, true, false},
    {"bytes ", SHK_ITEM_BYTES, false, false, true, false},
    {"copy ", SHK_ITEM_COPY, false, false, false, true},
};
enum { ITEMS = sizeof items / sizeof items[0] };

static bool read_alert(shk_line_reader *r)
{
    char word[WORD];
    const char *near = NULL;
    char *end = NULL;
    take_word(r, word);
    unsigned long number = strtoul(word, &end, 0);
    if (end != word && *end == 0 && number <= UINT8_MAX)
        r->out->item_number = (uint32_t)number;
    else if (!shk_alert_named(word, strlen(word), &r->out->item_number, &near)) {
        snprintf(r->why, SHK_WHY_SIZE, "'%s' is no alert%s%s", word,
                 near != NULL ? "; there is " : "", near != NULL ? near : "");
        return false;
    }
    r->at += strlen(word);
    return true;
}

static bool read_item_number(shk_line_reader *r)
{
    unsigned before = r->numbers;
    uint32_t saved = r->out->numbers[before % SHK_OPERAND_PAIR];
    if (!read_number(r))
        return false;
    r->out->item_number = r->out->numbers[before % SHK_OPERAND_PAIR];
    r->out->numbers[before % SHK_OPERAND_PAIR] = saved;
    r->numbers = before;
    while (*r->at == ' ')
        r->at++;
    return r->out->item_number <= UINT8_MAX || fail(r, "stands behind a type above 255");
}

static bool read_copy(shk_line_reader *r)
{
    const char *start = r->at;
    shk_point *point = &r->out->points[1];
    if (!shk_point_parse(&r->at, r->player, SHK_EVERY_TIME, point, r->why))
        return false;
    r->at = point->path.node == SHK_WHOLE_MESSAGE ? r->at : start;
    return point->path.node == SHK_WHOLE_MESSAGE || fail(r, "is no whole message");
}

/* "finished hex:00": a message by its name. */
static bool read_message_item(shk_line_reader *r)
{
    size_t len = strcspn(r->at, " ,");
    unsigned target = shk_target_named(r->at, len);
    if (target >= SHK_MSG_COUNT)
        return fail(r, "is nothing that can be sent: a message, handshake, record, "
                       "change_cipher_spec, alert, application_data, bytes or copy");
    r->out->item = SHK_ITEM_MESSAGE;
    r->out->item_number = target;
    r->at += len;
    while (*r->at == ' ')
        r->at++;
    return read_value_for(r, NULL);
}

static bool read_item(shk_line_reader *r)
{
    for (size_t i = 0; i < ITEMS; i++) {
        size_t len = strlen(items[i].words);
        if (strncmp(r->at, items[i].words, len) != 0)
            continue;
        r->out->item = (uint8_t)items[i].kind;
        r->at += len;
        return (!items[i].number || read_item_number(r)) && (!items[i].alert || read_alert(r)) &&
               (!items[i].value || read_value_for(r, NULL)) && (!items[i].point || read_copy(r));
    }
    return read_message_item(r);
}

static bool write_number(shk_line_writer *w)
{
    char text[16];
    snprintf(text, sizeof text, "%u", w->operation->numbers[w->numbers++ % SHK_OPERAND_PAIR]);
    return shk_put_text(w->out, text);
}

static bool write_point(shk_line_writer *w)
{
    return shk_point_print(&w->operation->points[w->points++ % SHK_OPERAND_PAIR], 1, w->out);
}

static bool write_value(shk_line_writer *w)
{
    return shk_value_print(w->operation->value, shk_operation_field(w->operation), w->out);
}

static bool write_text(shk_line_writer *w)
{
    return shk_value_print(w->operation->value, NULL, w->out);
}

static bool write_file(shk_line_writer *w)
{
    shk_span value = w->operation->value;
    return value.len >= 3 &&
           shk_buf_append(w->out, shk_span_of(value.data + 3, value.len - 3)) == SHK_OK;
}

static uint32_t next_number(shk_line_writer *w)
{
    return w->operation->numbers[w->numbers++ % SHK_OPERAND_PAIR];
}

static bool write_secret(shk_line_writer *w)
{
    return shk_put_text(w->out, secret_names[next_number(w)]);
}

static bool write_error(shk_line_writer *w)
{
    return shk_put_text(w->out, shk_error((shk_status)next_number(w))->name);
}

static bool write_scheme(shk_line_writer *w)
{
    char text[16];
    uint32_t number = next_number(w);
    const char *name = shk_signature_scheme_name(number);
    snprintf(text, sizeof text, "0x%04x", number);
    return shk_put_text(w->out, name != NULL ? name : text);
}

static bool write_keys(shk_line_writer *w)
{
    uint32_t keys = w->operation->numbers[w->numbers % SHK_OPERAND_PAIR];
    if (keys != 0 && keys != PREVIOUS_KEYS)
        return write_number(w);
    return shk_put_text(w->out, keys == 0 ? "plaintext" : "previous");
}

static bool write_item(shk_line_writer *w)
{
    const shk_operation *o = w->operation;
    char text[16];
    if (o->item == SHK_ITEM_MESSAGE)
        return shk_put_text(w->out, shk_message_rows[o->item_number].name) &&
               shk_put_text(w->out, " ") && write_text(w);
    for (size_t i = 0; i < ITEMS; i++) {
        if (items[i].kind != o->item)
            continue;
        const char *alert = shk_alert_name(o->item_number);
        snprintf(text, sizeof text, items[i].number ? "%u " : "%u", o->item_number);
        return shk_put_text(w->out, items[i].words) &&
               (!items[i].number || shk_put_text(w->out, text)) &&
               (!items[i].alert || shk_put_text(w->out, alert != NULL ? alert : text)) &&
               (!items[i].value || write_text(w)) &&
               (!items[i].point || shk_point_print(&o->points[1], SHK_EVERY_TIME, w->out));
    }
    return false;
}

static const struct {
    const char *name;
    bool (*read)(shk_line_reader *r);
    bool (*write)(shk_line_writer *w);
} operands[] = {
    {"FIELD", read_field, write_point},    {"POINT", read_point, write_point},
    {"NUMBER", read_number, write_number}, {"VALUE", read_value, write_value},
    {"TEXT", read_text, write_text},       {"ITEM", read_item, write_item},
    {"SECRET", read_secret, write_secret}, {"SCHEME", read_scheme, write_scheme},
    {"ERROR", read_error, write_error},    {"KEYS", read_keys, write_keys},
    {"FILE", read_file, write_file},
};

static size_t operand_named(const char *name, size_t len)
{
    size_t i = 0;
    while (strlen(operands[i].name) != len || memcmp(operands[i].name, name, len) != 0)
        i++;
    return i;
}

bool shk_operand_read(shk_line_reader *reader, const char *operand, size_t len)
{
    return operands[operand_named(operand, len)].read(reader);
}

bool shk_operand_write(shk_line_writer *writer, const char *operand, size_t len)
{
    return operands[operand_named(operand, len)].write(writer);
}
