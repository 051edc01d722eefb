/* HelloRetryRequest: a ServerHello with a random of its own (RFC 8446 §4.1.4). */
#include "messages/hello_retry_request.h"

#include "registry/layout.h"

/* RFC 8446 §4.1.4 */
void shk_hello_retry_request_shape(shk_codec *c, shk_hello_retry_request *m)
{
    shk_u16(c, "legacy_version", &m->legacy_version, shk_version_name);
    shk_fixed(c, "random", &m->random, 32);
    shk_require(c, "random", shk_span_equal(m->random, shk_span_of(shk_retry_random, 32)),
                SHK_E_RETRY_RANDOM);
    shk_opaque8(c, "legacy_session_id_echo", &m->legacy_session_id_echo, 0, 32);
    shk_u16(c, "cipher_suite", &m->cipher_suite, shk_suite_name);
    shk_u8(c, "legacy_compression_method", &m->legacy_compression_method, NULL);
    shk_require(c, "legacy_compression_method", m->legacy_compression_method == 0,
                SHK_E_COMPRESSION_METHOD);
    shk_extensions(c, SHK_IN_HELLO_RETRY_REQUEST, &m->extensions);
}

SHK_LAYOUT(hello_retry_request);
