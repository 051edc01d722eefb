/* HelloRequest: asks the client to renegotiate (RFC 5246 §7.4.1.1). */
#include "messages/hello_request.h"

#include "registry/layout.h"

/* RFC 5246 §7.4.1.1 */
void shk_hello_request_shape(shk_codec *c, shk_hello_request *m)
{
    (void)c;
    (void)m;
}

SHK_LAYOUT(hello_request);
