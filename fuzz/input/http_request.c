/* What a client asks `shakedown server` for, as it arrives. */
#include "app/http_request.h"

#include "input/input.h"

/* What is decided does not change with what comes behind it. */
static bool run(void *shared, shk_span input)
{
    shk_request_state before = SHK_REQUEST_PARTIAL;
    (void)shared;
    for (size_t len = 1; len <= input.len; len = len < 64 ? len + 1 : 2 * len) {
        const shk_span front = shk_span_of(input.data, len);
        const shk_request_state now = shk_request_of(front);
        if (before != SHK_REQUEST_PARTIAL && now != before)
            shk_input_violated("request-undecided", "more bytes make another request of it");
        if (now == SHK_REQUEST_WHOLE)
            (void)shk_request_is_for(front, "/");
        before = now;
    }
    return shk_request_of(input) == SHK_REQUEST_WHOLE;
}

const shk_input_kind shk_input = {NULL, run};
