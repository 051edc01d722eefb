/* An end that takes part in a run: its settings, its set-up, and the connection with what is
 * wrapped around it. */
#ifndef SHK_PLAY_END_H
#define SHK_PLAY_END_H

#include "deviate/player.h"
#include "oracle/meter.h"
#include "play/play_setups.h"

enum { SHK_PLAY_LAYERS = 4 };

typedef struct {
    const shk_endpoint_kind *kind;
    int side; /* 0: client, 1: server */
    shk_play_part part;
    /* Of each set-up that it has had, since observations of connections outlive it. */
    shk_play_settings settings[2];
    shk_cli_end *configs[2];
    bool shared[2]; /* the set-up and its configuration are those of `store` */
    size_t setups;
    shk_endpoint_setup *setup;
    shk_play_setups *store; /* NULL: each run has set-ups of its own */
    shk_meter meter;        /* what the connection takes */
    shk_buf saved;          /* what an earlier set-up has left to resume from */
    struct {
        const shk_endpoint_kind *kind;
        shk_endpoint *end;
    } layers[SHK_PLAY_LAYERS];
    size_t layer_count;
} shk_play_end;

/* Why an end cannot be set up. */
typedef enum {
    SHK_PLAY_SET_UP,
    SHK_PLAY_NO_SETTINGS, /* the script's settings are not usable at all */
    SHK_PLAY_NOT_OF_KIND  /* its kind does not have them */
} shk_play_set_up_result;

shk_play_end shk_play_end_begin(const shk_endpoint_kind *kind, int side, shk_play_part part,
                                shk_play_setups *store);
/* Sets it up for a connection of the script. A second one with the same settings keeps the set-up,
 * and with it its sessions; with others it gets a new one, that has them if the kind can save them.
 * Else a reason in `why`. */
shk_play_set_up_result shk_play_end_set_up(shk_play_end *end, const shk_script *script,
                                           const char *folder, size_t connection,
                                           shk_play_prepare *prepare, void *context, char *why);
/* Those of its latest set-up. */
const shk_play_settings *shk_play_end_settings(const shk_play_end *end);
const shk_endpoint_config *shk_play_end_config(const shk_play_end *end);
/* Opens a connection. False without memory. */
bool shk_play_end_open(shk_play_end *end, uint64_t seed);
/* Wraps what is there; the wrapper may be NULL: false then. */
bool shk_play_end_wrap(shk_play_end *end, const shk_endpoint_kind *kind, shk_endpoint *wrapper);
/* The outermost layer. */
const shk_endpoint_kind *shk_play_end_kind(const shk_play_end *end);
shk_endpoint *shk_play_end_top(const shk_play_end *end);
/* Sends application data: the words, and what is missing of `len` bytes behind them. False where
 * nothing can be sent. */
bool shk_play_end_write(const shk_play_end *end, const char *words, size_t len);
/* Queues so many bytes of early data, where the end has a session for them. */
void shk_play_end_write_early(const shk_play_end *end, size_t len);
/* Closes the connection. */
void shk_play_end_close(shk_play_end *end);
/* Frees the set-up, after the connection. */
void shk_play_end_free(shk_play_end *end);

#endif
