/* HTTP requests (app/http_request.h). */
#include "app/http_request.h"

#include <string.h>

/* "GET ", which the request line begins with (RFC 1945 §5.1). */
static const char method[] = "GET ";
enum { METHOD = sizeof method - 1 };

/* Where the line that begins at `at` ends, behind its line break; 0 if it does not. */
static size_t line_end(shk_span bytes, size_t at)
{
    const uint8_t *end = at < bytes.len ? memchr(bytes.data + at, '\n', bytes.len - at) : NULL;
    return end != NULL ? (size_t)(end - bytes.data) + 1 : 0;
}

/* A line break is CRLF, or LF alone (RFC 9112 §2.2). */
static bool is_blank(shk_span bytes, size_t at, size_t end)
{
    return end - at == 1 || (end - at == 2 && bytes.data[at] == '\r');
}

static bool has_version(shk_span bytes, size_t end)
{
    static const char version[] = " HTTP/";
    for (size_t at = METHOD; at + sizeof version - 1 <= end; at++)
        if (memcmp(bytes.data + at, version, sizeof version - 1) == 0)
            return true;
    return false;
}

shk_request_state shk_request_of(shk_span bytes)
{
    const size_t front = bytes.len < METHOD ? bytes.len : METHOD;
    if (memcmp(bytes.data, method, front) != 0)
        return SHK_REQUEST_NONE;
    size_t at = 0;
    for (size_t end = line_end(bytes, 0); end != 0; at = end, end = line_end(bytes, at))
        if (at == 0 ? !has_version(bytes, end) : is_blank(bytes, at, end))
            return end <= SHK_REQUEST_MAX ? SHK_REQUEST_WHOLE : SHK_REQUEST_TOO_LONG;
    return bytes.len < SHK_REQUEST_MAX ? SHK_REQUEST_PARTIAL : SHK_REQUEST_TOO_LONG;
}

bool shk_request_is_for(shk_span request, const char *path)
{
    const size_t len = strlen(path);
    return request.len > METHOD + len && memcmp(request.data + METHOD, path, len) == 0 &&
           strchr("? \r\n", request.data[METHOD + len]) != NULL;
}
