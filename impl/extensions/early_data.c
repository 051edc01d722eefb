/* early_data: a flag; in NewSessionTicket the amount allowed (RFC 8446 §4.2.10). */
#include "extensions/early_data.h"

#include "registry/layout.h"

/* RFC 8446 §4.2.10 */
void shk_early_data_shape(shk_codec *c, shk_early_data *m)
{
    if (c->form.place & SHK_IN_NEW_SESSION_TICKET)
        shk_u32(c, "max_early_data_size", &m->max_early_data_size, NULL);
}

SHK_LAYOUT(early_data);
