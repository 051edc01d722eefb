/* A session that a client is given back, as `shakedown client` reads it from a file: one that
 * cannot be read, or does not stand for a full handshake, is passed over. */
#include <string.h>

#include "handshake/state/session_content.h"
#include "input/client.h"
#include "input/input.h"
#include "input/session_bytes.h"

static bool contains(shk_span all, shk_span part)
{
    for (size_t i = 0; part.len > 0 && i + part.len <= all.len; i++)
        if (memcmp(all.data + i, part.data, part.len) == 0)
            return true;
    return false;
}

/* Whether the client offers the session's ticket. */
static bool run(void *shared, shk_span input)
{
    shk_config config = *(const shk_config *)shared;
    shk_buf flight = shk_buf_growing(&shk_libc_allocator);
    shk_session session;
    config.session = input;
    shk_input_check_session(input);
    const bool offered = shk_input_client_starts(&config, &flight) &&
                         shk_session_read(input, &session) &&
                         contains(shk_buf_span(&flight), session.ticket);
    shk_buf_free(&flight);
    return offered;
}

const shk_input_kind shk_input = {shk_input_client_new, run};
