/* The server's page (app/page.h). */
#include "app/page.h"

#include <stdio.h>
#include <string.h>

static shk_status put(shk_buf *out, const char *text)
{
    return shk_buf_append(out, shk_span_of_text(text));
}

/* Text that the peer chose, with HTML's special characters escaped. */
static shk_status put_escaped(shk_buf *out, const char *text)
{
    for (; *text != 0; text++) {
        const char *entity = *text == '<'   ? "&lt;"
                             : *text == '>' ? "&gt;"
                             : *text == '&' ? "&amp;"
                             : *text == '"' ? "&quot;"
                                            : NULL;
        SHK_TRY(entity != NULL ? put(out, entity) : shk_buf_append(out, shk_span_of(text, 1)));
    }
    return SHK_OK;
}

static shk_status put_page(const shk_report *n, shk_buf *out)
{
    shk_parameter rows[SHK_PARAMETERS];
    size_t count = shk_report_rows(n, rows);
    SHK_TRY(put(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">"
                     "<title>Shakedown</title></head>\n<body>\n<h1>Shakedown</h1>\n<table>\n"));
    for (size_t i = 0; i < count; i++) {
        SHK_TRY(put(out, "<tr><th>"));
        SHK_TRY(put(out, rows[i].name));
        SHK_TRY(put(out, "</th><td>"));
        SHK_TRY(put_escaped(out, rows[i].value));
        SHK_TRY(put(out, "</td></tr>\n"));
    }
    return put(out, "</table>\n</body>\n</html>\n");
}

static shk_status put_answer(const char *status, const char *type, shk_span body, shk_buf *out)
{
    char head[200];
    snprintf(head, sizeof head,
             "HTTP/1.0 %s\r\nContent-Type: %s; charset=utf-8\r\n"
             "Content-Length: %zu\r\nConnection: close\r\n\r\n",
             status, type, body.len);
    SHK_TRY(put(out, head));
    return shk_buf_append(out, body);
}

shk_status shk_page_write(const shk_report *n, shk_buf *out)
{
    shk_buf page = shk_buf_growing(&shk_libc_allocator);
    shk_status status = put_page(n, &page);
    if (status == SHK_OK)
        status = put_answer("200 OK", "text/html", shk_buf_span(&page), out);
    shk_buf_free(&page);
    return status;
}

shk_status shk_page_refuse(const char *status, const char *reason, shk_buf *out)
{
    char line[300];
    snprintf(line, sizeof line, "%s\n", reason);
    return put_answer(status, "text/plain", shk_span_of_text(line), out);
}
