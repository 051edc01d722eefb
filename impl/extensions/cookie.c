/* cookie: given in HelloRetryRequest, given back in the second ClientHello (RFC 8446 §4.2.2). */
#include "extensions/cookie.h"

#include "registry/layout.h"

/* RFC 8446 §4.2.2 */
void shk_cookie_shape(shk_codec *c, shk_cookie *m)
{
    shk_opaque16(c, "cookie", &m->cookie, 1, 65535);
}

SHK_LAYOUT(cookie);
