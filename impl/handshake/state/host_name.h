/* Host names: what is sent as SNI, verified, or public in an ECHConfig. */
#ifndef SHK_HANDSHAKE_STATE_HOST_NAME_H
#define SHK_HANDSHAKE_STATE_HOST_NAME_H

#include "shakedown/types.h"

/* A host name that is no IPv4 address (RFC 9849 §6.1.7): labels of up to 63 letters, digits and
 * inner hyphens (RFC 5890 §2.3.1); leniently also of underscores, and of any length. No dot stands
 * at either end. */
bool shk_is_host_name(shk_span name, bool lenient);
bool shk_is_address(const char *name);
#endif
