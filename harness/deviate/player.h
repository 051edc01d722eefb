/* Plays a script: by the hooks of our own end, or in the middle between two ends. */
#ifndef SHK_DEVIATE_PLAYER_H
#define SHK_DEVIATE_PLAYER_H

#include "deviate/script.h"
#include "endpoint/provider.h"
#include "shakedown/deviation.h"

typedef struct shk_player shk_player;

/* A player for a script, which must outlive it, as must `files`: the folder of the keys that a
 * script names. NULL without memory. */
shk_player *shk_player_new(const shk_script *script, const char *files);
/* Reads the keys that a script names by another provider than libcrypto; `crypto` is what that has
 * opened. Both must outlive the player. */
void shk_player_use(shk_player *player, const shk_provider *provider, const shk_crypto *crypto);
/* Takes NULL too. */
void shk_player_free(shk_player *player);

/* Begins a connection, the first or (1) the second; operations apply to the last that the script
 * has. */
void shk_player_begin(shk_player *player, size_t connection);

/* For shk_endpoint_config.hooks of our end; honest in connections that no operation is for. Not
 * for a middle. The observer has to be given too: it sees what our end receives and sends. */
const shk_deviation_hooks *shk_player_hooks(shk_player *player);
/* For shk_endpoint_config.observer, with the player as its context. */
void shk_player_observe(void *player, bool sent, shk_message id, const shk_form *form,
                        shk_span raw);

/* What goes on to the other end, of what one end has sent: the same bytes, or what the operations
 * make of them. For a middle; also for our own end in the last step before the wire, where it keeps
 * back what waits for the peer. False without memory. */
bool shk_player_pass(shk_player *player, bool from_server, shk_span bytes, shk_buf *out);
/* Whether the end that sent (our own, or the one that the middle stands for) closes its side now,
 * after what shk_player_pass gave. */
bool shk_player_closes(const shk_player *player, bool from_server);

/* Gives a middle the keys of the ends: it can then alter what is protected too, by AEAD suites; of
 * others it sees records alone. The source tells the key log of an end so far, of which the
 * sender's has the keys of what it sends; an empty one where there is none. */
typedef shk_span shk_key_log_source(const void *context, bool of_server);
void shk_player_give_keys(shk_player *player, const shk_crypto *crypto, shk_key_log_source *source,
                          const void *context);
/* Whether every operation has been applied; else `why` (SHK_WHY_SIZE) prints one that has not. */
bool shk_player_played(const shk_player *player, char *why);

#endif
