/* What tools read from hellos (cli/hello.h). */
#include "cli/hello.h"

#include <stdio.h>

enum { RECORD_HEADER = 5, MESSAGE_HEADER = 4, CLIENT_HELLO = 1, MAX_HELLO = 65536 };

static void start_shape(shk_codec *c, shk_cli_hello *m)
{
    shk_u16(c, "legacy_version", &m->legacy_version, NULL);
    shk_fixed(c, "random", &m->random, 32);
    shk_opaque8(c, "legacy_session_id", &m->session_id, 0, 32);
}

static void end_shape(shk_codec *c, shk_cli_hello *m)
{
    uint16_t len = 0;
    m->extensions_at = 0;
    m->extensions = shk_span_of(NULL, 0);
    if (!shk_optional(c, true))
        return;
    shk_u16(c, "extensions", &len, NULL);
    m->extensions_at = c->pos;
    shk_rest(c, "extensions", &m->extensions);
    if (m->extensions.len > len)
        m->extensions.len = len;
}

static void client_shape(shk_codec *c, void *message)
{
    shk_cli_hello *m = (shk_cli_hello *)message;
    shk_span compression_methods;
    start_shape(c, m);
    shk_opaque16(c, "cipher_suites", &m->suites, 0, 65535);
    shk_opaque8(c, "legacy_compression_methods", &compression_methods, 0, 255);
    end_shape(c, m);
}

static void server_shape(shk_codec *c, void *message)
{
    shk_cli_hello *m = (shk_cli_hello *)message;
    uint8_t compression_method;
    start_shape(c, m);
    shk_u16(c, "cipher_suite", &m->suite, NULL);
    shk_u8(c, "legacy_compression_method", &compression_method, NULL);
    end_shape(c, m);
}

static void extension_shape(shk_codec *c, void *message)
{
    shk_cli_extension *m = (shk_cli_extension *)message;
    shk_u16(c, "extension_type", &m->type, NULL);
    shk_opaque16(c, "extension_data", &m->body, 0, 65535);
}

bool shk_cli_client_hello(shk_span body, shk_cli_hello *out)
{
    return shk_decode(client_shape, NULL, body, out, NULL) == SHK_OK;
}

bool shk_cli_server_hello(shk_span body, shk_cli_hello *out)
{
    return shk_decode(server_shape, NULL, body, out, NULL) == SHK_OK;
}

bool shk_cli_extension_next(shk_span *block, shk_cli_extension *out)
{
    return shk_list_next(block, NULL, extension_shape, out);
}

uint16_t shk_cli_selected_version(const shk_cli_hello *hello)
{
    shk_cli_extension e;
    for (shk_span rest = hello->extensions; shk_cli_extension_next(&rest, &e);)
        if (e.type == shk_extension_rows[SHK_EXT_supported_versions].value && e.body.len == 2)
            return shk_u16_at(e.body, 0);
    return hello->legacy_version;
}

/* Joins the handshake records at the front until they hold one message; its body, or an empty span.
 */
static shk_span first_message(shk_span records, shk_buf *joined)
{
    const shk_span none = {NULL, 0};
    while (records.len > RECORD_HEADER && records.data[0] == SHK_HANDSHAKE) {
        size_t len = (size_t)records.data[3] << 8 | records.data[4];
        if (len > records.len - RECORD_HEADER || joined->len > MAX_HELLO ||
            shk_buf_append(joined, shk_span_of(records.data + RECORD_HEADER, len)) != SHK_OK)
            return none;
        records =
            shk_span_of(records.data + RECORD_HEADER + len, records.len - RECORD_HEADER - len);
        if (joined->len < MESSAGE_HEADER)
            continue;
        size_t body =
            (size_t)joined->data[1] << 16 | (size_t)joined->data[2] << 8 | joined->data[3];
        if (joined->len >= MESSAGE_HEADER + body)
            return shk_span_of(joined->data + MESSAGE_HEADER, body);
    }
    return none;
}

/* ServerNameList: the one host_name that is allowed in it. */
static void copy_host_name(shk_span list, char *name, size_t size)
{
    enum { LIST_LENGTH = 2, TYPE = 1, NAME_LENGTH = 2, HEAD = LIST_LENGTH + TYPE + NAME_LENGTH };
    if (list.len <= HEAD || list.data[LIST_LENGTH] != 0)
        return;
    size_t len = (size_t)list.data[HEAD - 2] << 8 | list.data[HEAD - 1];
    if (len <= list.len - HEAD && len < size)
        snprintf(name, size, "%.*s", (int)len, (const char *)list.data + HEAD);
}

void shk_cli_requested_name(shk_span records, char *name, size_t size)
{
    shk_buf joined = shk_buf_growing(&shk_libc_allocator);
    shk_span body = first_message(records, &joined);
    shk_cli_hello hello;
    shk_cli_extension e;
    name[0] = 0;
    if (body.len > 0 && joined.data[0] == CLIENT_HELLO && shk_cli_client_hello(body, &hello))
        for (shk_span rest = hello.extensions; shk_cli_extension_next(&rest, &e);)
            if (e.type == shk_extension_rows[SHK_EXT_server_name].value)
                copy_host_name(e.body, name, size);
    shk_buf_free(&joined);
}
