/* A recording, as `shakedown replay` runs it: our side is made of what is in it and fed what it was
 * fed. */
#include "cli/replay_recording.h"

#include <stdlib.h>
#include <string.h>

#include "driver.h"
#include "input/input.h"

enum { GOOD = 0, USAGE = 2 };

typedef struct {
    int code;
    char *said; /* with what was printed, and the reason */
    char why[SHK_REPLAY_WHY];
} replayed;

static replayed replay(shk_span input)
{
    replayed r = {.code = USAGE, .why = ""};
    size_t len = 0;
    FILE *file = fmemopen((void *)(uintptr_t)input.data, input.len, "r");
    FILE *out = open_memstream(&r.said, &len);
    if (file == NULL || out == NULL) {
        fprintf(stderr, "fuzz: no memory\n");
        exit(3);
    }
    r.code = shk_replay_recording("input", file, out, r.why);
    fclose(file);
    fclose(out);
    return r;
}

/* A recording says all there is to know: it ends the same each time. Asked of some inputs only,
 * since it costs a second handshake. */
static void check_again(shk_span input, const replayed *first)
{
    replayed again = replay(input);
    if (again.code != first->code || strcmp(again.said, first->said) != 0 ||
        strcmp(again.why, first->why) != 0)
        shk_input_violated("replay-differs", again.code >= USAGE ? again.why : again.said);
    free(again.said);
}

static bool run(void *shared, shk_span input)
{
    (void)shared;
    if (input.len == 0)
        return false;
    replayed r = replay(input);
    if (r.code >= USAGE && r.why[0] == 0)
        shk_input_violated("refused-without-reason", "a recording is refused for no reason");
    if (shk_fuzz_is_chosen(input))
        check_again(input, &r);
    free(r.said);
    return r.code == GOOD;
}

const shk_input_kind shk_input = {NULL, run};
