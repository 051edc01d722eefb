/* Finished: a MAC over the handshake so far (RFC 8446 §4.4.4, RFC 5246 §7.4.9). */
#include "messages/finished.h"

#include "registry/layout.h"

/* RFC 8446 §4.4.4, RFC 5246 §7.4.9 */
void shk_finished_shape(shk_codec *c, shk_finished *m)
{
    shk_fixed(c, "verify_data", &m->verify_data, c->form.verify_length);
}

SHK_LAYOUT(finished);
