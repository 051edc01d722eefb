/* extended_master_secret: a flag (RFC 7627 §5.1). */
#include "extensions/extended_master_secret.h"

#include "registry/layout.h"

/* RFC 7627 §5.1 */
void shk_extended_master_secret_shape(shk_codec *c, shk_extended_master_secret *m)
{
    (void)c;
    (void)m;
}

SHK_LAYOUT(extended_master_secret);
