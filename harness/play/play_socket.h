/* Plays a script over a socket: against a server that is there, or a program that we start. */
#ifndef SHK_PLAY_SOCKET_H
#define SHK_PLAY_SOCKET_H

#include "play/play_run.h"
#include "play/servers.h"

void shk_play_over_socket(const shk_play_run *run, const shk_play_options *options,
                          shk_servers *servers, shk_play_outcome *out);

#endif
