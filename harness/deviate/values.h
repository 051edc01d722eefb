/* Values: terms that come one after another, kept as bytes that any byte string can be. */
#ifndef SHK_DEVIATE_VALUES_H
#define SHK_DEVIATE_VALUES_H

#include "deviate/operation.h"

/* Kinds of terms. Each is one byte, and then: NUMBER four bytes; U8 to U32 as many as they say;
 * HEX and TEXT a length of two bytes and bytes; ZEROS two; FILL a byte and two; COPY a point;
 * VEC8 to VEC24 nothing, and their terms up to END. What is missing at the end is 0. */
typedef enum {
    SHK_TERM_NUMBER, /* of the width of the field that it is for */
    SHK_TERM_U8,
    SHK_TERM_U16,
    SHK_TERM_U24,
    SHK_TERM_U32,
    SHK_TERM_HEX,
    SHK_TERM_TEXT,
    SHK_TERM_ZEROS,
    SHK_TERM_FILL,
    SHK_TERM_COPY,
    SHK_TERM_VEC8,
    SHK_TERM_VEC16,
    SHK_TERM_VEC24,
    SHK_TERM_END,
    SHK_TERMS
} shk_term_kind;

/* Reads terms up to a comma, the end of the line or one of the words `stops` (NULL-terminated), and
 * appends them to `out`. Numbers may be names: of `namer`, if there is one, else of any table. */
bool shk_value_parse(const char **at, const shk_field *field, const char *const *stops,
                     shk_player_role player, shk_buf *out, char *why);
bool shk_value_print(shk_span value, const shk_field *field, shk_buf *out);
/* Makes bytes terms that can be read, by the same rules: what is no term becomes one. `width`: of
 * the field that they are for; 0: it is no number. */
bool shk_value_bound(shk_span bytes, unsigned width, shk_player_role player, shk_buf *out);

/* Gives the bytes of a point that has been seen; false: it has not. */
typedef bool shk_copier(void *context, const shk_point *point, shk_buf *out);

/* Appends the bytes that a value stands for; `width` is of numbers without one. False without
 * memory, or where there is nothing to copy. */
bool shk_value_bytes(shk_span value, unsigned width, shk_copier *copier, void *context,
                     shk_buf *out);

/* The binary form of a point, also in operations. */
bool shk_point_put(const shk_point *point, shk_buf *out);
shk_point shk_point_take(shk_span *bytes, shk_player_role player);
/* One that was put there by shk_point_put, as it is. */
shk_point shk_point_kept(shk_span *bytes);
/* Says who sends the message where only one end can, and OWN where that is the player. */
void shk_point_settle(shk_player_role player, shk_point *point);
/* Its text form: "server/certificate#2.certificate_list[0]". */
bool shk_point_parse(const char **at, shk_player_role player, unsigned time, shk_point *out,
                     char *why);
bool shk_point_print(const shk_point *point, unsigned time, shk_buf *out);

#endif
