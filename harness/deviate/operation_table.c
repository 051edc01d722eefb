/* The rows of operations.def (deviate/operation.h). */
#include <string.h>

#include "deviate/operation.h"

static const char *const forms[SHK_OPERATIONS] = {
#define SHK_OPERATION(name, form, help) form,
#include "deviate/operations.def"
#undef SHK_OPERATION
};

const char *shk_operation_form(unsigned kind)
{
    return forms[kind];
}

const shk_field *shk_operation_field(const shk_operation *operation)
{
    const shk_point *point = &operation->points[0];
    const shk_fields *outline = shk_outline_of(point->target);
    if (outline == NULL || strstr(forms[operation->kind], "FIELD") == NULL)
        return NULL;
    const shk_field *field = &outline->list[point->path.node];
    for (size_t i = 0; field->width == 0 && i < outline->count; i++)
        if (outline->list[i].parent == point->path.node && outline->list[i].name == NULL &&
            outline->list[i].width > 0)
            return &outline->list[i];
    return field;
}
