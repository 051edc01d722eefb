/* The server's page (cli/page.h). */
#include "cli/page.h"

#include <string.h>

static shk_status put(shk_buf *out, const char *text)
{
    return shk_buf_append(out, shk_span_of_text(text));
}

/* Text of the peer's, made harmless. */
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

static shk_status put_page(const shk_negotiated *n, shk_buf *out)
{
    shk_parameter rows[SHK_PARAMETERS];
    size_t count = shk_negotiated_rows(n, rows);
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

bool shk_page_is_asked(shk_span data)
{
    static const char method[] = "GET ";
    return data.len >= strlen(method) && memcmp(data.data, method, strlen(method)) == 0;
}

shk_status shk_page_write(const shk_negotiated *n, shk_buf *out)
{
    char head[160];
    shk_buf page = shk_buf_growing(&shk_libc_allocator);
    shk_status status = put_page(n, &page);
    snprintf(head, sizeof head,
             "HTTP/1.0 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
             "Content-Length: %zu\r\nConnection: close\r\n\r\n",
             page.len);
    if (status == SHK_OK)
        status = put(out, head);
    if (status == SHK_OK)
        status = shk_buf_append(out, shk_buf_span(&page));
    shk_buf_free(&page);
    return status;
}
