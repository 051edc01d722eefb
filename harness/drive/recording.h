/* Recordings: all that was done to the ends of a handshake and all that they sent, in a text file
 * that can be run again. A line is one of shakedown-recording 1 | kind SIDE NAME | seed N | option
 * SIDE NAME VALUE | signatures SIDE HEX | SIDE feed HEX | SIDE take HEX | SIDE write HEX | SIDE
 * early HEX | SIDE key-update 0|1 | SIDE request-authentication | SIDE renegotiate | SIDE shutdown
 * | verdict TEXT where SIDE is client or server. */
#ifndef SHK_RECORDING_H
#define SHK_RECORDING_H

#include "endpoint/endpoint.h"

/* An endpoint that hands everything on to another and notes in `log` what was done and what came
 * out. `end` stays the caller's; the recorder is closed by its own kind's close. NULL: no memory.
 */
shk_endpoint *shk_recorder_wrap(const shk_endpoint_kind *kind, shk_endpoint *end, const char *side,
                                shk_buf *log);
extern const shk_endpoint_kind shk_endpoint_recorder;

/* Appends a formatted line, or bytes as "SIDE VERB HEX". */
shk_status shk_recording_line(shk_buf *log, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
shk_status shk_recording_bytes(shk_buf *log, const char *side, const char *verb, shk_span bytes);

/* Appends the bytes of a hex text. False if it is not one. */
bool shk_parse_hex(const char *text, shk_buf *out);

#endif
