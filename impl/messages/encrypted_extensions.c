/* EncryptedExtensions: answers that need no key exchange (RFC 8446 §4.3.1). */
#include "messages/encrypted_extensions.h"

#include "registry/layout.h"

/* RFC 8446 §4.3.1 */
void shk_encrypted_extensions_shape(shk_codec *c, shk_encrypted_extensions *m)
{
    shk_extensions(c, SHK_IN_ENCRYPTED_EXTENSIONS, &m->extensions);
}

SHK_LAYOUT(encrypted_extensions);
