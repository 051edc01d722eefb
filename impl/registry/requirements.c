/* The tables of requirements and of the error rows' tests (shakedown/requirements.h). */
#include "shakedown/requirements.h"

const shk_requirement shk_requirements[] = {
#define SHK_REQUIREMENT(id, text, class, note, tests)                                              \
    {id, text, SHK_REQUIREMENT_##class, note, tests},
#include "registry/requirements.def"
#undef SHK_REQUIREMENT
};
const size_t shk_requirement_count = sizeof shk_requirements / sizeof shk_requirements[0];

const shk_error_test shk_error_tests[] = {
#define SHK_ERROR_TEST(error, test) {SHK_E_##error, test},
#include "registry/error_tests.def"
#undef SHK_ERROR_TEST
};
const size_t shk_error_test_count = sizeof shk_error_tests / sizeof shk_error_tests[0];

const char *shk_requirement_class_name(shk_requirement_class class_)
{
    static const char *const names[SHK_REQUIREMENT_CLASSES] = {"CHECKED", "KEPT", "NOT_OURS",
                                                               "OPEN"};
    return names[class_];
}
