/* Non-blocking TCP sockets, and the clock of their time limits.
 * Addresses are written HOST:PORT, with an IPv6 host in brackets. */
#ifndef SHK_APP_SOCKET_H
#define SHK_APP_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHK_ADDRESS_SIZE = 64, SHK_HOST_SIZE = 256, SHK_PORT_SIZE = 6 };

/* Milliseconds, and microseconds, on a clock that only goes forward. */
int64_t shk_now_ms(void);
int64_t shk_now_us(void);

/* Splits "HOST:PORT" (an IPv6 host in brackets); `host` has SHK_HOST_SIZE bytes, `port`
 * SHK_PORT_SIZE. */
bool shk_address_split(const char *text, char *host, char *port, char *why);

/* A listening socket. `bound` (SHK_ADDRESS_SIZE) receives where it listens. -1 with the reason in
 * `why` (SHK_WHY_SIZE). */
int shk_socket_listen(const char *address, uint16_t port, char *bound, char *why);
/* Takes a waiting connection; `peer` (SHK_ADDRESS_SIZE) receives its address. -1 with errno if
 * there is none. */
int shk_socket_accept(int listener, char *peer);
/* Connects to the first address of `host` that answers, within `timeout_ms` in all; `peer` as
 * above. -1 with the reason in `why`. The look-up of a name, by the C library, is not bounded. */
int shk_socket_connect(const char *host, const char *port, int64_t timeout_ms, char *peer,
                       char *why);

#endif
