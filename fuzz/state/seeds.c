/* fuzz_state_seeds: writes FOLDER/TARGET/KIND, an input of a stateful target for each kind of
 * handshake over the toy. */
#include <stdio.h>
#include <stdlib.h>

#include "shakedown/errors.h"
#include "state/kinds.h"

static bool write_file(const char *folder, const char *target, const char *name, shk_span bytes)
{
    char path[4096];
    int len = snprintf(path, sizeof path, "%s/%s/%s", folder, target, name);
    FILE *file = len > 0 && (size_t)len < sizeof path ? fopen(path, "wb") : NULL;
    bool ok = file != NULL && fwrite(bytes.data, 1, bytes.len, file) == bytes.len;
    if (file != NULL)
        ok = fclose(file) == 0 && ok;
    if (!ok)
        fprintf(stderr, "fuzz_state_seeds: cannot write %s/%s/%s\n", folder, target, name);
    return ok;
}

static bool write_seed(shk_state_ends *ends, const shk_state_target *target,
                       const shk_state_kind *kind, const char *folder)
{
    shk_buf seed = shk_buf_growing(&shk_libc_allocator);
    shk_state_result result;
    bool ok = shk_state_kind_run(ends, kind, target->is_server, &seed, &result);
    if (!ok)
        fprintf(stderr, "fuzz_state_seeds: %s, %s: client %s, server %s\n", target->name,
                kind->name, shk_error(result.fault[0].status)->name,
                shk_error(result.fault[1].status)->name);
    ok = ok && write_file(folder, target->name, kind->name, shk_buf_span(&seed));
    shk_buf_free(&seed);
    return ok;
}

int main(int argc, char **argv)
{
    static shk_state_ends ends; /* too large for a stack */
    bool ok = true;
    if (argc != 2) {
        fputs("usage: fuzz_state_seeds FOLDER\n", stderr);
        return 2;
    }
    if (!shk_state_ends_new(&ends, SHK_TOY_PERMISSIVE, &shk_libc_allocator)) {
        fputs("fuzz_state_seeds: no memory\n", stderr);
        return 3;
    }
    for (size_t t = 0; t < shk_state_target_count; t++)
        for (size_t k = 0; k < shk_state_kind_count; k++)
            if (shk_state_kinds[k].is_13 == shk_state_targets[t].is_13)
                ok &= write_seed(&ends, &shk_state_targets[t], &shk_state_kinds[k], argv[1]);
    shk_state_ends_free(&ends);
    return ok ? 0 : 1;
}
