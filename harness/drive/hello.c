/* What tools read from hellos (drive/hello.h). */
#include "drive/hello.h"

static void start_shape(shk_codec *c, shk_hello *m)
{
    shk_u16(c, "legacy_version", &m->legacy_version, NULL);
    shk_fixed(c, "random", &m->random, 32);
    /* An onlooker reads what an end may take, which can be longer than it is allowed to. */
    shk_opaque8(c, "legacy_session_id", &m->session_id, 0, 255);
}

static void end_shape(shk_codec *c, shk_hello *m)
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
    shk_hello *m = (shk_hello *)message;
    shk_span compression_methods;
    start_shape(c, m);
    shk_opaque16(c, "cipher_suites", &m->suites, 0, 65535);
    shk_opaque8(c, "legacy_compression_methods", &compression_methods, 0, 255);
    end_shape(c, m);
}

static void server_shape(shk_codec *c, void *message)
{
    shk_hello *m = (shk_hello *)message;
    uint8_t compression_method;
    start_shape(c, m);
    shk_u16(c, "cipher_suite", &m->suite, NULL);
    shk_u8(c, "legacy_compression_method", &compression_method, NULL);
    end_shape(c, m);
}

static void extension_shape(shk_codec *c, void *message)
{
    shk_seen_extension *m = (shk_seen_extension *)message;
    shk_u16(c, "extension_type", &m->type, NULL);
    shk_opaque16(c, "extension_data", &m->body, 0, 65535);
}

bool shk_hello_of_client(shk_span body, shk_hello *out)
{
    return shk_decode(client_shape, NULL, body, out, NULL) == SHK_OK;
}

bool shk_hello_of_server(shk_span body, shk_hello *out)
{
    return shk_decode(server_shape, NULL, body, out, NULL) == SHK_OK;
}

bool shk_raw_extension_next(shk_span *block, shk_seen_extension *out)
{
    return shk_list_next(block, NULL, extension_shape, out);
}

uint16_t shk_hello_version(const shk_hello *hello)
{
    shk_seen_extension e;
    for (shk_span rest = hello->extensions; shk_raw_extension_next(&rest, &e);)
        if (e.type == shk_extension_rows[SHK_EXT_supported_versions].value && e.body.len == 2)
            return shk_u16_at(e.body, 0);
    return hello->legacy_version;
}
