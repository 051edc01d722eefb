/* SHK_LAYOUT: how a file of messages/ or extensions/ hands its struct and shape to the tables.
 * One use at the end of each such file. */
#ifndef SHK_REGISTRY_LAYOUT_H
#define SHK_REGISTRY_LAYOUT_H

#include "shakedown/registry.h"

#define SHK_MESSAGE(name, value, min, max, forms) extern const shk_layout shk_##name##_layout;
#include "registry/messages.def"
#undef SHK_MESSAGE
#define SHK_EXTENSION(name, value, places) extern const shk_layout shk_##name##_layout;
#include "registry/extensions.def"
#undef SHK_EXTENSION
#define SHK_RECORD(name) extern const shk_layout shk_##name##_layout;
#include "registry/records.def"
#undef SHK_RECORD

#define SHK_LAYOUT(name)                                                                           \
    _Static_assert(sizeof(shk_##name) <= SHK_LAYOUT_MAX, "raise SHK_LAYOUT_MAX");                  \
    static void name##_of_any(shk_codec *c, void *message)                                         \
    {                                                                                              \
        shk_##name##_shape(c, (shk_##name *)message);                                              \
    }                                                                                              \
    const shk_layout shk_##name##_layout = {sizeof(shk_##name), name##_of_any}

#endif
