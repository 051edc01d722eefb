/* ServerHelloDone: the end of the server's first flight (RFC 5246 §7.4.5). */
#include "messages/server_hello_done.h"

#include "registry/layout.h"

/* RFC 5246 §7.4.5 */
void shk_server_hello_done_shape(shk_codec *c, shk_server_hello_done *m)
{
    (void)c;
    (void)m;
}

SHK_LAYOUT(server_hello_done);
