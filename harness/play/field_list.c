/* `shakedown play --fields` (play/field_list.h). */
#include "play/field_list.h"

#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "deviate/fields.h"

enum { PATH = 512 };

static const char *kind_of(const shk_field *field, char *out, size_t size)
{
    if (!field->leaf)
        return "";
    if (field->width > 0 && field->prefix > 0)
        snprintf(out, size, "  list of numbers of %u byte%s", field->width,
                 field->width == 1 ? "" : "s");
    else if (field->width > 0)
        snprintf(out, size, "  number of %u byte%s", field->width, field->width == 1 ? "" : "s");
    else
        snprintf(out, size, "  bytes");
    return out;
}

/* The path of a field of the outline: its names from the message down; any item of a list is [0].
 */
static void path_of(const shk_fields *outline, size_t n, char *out)
{
    const shk_field *field = &outline->list[n];
    if (field->parent == SHK_NO_FIELD) {
        out[0] = 0;
        return;
    }
    path_of(outline, (size_t)field->parent, out);
    const size_t used = strlen(out);
    if (field->name != NULL)
        snprintf(out + used, PATH - used, ".%s", field->name);
    else
        snprintf(out + used, PATH - used, "[0]");
}

static bool print_target(unsigned target)
{
    const shk_fields *outline = shk_outline_of(target);
    char path[PATH];
    char kind[64];
    printf("%s\n", shk_target_name(target));
    for (size_t i = 1; outline != NULL && i < outline->count; i++) {
        path_of(outline, i, path);
        printf("%s%s%s\n", shk_target_name(target), path,
               kind_of(&outline->list[i], kind, sizeof kind));
    }
    return outline != NULL;
}

int shk_print_fields(int count, char **names)
{
    for (unsigned target = 0; count == 0 && target < SHK_TARGETS; target++)
        (void)print_target(target);
    for (int i = 0; i < count; i++) {
        const unsigned target = shk_target_named(names[i], strlen(names[i]));
        if (target == SHK_TARGETS)
            return shk_cli_fail("play", SHK_EXIT_USAGE,
                                "'%s' is not a message; shakedown list messages tells them",
                                names[i]);
        (void)print_target(target);
    }
    return SHK_EXIT_GOOD;
}
