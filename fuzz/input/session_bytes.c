/* What holds for all bytes that may be a session (input/session_bytes.h). */
#include "input/session_bytes.h"

#include "handshake/state/session_content.h"
#include "input/input.h"

void shk_input_check_session(shk_span bytes)
{
    shk_session session;
    shk_buf again = shk_buf_growing(&shk_libc_allocator);
    if (shk_session_read(bytes, &session) &&
        (shk_encode(shk_session_shape, NULL, &session, &again, NULL) != SHK_OK ||
         !shk_span_equal(shk_buf_span(&again), bytes)))
        shk_input_violated("session-differs", "what was read is not written as the same bytes");
    shk_buf_free(&again);
}
