/* ClientHello of all versions (RFC 8446 §4.1.2, RFC 5246 §7.4.1.2). */
#include "messages/client_hello.h"

#include "registry/layout.h"

static bool has_null(shk_span compression_methods)
{
    for (size_t i = 0; i < compression_methods.len; i++)
        if (compression_methods.data[i] == 0)
            return true;
    return false;
}

/* RFC 8446 §4.1.2, RFC 5246 §7.4.1.2 */
void shk_client_hello_shape(shk_codec *c, shk_client_hello *m)
{
    shk_u16(c, "legacy_version", &m->legacy_version, shk_version_name);
    shk_fixed(c, "random", &m->random, 32);
    shk_opaque8(c, "legacy_session_id", &m->legacy_session_id, 0, 32);
    shk_u16_list16(c, "cipher_suites", &m->cipher_suites, 2, 65534, shk_suite_name);
    shk_u8_list8(c, "legacy_compression_methods", &m->legacy_compression_methods, 1, 255, NULL);
    shk_require(c, "legacy_compression_methods", has_null(m->legacy_compression_methods),
                SHK_E_COMPRESSION_METHODS);
    if (shk_optional(c, c->mode != SHK_DECODE && m->extensions.present))
        shk_extensions(c, SHK_IN_CLIENT_HELLO, &m->extensions);
    else
        m->extensions = shk_no_extensions;
}

SHK_LAYOUT(client_hello);
