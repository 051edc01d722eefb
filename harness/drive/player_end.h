/* An endpoint that plays a script: what it sends and receives passes its player, so that whoever
 * drives ends in memory, or over a socket, needs to know nothing of scripts. */
#ifndef SHK_PLAYER_END_H
#define SHK_PLAYER_END_H

#include "deviate/player.h"

/* Wraps `end`, which stays the caller's unless it is `owned`, and is then closed with the wrapper;
 * the player stays the caller's. Of a script of the middle either end
 * will do: the middle is between it and whoever takes its output. The wrapper is closed by
 * shk_endpoint_player. NULL: no memory. */
shk_endpoint *shk_player_end_wrap(const shk_endpoint_kind *kind, shk_endpoint *end, bool is_server,
                                  shk_player *player, bool owned);
extern const shk_endpoint_kind shk_endpoint_player;

#endif
