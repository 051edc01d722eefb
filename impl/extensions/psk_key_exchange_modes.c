/* psk_key_exchange_modes: how PSKs may be used (RFC 8446 §4.2.9). */
#include "extensions/psk_key_exchange_modes.h"

#include "registry/layout.h"

/* RFC 8446 §4.2.9 */
void shk_psk_key_exchange_modes_shape(shk_codec *c, shk_psk_key_exchange_modes *m)
{
    shk_u8_list8(c, "ke_modes", &m->ke_modes, 1, 255, shk_psk_mode_name);
}

SHK_LAYOUT(psk_key_exchange_modes);
