/* ServerHello of all versions (RFC 8446 §4.1.3, RFC 5246 §7.4.1.3). */
#include "messages/server_hello.h"

#include "registry/layout.h"

/* RFC 8446 §4.1.3, RFC 5246 §7.4.1.3 */
void shk_server_hello_shape(shk_codec *c, shk_server_hello *m)
{
    shk_u16(c, "legacy_version", &m->legacy_version, shk_version_name);
    shk_fixed(c, "random", &m->random, 32);
    shk_require(c, "random", !shk_span_equal(m->random, shk_span_of(shk_retry_random, 32)),
                SHK_E_RETRY_RANDOM);
    shk_opaque8(c, "legacy_session_id_echo", &m->legacy_session_id_echo, 0, 32);
    shk_u16(c, "cipher_suite", &m->cipher_suite, shk_suite_name);
    shk_u8(c, "legacy_compression_method", &m->legacy_compression_method, NULL);
    shk_require(c, "legacy_compression_method", m->legacy_compression_method == 0,
                SHK_E_COMPRESSION_METHOD);
    if (shk_optional(c, c->mode != SHK_DECODE && m->extensions.present))
        shk_extensions(c, SHK_IN_SERVER_HELLO, &m->extensions);
    else
        m->extensions = shk_no_extensions;
}

SHK_LAYOUT(server_hello);
