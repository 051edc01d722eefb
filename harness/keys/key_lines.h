/* Secrets as the lines of an NSS key log have them: "LABEL client_random secret", in hexadecimal.
 */
#ifndef SHK_KEYS_KEY_LINES_H
#define SHK_KEYS_KEY_LINES_H

#include "shakedown/registry.h"

enum { SHK_MAX_KEY_LINE_SECRET = SHK_MAX_HASH };

typedef struct {
    char label[40];
    uint8_t random[32];
    uint8_t secret[SHK_MAX_KEY_LINE_SECRET];
    size_t len; /* of the secret; 0: there is none */
} shk_key_line;

/* Takes the next line that can be read off the text. False at its end. */
bool shk_key_line_next(shk_span *text, shk_key_line *out);
/* The last line of that label whose random is the ClientHello's; where none is (as with an inner
 * ClientHello), the last of that label. False, with len 0, if there is none. */
bool shk_key_line_find(shk_span text, const char *label, const uint8_t *random, shk_key_line *out);

#endif
