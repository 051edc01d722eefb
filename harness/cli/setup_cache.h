/* A cache of set-ups, by the command-line options that they were made from: in a batch, reading
 * keys and fetching algorithms for every handshake would take longer than the handshake. Bounded;
 * the least recently used entry is replaced. */
#ifndef SHK_CLI_SETUP_CACHE_H
#define SHK_CLI_SETUP_CACHE_H

#include "cli/end_options.h"
#include "endpoint/endpoint.h"

enum { SHK_SETUP_CACHE_SIZE = 32 };

typedef struct {
    char *key; /* kind and options; NULL: free */
    char *words;
    const shk_endpoint_kind *kind;
    shk_cli_end end; /* the set-up points into it, and into `words` */
    shk_endpoint_setup *setup;
    uint64_t used; /* value of `clock` at its last use */
} shk_setup_slot;

typedef struct {
    shk_setup_slot slots[SHK_SETUP_CACHE_SIZE];
    uint64_t clock; /* counts the look-ups */
} shk_setup_cache;

/* The set-up of the kind for side 0 (client) or 1 (server) by the options in argv; `seed` is the
 * ticket_seed that it has without that option. NULL with a reason in `why`. It belongs to the
 * cache, and is valid until two more were asked for. */
shk_endpoint_setup *shk_setup_cache_get(shk_setup_cache *cache, const shk_endpoint_kind *kind,
                                        int side, uint64_t seed, int argc, char **argv, char *why);
void shk_setup_cache_clear(shk_setup_cache *cache);

/* Steps through the options of an end in argv that hold for the side; the value of a flag
 * is "yes". False at the end. `*at` starts at 1. */
bool shk_cli_next_end_option(int argc, char **argv, int side, int *at, const char **name,
                             size_t *name_len, const char **value);

#endif
