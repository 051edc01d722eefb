/* EndOfEarlyData: the keys change to those of the handshake (RFC 8446 §4.5). */
#include "messages/end_of_early_data.h"

#include "registry/layout.h"

/* RFC 8446 §4.5 */
void shk_end_of_early_data_shape(shk_codec *c, shk_end_of_early_data *m)
{
    (void)c;
    (void)m;
}

SHK_LAYOUT(end_of_early_data);
