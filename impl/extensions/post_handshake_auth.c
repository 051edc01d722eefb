/* post_handshake_auth: a flag (RFC 8446 §4.2.6). */
#include "extensions/post_handshake_auth.h"

#include "registry/layout.h"

/* RFC 8446 §4.2.6 */
void shk_post_handshake_auth_shape(shk_codec *c, shk_post_handshake_auth *m)
{
    (void)c;
    (void)m;
}

SHK_LAYOUT(post_handshake_auth);
