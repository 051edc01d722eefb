/* encrypt_then_mac: a flag (RFC 7366 §2). */
#include "extensions/encrypt_then_mac.h"

#include "registry/layout.h"

/* RFC 7366 §2 */
void shk_encrypt_then_mac_shape(shk_codec *c, shk_encrypt_then_mac *m)
{
    (void)c;
    (void)m;
}

SHK_LAYOUT(encrypt_then_mac);
