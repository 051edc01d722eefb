/* server_name: the host the client wants; the answer is empty (RFC 6066 §3). */
#include "extensions/server_name.h"

#include "registry/layout.h"

void shk_server_name_entry_shape(shk_codec *c, void *element)
{
    shk_server_name_entry *m = (shk_server_name_entry *)element;
    shk_u8(c, "name_type", &m->name_type, NULL);
    shk_opaque16(c, "host_name", &m->host_name, 1, 65535);
}

/* An ASCII name without NUL; its syntax beyond that is for the one who compares it. */
static bool is_ascii(shk_span name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.data[i] == 0 || name.data[i] > 0x7f)
            return false;
    return true;
}

/* At most one name of each type, and host names in ASCII. */
static void check_names(shk_codec *c, shk_span list)
{
    bool seen[256] = {false};
    shk_server_name_entry entry;
    while (shk_list_next(&list, &c->form, shk_server_name_entry_shape, &entry)) {
        shk_require(c, "name_type", !seen[entry.name_type], SHK_E_SERVER_NAME_DUPLICATE);
        shk_require(c, "host_name", entry.name_type != 0 || is_ascii(entry.host_name),
                    SHK_E_SERVER_NAME_SYNTAX);
        seen[entry.name_type] = true;
    }
}

/* RFC 6066 §3 */
void shk_server_name_shape(shk_codec *c, shk_server_name *m)
{
    if ((c->form.place & SHK_IN_CLIENT_HELLO) == 0)
        return;
    shk_server_name_entry entry;
    shk_list16(c, "server_name_list", &m->server_name_list, 1, 65535, shk_server_name_entry_shape,
               &entry);
    if (c->mode == SHK_DECODE)
        check_names(c, m->server_name_list);
}

SHK_LAYOUT(server_name);
