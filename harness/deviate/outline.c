/* Outlines of messages: all fields that there can be (deviate/fields.h). */
#include <stdlib.h>
#include <string.h>

#include "deviate/fields.h"

static const char alert_name[] = "alert", data_name[] = "application_data";

const char *shk_target_name(unsigned target)
{
    if (target < SHK_MSG_COUNT)
        return shk_message_rows[target].name;
    if (target == SHK_TARGET_ALERT)
        return alert_name;
    return target < SHK_TARGET_DATA ? shk_record_rows[target - SHK_TARGET_RECORDS].name : data_name;
}

unsigned shk_target_named(const char *name, size_t len)
{
    unsigned target = 0;
    while (target < SHK_TARGETS && (strlen(shk_target_name(target)) != len ||
                                    memcmp(shk_target_name(target), name, len) != 0))
        target++;
    return target;
}

/* An outline that is put together from those of several forms. */
typedef struct {
    shk_fields *fields;
    int open;
    bool failed;
} joiner;

int shk_outline_child(const shk_fields *fields, int parent, const char *name)
{
    for (size_t i = 0; i < fields->count; i++) {
        const char *other = fields->list[i].name;
        if (fields->list[i].parent == parent &&
            (name == NULL ? other == NULL : other != NULL && strcmp(name, other) == 0))
            return (int)i;
    }
    return SHK_NO_FIELD;
}

static int join_field(joiner *j, shk_field field)
{
    shk_fields *fields = j->fields;
    int same =
        fields->count == 0 ? SHK_NO_FIELD : shk_outline_child(fields, field.parent, field.name);
    if (same != SHK_NO_FIELD)
        return same;
    void *grown = realloc(fields->list, (fields->count + 1) * sizeof fields->list[0]);
    if (grown == NULL) {
        j->failed = true;
        return SHK_NO_FIELD;
    }
    fields->list = (shk_field *)grown;
    fields->list[fields->count] = field;
    return (int)fields->count++;
}

static void take_trace(void *context, const shk_trace *t)
{
    joiner *j = (joiner *)context;
    if (j->failed)
        return;
    if (t->kind == SHK_TRACE_END) {
        j->open = j->fields->list[j->open].parent;
        return;
    }
    shk_field field = {.name = t->name,
                       .parent = j->open,
                       .prefix = t->prefix,
                       .width = t->width,
                       .leaf = true,
                       .namer = t->namer};
    j->fields->list[j->open].leaf = false;
    int joined = join_field(j, field);
    if (!j->failed && t->kind == SHK_TRACE_BEGIN)
        j->open = joined;
}

static bool make_outline(unsigned target, shk_fields *out)
{
    joiner j = {out, 0, false};
    join_field(&j, (shk_field){.parent = SHK_NO_FIELD, .leaf = true});
    if (target < SHK_MSG_COUNT) {
        const shk_message_row *row = &shk_message_rows[target];
        for (size_t i = 0; i < row->forms->count && !j.failed; i++, j.open = 0)
            shk_outline(row->layout->shape, &row->forms->forms[i], take_trace, &j);
    } else if (target < SHK_TARGET_DATA && !j.failed) {
        shk_outline(shk_record_rows[target - SHK_TARGET_RECORDS].layout->shape, NULL, take_trace,
                    &j);
    }
    return !j.failed;
}

const shk_fields *shk_outline_of(unsigned target)
{
    static shk_fields outlines[SHK_TARGETS];
    if (outlines[target].count == 0 && !make_outline(target, &outlines[target])) {
        free(outlines[target].list);
        outlines[target] = (shk_fields){NULL, 0, false};
    }
    return outlines[target].count > 0 ? &outlines[target] : NULL;
}
