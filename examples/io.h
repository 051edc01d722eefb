/* What a connection leaves to its user: sockets, randomness, the clock, files. */
#ifndef EXAMPLES_IO_H
#define EXAMPLES_IO_H

#include <shakedown/conn.h>

/* Randomness and time of the system. */
extern const shk_random system_random;
extern const shk_clock system_clock;

/* The whole file; ends the program with a message if it cannot be read. */
shk_buf read_file(const char *path);

/* Sends what waits in the connection's output. False if the peer does not take it. */
bool send_output(shk_conn *conn, int fd);
/* Receives once, feeds it to the connection, and sends what it replies, an alert included. False at
 * the end of the stream or of the connection, which shk_conn_describe explains. */
bool receive(shk_conn *conn, int fd);

/* Prints what went wrong, and what was negotiated. */
void print_failure(const char *who, const shk_conn *conn);
void print_negotiated(const char *who, const shk_conn *conn);

#endif
