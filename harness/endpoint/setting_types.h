/* The types of settings (settings.def): for each type, macros for its field, for whether it is
 * given, and for its value. The row's column `of` follows the field as further arguments. */
#ifndef SHK_ENDPOINT_SETTING_TYPES_H
#define SHK_ENDPOINT_SETTING_TYPES_H

/* `of` without its parentheses, and the first of what is in them. */
#define SHK_SETTING_OF(...) __VA_ARGS__
#define SHK_SETTING_FIRST_OF(first, ...) first

#define SHK_FIELD_TEXT(field, ...) const char *field;
#define SHK_FIELD_FLAG(field, ...) bool field;
#define SHK_FIELD_NUMBER(field, ...) SHK_SETTING_FIRST_OF(__VA_ARGS__, ) field;
#define SHK_FIELD_OPTIONAL(field, ...)                                                             \
    struct {                                                                                       \
        SHK_SETTING_FIRST_OF(__VA_ARGS__, ) value;                                                 \
        bool is_given;                                                                             \
    } field;
#define SHK_FIELD_CODE_POINTS(field, ...) shk_u16s field;
#define SHK_FIELD_BYTES(field, ...) shk_span field;
#define SHK_FIELD_CHOICE(field, ...) SHK_SETTING_FIRST_OF(__VA_ARGS__, ) field;
#define SHK_FIELD_OWN(field, ...) SHK_SETTING_FIRST_OF(__VA_ARGS__, ) field;

#define SHK_IS_GIVEN_TEXT(field) ((field) != NULL)
#define SHK_IS_GIVEN_FLAG(field) (field)
#define SHK_IS_GIVEN_NUMBER(field) ((field) != 0)
#define SHK_IS_GIVEN_OPTIONAL(field) ((field).is_given)
#define SHK_IS_GIVEN_CODE_POINTS(field) ((field).count > 0)
#define SHK_IS_GIVEN_BYTES(field) ((field).len > 0)
#define SHK_IS_GIVEN_CHOICE(field) ((field) != 0)
#define SHK_IS_GIVEN_OWN(field) ((field) != 0)

#define SHK_VALUE_TEXT(field) (field)
#define SHK_VALUE_FLAG(field) (field)
#define SHK_VALUE_NUMBER(field) (field)
#define SHK_VALUE_OPTIONAL(field) ((field).value)
#define SHK_VALUE_CODE_POINTS(field) (field)
#define SHK_VALUE_BYTES(field) (field)
#define SHK_VALUE_CHOICE(field) (field)
#define SHK_VALUE_OWN(field) (field)

#endif
