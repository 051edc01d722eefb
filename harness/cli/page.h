/* The page that the server answers an HTTP request with: what has been negotiated.
 * HTTP/1.0 (RFC 1945), as far as one answer to one GET needs it. */
#ifndef SHK_CLI_PAGE_H
#define SHK_CLI_PAGE_H

#include "cli/negotiated.h"

/* Whether data begins as a GET request does, as far as they go. */
typedef enum { SHK_PAGE_NOT_ASKED, SHK_PAGE_PERHAPS_ASKED, SHK_PAGE_ASKED } shk_page_wish;
shk_page_wish shk_page_wish_of(shk_span front);
/* Whether the front of a GET request is for `path`, be it with a query. */
bool shk_page_is_path(shk_span request, const char *path);
/* Appends head and page to `out`. Errors: SHK_E_NO_MEMORY. */
shk_status shk_page_write(const shk_negotiated *n, shk_buf *out);
/* Appends the answer to a request that this connection cannot do, for the reason given. */
shk_status shk_page_refuse(const char *reason, shk_buf *out);

#endif
