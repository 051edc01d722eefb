/* A client of ours (input/client.h). */
#include "input/client.h"

#include <stdlib.h>

#include "sim/clock.h"
#include "sim/random.h"

static const int64_t now_ms = INT64_C(1798761600000); /* 2027 */

void *shk_input_client_new(void)
{
    shk_crypto *crypto = shk_libcrypto_new();
    shk_config *config = (shk_config *)malloc(sizeof *config);
    if (crypto == NULL || config == NULL)
        return NULL;
    *config = shk_config_default(false, crypto);
    config->server_name = "server.shakedown.test";
    config->clock = shk_sim_clock(&now_ms);
    return config;
}

bool shk_input_client_starts(const shk_config *config, shk_buf *flight)
{
    shk_sim_random stream;
    const shk_random random = shk_sim_random_from(&stream, 1);
    shk_conn *conn = NULL;
    bool started = shk_conn_new(config, &random, &conn) == SHK_OK && shk_conn_start(conn) == SHK_OK;
    if (started && flight != NULL)
        started = shk_buf_append(flight, shk_conn_output(conn)) == SHK_OK;
    shk_conn_free(conn);
    return started;
}
