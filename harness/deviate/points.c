/* Points: which message, and which field of it (deviate/values.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deviate/near.h"
#include "deviate/numbers.h"
#include "deviate/values.h"

enum { PATH_TEXT = 256 };

static const char *const prefixes[SHK_WHOSE] = {"", "client/", "server/"};

/* Who alone sends a message; OWN: either end does. */
static shk_whose sender_of(unsigned target)
{
    switch (target) {
    case SHK_MSG_client_hello:
    case SHK_MSG_client_key_exchange:
    case SHK_MSG_end_of_early_data:
        return SHK_CLIENT_MESSAGE;
    case SHK_MSG_certificate:
    case SHK_MSG_certificate_12:
    case SHK_MSG_compressed_certificate:
    case SHK_MSG_certificate_verify:
    case SHK_MSG_finished:
    case SHK_MSG_key_update:
        return SHK_OWN_MESSAGE;
    default:
        return target < SHK_MSG_COUNT ? SHK_SERVER_MESSAGE : SHK_OWN_MESSAGE;
    }
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static size_t name_length(const char *text)
{
    size_t len = 0;
    while (is_name(text[len]))
        len++;
    return len;
}

static bool unknown_message(const char *text, size_t len, char *why)
{
    const char *names[SHK_TARGETS];
    for (unsigned i = 0; i < SHK_TARGETS; i++)
        names[i] = shk_target_name(i);
    const char *near = shk_nearest(text, len, names, SHK_TARGETS);
    snprintf(why, SHK_WHY_SIZE, "'%.*s' is no message%s%s", (int)(len > 0 ? len : strlen(text)),
             text, near != NULL ? "; there is " : "", near != NULL ? near : "");
    return false;
}

/* "#2" or "#*". */
static bool read_time(const char **at, unsigned usual, shk_point *out, char *why)
{
    out->time = (uint8_t)usual;
    if (**at != '#')
        return true;
    char *end = NULL;
    unsigned long time = strtoul(*at + 1, &end, 10);
    if ((*at)[1] == '*') {
        out->time = SHK_EVERY_TIME;
        *at += 2;
        return true;
    }
    if (end == *at + 1 || time == 0 || time > SHK_MOST_TIMES) {
        snprintf(why, SHK_WHY_SIZE, "'%.20s' is not # and 1 to %d, or #*", *at, SHK_MOST_TIMES);
        return false;
    }
    out->time = (uint8_t)time;
    *at = end;
    return true;
}

void shk_point_settle(shk_player_role player, shk_point *point)
{
    static const shk_whose own[] = {
        [SHK_PLAYER_CLIENT] = SHK_CLIENT_MESSAGE,
        [SHK_PLAYER_SERVER] = SHK_SERVER_MESSAGE,
        [SHK_PLAYER_MIDDLE] = SHK_OWN_MESSAGE,
    };
    shk_whose sender = sender_of(point->target);
    if (sender != SHK_OWN_MESSAGE)
        point->whose = (uint8_t)sender;
    if (point->whose == own[player])
        point->whose = SHK_OWN_MESSAGE;
}

static bool find_whose(shk_player_role player, shk_point *out, char *why)
{
    shk_point_settle(player, out);
    if (player != SHK_PLAYER_MIDDLE || out->whose != SHK_OWN_MESSAGE)
        return true;
    snprintf(why, SHK_WHY_SIZE, "both ends send %s: say client/%s or server/%s",
             shk_target_name(out->target), shk_target_name(out->target),
             shk_target_name(out->target));
    return false;
}

bool shk_point_parse(const char **at, shk_player_role player, unsigned time, shk_point *out,
                     char *why)
{
    *out = (shk_point){.whose = SHK_OWN_MESSAGE};
    for (unsigned whose = SHK_CLIENT_MESSAGE; whose < SHK_WHOSE; whose++)
        if (strncmp(*at, prefixes[whose], strlen(prefixes[whose])) == 0) {
            out->whose = (uint8_t)whose;
            *at += strlen(prefixes[whose]);
        }
    size_t len = name_length(*at);
    unsigned target = shk_target_named(*at, len);
    if (target == SHK_TARGETS)
        return unknown_message(*at, len, why);
    out->target = (uint8_t)target;
    *at += len;
    if (!read_time(at, time, out, why) || !find_whose(player, out, why))
        return false;
    if (**at != '.' && **at != '[')
        return true;
    size_t path = 1;
    while (is_name((*at)[path]) || (*at)[path] == '.' || (*at)[path] == '[' || (*at)[path] == ']')
        path++;
    if (!shk_path_parse(target, *at, path, &out->path, why))
        return false;
    *at += path;
    return true;
}

bool shk_point_print(const shk_point *point, unsigned time, shk_buf *out)
{
    char path[PATH_TEXT], text[PATH_TEXT + 64], number[8] = "";
    shk_path_text(point->target, &point->path, path, sizeof path);
    if (point->time != time)
        snprintf(number, sizeof number, point->time == SHK_EVERY_TIME ? "#*" : "#%u", point->time);
    snprintf(text, sizeof text, "%s%s%s%s%s", prefixes[point->whose],
             shk_target_name(point->target), number, path[0] != 0 && path[0] != '[' ? "." : "",
             path);
    return shk_buf_append(out, shk_span_of_text(text)) == SHK_OK;
}

bool shk_point_put(const shk_point *point, shk_buf *out)
{
    uint8_t bytes[5 + 3 * SHK_PATH_DEPTH] = {point->whose, point->target, point->time,
                                             (uint8_t)(point->path.node >> 8),
                                             (uint8_t)point->path.node};
    uint8_t *at = bytes + 5;
    for (size_t i = 0; i < SHK_PATH_DEPTH; i++, at += 3) {
        at[0] = (uint8_t)(point->path.indices[i] >> 16);
        at[1] = (uint8_t)(point->path.indices[i] >> 8);
        at[2] = (uint8_t)point->path.indices[i];
    }
    size_t len = point->path.node == SHK_WHOLE_MESSAGE ? 5 : sizeof bytes;
    return shk_buf_append(out, shk_span_of(bytes, len)) == SHK_OK;
}

shk_point shk_point_kept(shk_span *bytes)
{
    shk_point point = {.whose = (uint8_t)(shk_take_number(bytes, 1) % SHK_WHOSE),
                       .target = (uint8_t)(shk_take_number(bytes, 1) % SHK_TARGETS),
                       .time = (uint8_t)shk_take_number(bytes, 1)};
    point.path.node = (uint16_t)shk_take_number(bytes, 2);
    if (point.path.node != SHK_WHOLE_MESSAGE)
        for (size_t i = 0; i < SHK_PATH_DEPTH; i++)
            point.path.indices[i] = shk_take_number(bytes, 3);
    return point;
}

shk_point shk_point_take(shk_span *bytes, shk_player_role player)
{
    shk_point point = shk_point_kept(bytes);
    shk_path_bound(point.target, &point.path);
    shk_point_settle(player, &point);
    if (player == SHK_PLAYER_MIDDLE && point.whose == SHK_OWN_MESSAGE)
        point.whose = SHK_CLIENT_MESSAGE;
    return point;
}
