/* key_share: (EC)DHE public values, or the group a HelloRetryRequest asks for (RFC 8446 §4.2.8). */
#include "extensions/key_share.h"

#include "registry/layout.h"

void shk_key_share_entry_shape(shk_codec *c, void *element)
{
    shk_key_share_entry *m = (shk_key_share_entry *)element;
    shk_u16(c, "group", &m->group, shk_group_name);
    shk_opaque16(c, "key_exchange", &m->key_exchange, 1, 65535);
}

/* RFC 8446 §4.2.8 */
void shk_key_share_shape(shk_codec *c, shk_key_share *m)
{
    if (c->form.place & SHK_IN_CLIENT_HELLO) {
        shk_key_share_entry entry;
        shk_list16(c, "client_shares", &m->client_shares, 0, 65535, shk_key_share_entry_shape,
                   &entry);
    } else if (c->form.place & SHK_IN_HELLO_RETRY_REQUEST) {
        shk_u16(c, "selected_group", &m->selected_group, shk_group_name);
    } else {
        shk_key_share_entry_shape(c, &m->server_share);
    }
}

SHK_LAYOUT(key_share);
