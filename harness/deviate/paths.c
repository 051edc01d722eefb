/* Paths of fields, read and written (deviate/fields.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deviate/fields.h"
#include "deviate/near.h"

enum { LONGEST_LIST = 64 /* items that bytes address */ };

/* One step of a path as it is read. */
typedef struct {
    const char *text;
    size_t len;
} rest_of_path;

static size_t name_length(rest_of_path rest)
{
    size_t len = 0;
    while (len < rest.len && rest.text[len] != '.' && rest.text[len] != '[')
        len++;
    return len;
}

static void advance(rest_of_path *rest, size_t len)
{
    rest->text += len;
    rest->len -= len;
}

/* What is under a field, for a message that says what there would be. */
static bool unknown(const shk_fields *outline, int parent, rest_of_path rest, char *why)
{
    const char *names[SHK_NEAR_WORDS] = {NULL};
    size_t count = 0;
    for (size_t i = 0; i < outline->count && count < SHK_NEAR_WORDS; i++)
        if (outline->list[i].parent == parent && outline->list[i].name != NULL)
            names[count++] = outline->list[i].name;
    const char *near = shk_nearest(rest.text, name_length(rest), names, count);
    snprintf(why, SHK_WHY_SIZE, "'%.*s' is no field there%s%s%s", (int)name_length(rest), rest.text,
             near != NULL ? "; there is " : "", near != NULL ? near : "",
             count == 0 ? ": it has no fields" : "");
    return false;
}

/* "[3]": an item. */
static bool read_item(const shk_fields *outline, rest_of_path *rest, size_t *level, shk_path *out,
                      char *why)
{
    char *end = NULL;
    unsigned long index = strtoul(rest->text + 1, &end, 10);
    int item = shk_outline_child(outline, out->node, NULL);
    if (end == rest->text + 1 || *end != ']' || index > UINT16_MAX || item == SHK_NO_FIELD ||
        *level == SHK_PATH_DEPTH) {
        snprintf(why, SHK_WHY_SIZE,
                 item == SHK_NO_FIELD ? "'%.40s': it is no list" : "'%.40s' is no place in a list",
                 rest->text);
        return false;
    }
    out->node = (uint16_t)item;
    out->indices[(*level)++] = (uint16_t)index;
    advance(rest, (size_t)(end + 1 - rest->text));
    return true;
}

/* The data of an extension that has no name in this block. */
static bool take_type(const shk_fields *outline, uint16_t type, size_t *level, shk_path *out)
{
    int item = shk_outline_child(outline, out->node, NULL);
    int data =
        item == SHK_NO_FIELD ? SHK_NO_FIELD : shk_outline_child(outline, item, "extension_data");
    if (data == SHK_NO_FIELD || *level == SHK_PATH_DEPTH)
        return false;
    out->node = (uint16_t)data;
    out->indices[(*level)++] = SHK_BY_TYPE | (uint32_t)type;
    return true;
}

/* An extension by the name that it has in other messages. */
static bool read_foreign(const shk_fields *outline, rest_of_path *rest, size_t *level,
                         shk_path *out)
{
    for (unsigned id = 0; id < SHK_EXT_COUNT; id++) {
        const shk_extension_row *row = &shk_extension_rows[id];
        if (strlen(row->name) != name_length(*rest) ||
            memcmp(row->name, rest->text, name_length(*rest)) != 0)
            continue;
        if (!take_type(outline, row->value, level, out))
            return false;
        advance(rest, name_length(*rest));
        return true;
    }
    return false;
}

/* An extension by number: 0xfafa, or decimal. */
static bool read_type(const shk_fields *outline, rest_of_path *rest, size_t *level, shk_path *out,
                      char *why)
{
    char *end = NULL;
    unsigned long type = strtoul(rest->text, &end, 0);
    if (type > UINT16_MAX || end != rest->text + name_length(*rest) ||
        !take_type(outline, (uint16_t)type, level, out)) {
        snprintf(why, SHK_WHY_SIZE, "'%.40s' is no extension", rest->text);
        return false;
    }
    advance(rest, name_length(*rest));
    return true;
}

