/* ECHConfigLists: made, and read (RFC 9849 §4). */
#ifndef SHK_HANDSHAKE_HELLO_ECH_CONFIGS_H
#define SHK_HANDSHAKE_HELLO_ECH_CONFIGS_H

#include "crypto/hpke.h"
#include "extensions/encrypted_client_hello.h"
#include "shakedown/config.h"
#include "shakedown/types.h"

/* The next configuration of a list that can be used here (§4, §4.2), and its first cipher suite
 * that can. False at the end. */
bool shk_ech_next_usable(const shk_crypto *crypto, shk_span *list, shk_ech_config *out,
                         shk_hpke_suite *suite, shk_span *whole);
/* The ECHConfigs of an ECHConfigList; none where it is no such list. */
shk_span shk_ech_list(shk_span configs);
/* Whether configurations and keys of a connection's configuration can be used, if there are any. */
bool shk_ech_config_usable(const shk_config *config);
/* `info` of HPKE's setup: "tls ech", a zero and the ECHConfig (§6.1). */
shk_status shk_ech_info(shk_span config, shk_buf *out);

#endif
