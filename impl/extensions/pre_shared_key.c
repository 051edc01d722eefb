/* pre_shared_key: the PSKs offered with their binders, or the one selected (RFC 8446 §4.2.11). */
#include "extensions/pre_shared_key.h"

#include "registry/layout.h"

void shk_psk_identity_shape(shk_codec *c, void *element)
{
    shk_psk_identity *m = (shk_psk_identity *)element;
    shk_opaque16(c, "identity", &m->identity, 1, 65535);
    shk_u32(c, "obfuscated_ticket_age", &m->obfuscated_ticket_age, NULL);
}

void shk_psk_binder_shape(shk_codec *c, void *element)
{
    shk_psk_binder *m = (shk_psk_binder *)element;
    shk_opaque8(c, "binder", &m->binder, 32, 255);
}

/* One binder for each identity. */
static void check_counts(shk_codec *c, shk_span identities, shk_span binders)
{
    shk_psk_identity identity;
    shk_psk_binder binder;
    while (shk_list_next(&identities, &c->form, shk_psk_identity_shape, &identity))
        if (!shk_list_next(&binders, &c->form, shk_psk_binder_shape, &binder)) {
            shk_require(c, "binders", false, SHK_E_PSK_BINDER_COUNT);
            return;
        }
    shk_require(c, "binders", binders.len == 0, SHK_E_PSK_BINDER_COUNT);
}

/* RFC 8446 §4.2.11 */
void shk_pre_shared_key_shape(shk_codec *c, shk_pre_shared_key *m)
{
    if ((c->form.place & SHK_IN_CLIENT_HELLO) == 0) {
        shk_u16(c, "selected_identity", &m->selected_identity, NULL);
        return;
    }
    shk_psk_identity identity;
    shk_psk_binder binder;
    shk_list16(c, "identities", &m->identities, 7, 65535, shk_psk_identity_shape, &identity);
    shk_list16(c, "binders", &m->binders, 33, 65535, shk_psk_binder_shape, &binder);
    if (c->mode == SHK_DECODE && c->fault.status == SHK_OK)
        check_counts(c, m->identities, m->binders);
}

SHK_LAYOUT(pre_shared_key);
