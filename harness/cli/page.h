/* The page that the server answers an HTTP request with: what has been negotiated.
 * HTTP/1.0 (RFC 1945), as far as one answer to one GET needs it. */
#ifndef SHK_CLI_PAGE_H
#define SHK_CLI_PAGE_H

#include "cli/negotiated.h"

/* Whether data begins as a GET request does. */
bool shk_page_is_asked(shk_span data);
/* Appends head and page to `out`. Errors: SHK_E_NO_MEMORY. */
shk_status shk_page_write(const shk_negotiated *n, shk_buf *out);

#endif
