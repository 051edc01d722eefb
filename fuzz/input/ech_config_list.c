/* An ECHConfigList: a client's, which hides its ClientHello by it, and a server's, whose key is
 * looked for in it. */
#include "input/client.h"
#include "input/input.h"
#include "shakedown/ech.h"

static bool run(void *shared, shk_span input)
{
    shk_config config = *(const shk_config *)shared;
    const shk_ech_key key = {.configs = input, .private_key = {1}};
    config.ech_configs = input;
    (void)shk_ech_check_key(config.crypto, &key);
    return shk_input_client_starts(&config, NULL);
}

const shk_input_kind shk_input = {shk_input_client_new, run};
