/* Set-ups that many runs share: reading keys and fetching algorithms costs more than a handshake
 * does. For fuzzers, which play thousands of scripts with the same settings. */
#ifndef SHK_PLAY_SETUPS_H
#define SHK_PLAY_SETUPS_H

#include "cli/play_settings.h"
#include "shakedown/deviation.h"

/* The ticket keys of our servers, which a second set-up draws again. */
enum { SHK_PLAY_TICKET_SEED = 1 };

typedef struct shk_play_setups shk_play_setups;

/* What an end is in a run, as far as its set-up has to know. */
typedef enum { SHK_PLAY_PEER, SHK_PLAY_OBSERVED, SHK_PLAY_DEVIATES } shk_play_part;

/* Where our ends look for the run that they take part in now, since a shared set-up outlives it. */
typedef struct {
    shk_deviation_hooks hooks;
    void *run;
} shk_play_relay;

/* What was made of an end's settings. */
typedef struct {
    shk_cli_end *config;       /* what the set-up points into */
    shk_endpoint_setup *setup; /* NULL: it could not be made */
    bool no_settings;          /* and the settings are not usable by any kind */
    char why[SHK_WHY_SIZE];
} shk_shared_setup;

/* Adds to the configuration of an end before it is set up. */
typedef void shk_play_prepare(void *context, int side, shk_endpoint_config *config);

/* For as long as the process is. NULL: no memory. */
shk_play_setups *shk_play_setups_new(void);

shk_play_relay *shk_play_setups_relay(shk_play_setups *setups);

/* Whether set-ups of the kind can be shared between runs: it can forget sessions. */
bool shk_play_setups_can_have(const shk_endpoint_kind *kind);
/* The set-up of these settings, without sessions of earlier runs; or why there is none, which is
 * kept as well. It stays the store's, and is good until 100 others were asked for. NULL: no memory.
 */
const shk_shared_setup *shk_play_setups_get(shk_play_setups *setups, const shk_endpoint_kind *kind,
                                            int side, shk_play_part part,
                                            const shk_play_settings *settings,
                                            shk_play_prepare *prepare, void *context);

#endif
