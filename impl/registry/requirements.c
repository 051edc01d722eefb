/* The table of requirements (shakedown/requirements.h). */
#include "shakedown/requirements.h"

const shk_requirement shk_requirements[] = {
#define SHK_REQUIREMENT(id, text, class, note, tests)                                              \
    {id, text, SHK_REQUIREMENT_##class, note, tests},
#include "registry/requirements.def"
#undef SHK_REQUIREMENT
};
const size_t shk_requirement_count = sizeof shk_requirements / sizeof shk_requirements[0];

const char *shk_requirement_class_name(shk_requirement_class class_)
{
    static const char *const names[SHK_REQUIREMENT_CLASSES] = {"CHECKED", "KEPT", "NOT_OURS",
                                                               "OPEN"};
    return names[class_];
}
