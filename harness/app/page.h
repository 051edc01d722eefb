/* The page that the server answers an HTTP request with: what has been negotiated.
 * HTTP/1.0 (RFC 1945), as far as one answer to one GET needs it. */
#ifndef SHK_APP_PAGE_H
#define SHK_APP_PAGE_H

#include "app/report.h"

/* Appends head and page to `out`. Errors: SHK_E_NO_MEMORY. */
shk_status shk_page_write(const shk_report *n, shk_buf *out);
/* Appends an answer that is not the page: a status, as "404 Not Found", and the reason. */
shk_status shk_page_refuse(const char *status, const char *reason, shk_buf *out);

#endif
