/* EncryptedExtensions: answers that need no key exchange (RFC 8446 §4.3.1).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_MESSAGES_ENCRYPTED_EXTENSIONS_H
#define SHK_MESSAGES_ENCRYPTED_EXTENSIONS_H

#include "extensions/extension_block.h"

typedef struct {
    shk_extension_block extensions;
} shk_encrypted_extensions;

void shk_encrypted_extensions_shape(shk_codec *c, shk_encrypted_extensions *m);

#endif
