/* Text that a peer chose, made safe to print.
 * Protocols and names come from the peer, and go to terminals, logs and pages. */
#ifndef SHK_ENDPOINT_PRINTABLE_H
#define SHK_ENDPOINT_PRINTABLE_H

#include "shakedown/types.h"

/* Writes bytes that a peer chose as text that is safe to print: printable ASCII as it is, a
 * backslash twice, every other byte as \xNN, which no terminal, log or page takes for more than
 * text. What does not fit in `size` bytes with its end is cut off between such pieces. */
void shk_printable_text(shk_span bytes, char *out, size_t size);

#endif
