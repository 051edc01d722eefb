/* Parsing an HTTP request while it arrives: when it is complete, and which path it asks for (RFC
 * 1945, RFC 9112). */
#ifndef SHK_APP_HTTP_REQUEST_H
#define SHK_APP_HTTP_REQUEST_H

#include <stdbool.h>

#include "shakedown/types.h"

/* The longest request that is taken, in bytes. */
enum { SHK_REQUEST_MAX = 8192 };

typedef enum {
    SHK_REQUEST_NONE,    /* not a GET */
    SHK_REQUEST_PARTIAL, /* a GET so far */
    SHK_REQUEST_WHOLE,
    SHK_REQUEST_TOO_LONG
} shk_request_state;

/* Classifies the bytes received so far. A request ends with the blank line behind its header fields
 * (RFC 9112 §2.1); one without a version, a Simple-Request, with its first line (RFC 1945 §4.1). */
shk_request_state shk_request_of(shk_span bytes);
/* Whether a whole request is for `path`, with or without a query. */
bool shk_request_is_for(shk_span request, const char *path);

#endif