static bool read_name(const shk_fields *outline, rest_of_path *rest, size_t *level, shk_path *out,
                      char *why)
{
    size_t len = name_length(*rest);
    for (size_t i = 0; i < outline->count; i++) {
        const shk_field *f = &outline->list[i];
        if (f->parent != out->node || f->name == NULL || strlen(f->name) != len ||
            memcmp(f->name, rest->text, len) != 0)
            continue;
        out->node = (uint16_t)i;
        advance(rest, len);
        return true;
    }
    return read_foreign(outline, rest, level, out) || unknown(outline, out->node, *rest, why);
}

bool shk_path_parse(unsigned target, const char *text, size_t len, shk_path *out, char *why)
{
    const shk_fields *outline = shk_outline_of(target);
    rest_of_path rest = {text, len};
    size_t level = 0;
    *out = (shk_path){.node = SHK_WHOLE_MESSAGE};
    if (outline == NULL) {
        snprintf(why, SHK_WHY_SIZE, "no memory");
        return false;
    }
    while (rest.len > 0) {
        if (rest.text[0] == '.')
            advance(&rest, 1);
        const int first = rest.len > 0 ? rest.text[0] : 0;
        if (!(first == '['                   ? read_item(outline, &rest, &level, out, why)
              : first >= '0' && first <= '9' ? read_type(outline, &rest, &level, out, why)
                                             : read_name(outline, &rest, &level, out, why)))
            return false;
    }
    return true;
}

void shk_path_text(unsigned target, const shk_path *path, char *out, size_t size)
{
    int way[2 * SHK_PATH_DEPTH];
    const shk_fields *outline = shk_outline_of(target);
    size_t depth = 0, level = 0, len = 0;
    out[0] = 0;
    for (int n = path->node; outline != NULL && n > 0 && depth < 2 * SHK_PATH_DEPTH;
         n = outline->list[n].parent)
        way[depth++] = n;
    while (depth-- > 0) {
        const char *name = outline->list[way[depth]].name;
        if (name == NULL && (path->indices[level] & SHK_BY_TYPE) != 0) { /* ends in its data */
            uint16_t type = (uint16_t)path->indices[level];
            shk_extension id = shk_extension_identify(type);
            bool named = id < SHK_EXT_COUNT &&
                         shk_outline_child(outline, outline->list[way[depth]].parent,
                                           shk_extension_rows[id].name) == SHK_NO_FIELD;
            if (named)
                snprintf(out + len, size - len, ".%s", shk_extension_rows[id].name);
            else
                snprintf(out + len, size - len, ".0x%04x", type);
            return;
        }
        int written = name != NULL
                          ? snprintf(out + len, size - len, "%s%s", len > 0 ? "." : "", name)
                          : snprintf(out + len, size - len, "[%u]", path->indices[level]);
        level += name == NULL && level + 1 < SHK_PATH_DEPTH;
        if (written < 0 || len + (size_t)written >= size)
            return;
        len += (size_t)written;
    }
}

/* Whether a node is extension_data, which can be addressed by the type of its extension. */
static bool is_data_of_item(const shk_fields *outline, unsigned node)
{
    const char *name = outline->list[node].name;
    return name != NULL && strcmp(name, "extension_data") == 0;
}

void shk_path_bound(unsigned target, shk_path *path)
{
    const shk_fields *outline = shk_outline_of(target);
    size_t levels = 0;
    path->node = (uint16_t)(outline == NULL ? 0U : path->node % outline->count);
    for (int n = path->node; outline != NULL && n > 0; n = outline->list[n].parent)
        levels += outline->list[n].name == NULL;
    for (size_t i = 0; i < SHK_PATH_DEPTH; i++) {
        bool by_type = i + 1 == levels && is_data_of_item(outline, path->node) &&
                       (path->indices[i] & SHK_BY_TYPE) != 0;
        uint32_t bound = by_type ? 2 * SHK_BY_TYPE : LONGEST_LIST;
        path->indices[i] = i < levels ? path->indices[i] % bound : 0;
    }
}
