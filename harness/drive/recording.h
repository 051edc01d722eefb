/* Recordings: every call on the ends of a handshake and all bytes that they sent, in a text file
 * that can be replayed on any machine, since it has the content of files. The lines, in which SIDE
 * is client or server:
 *     shakedown-recording 2
 *     kind SIDE NAME
 *     seed N
 *     option SIDE NAME VALUE
 *     script SIDE N HEX       the text of the script that the side plays, in connection N, from 0
 *     SIDE feed HEX | take HEX | write HEX | early HEX | key-update 0|1 | request-authentication |
 *          renegotiate | shutdown
 *     SIDE end                its last line: there is nothing more to take
 *     signatures SIDE HEX
 *     verdict TEXT N          the last line, behind N others */
#ifndef SHK_RECORDING_H
#define SHK_RECORDING_H

#include "endpoint/endpoint.h"

/* An endpoint that passes everything to another, and appends each call and the output to `log`; at
 * its close also the output that nobody has taken. `end` stays the caller's; the recorder is closed
 * by its own kind. NULL: no memory. */
shk_endpoint *shk_recorder_wrap(const shk_endpoint_kind *kind, shk_endpoint *end, const char *side,
                                shk_buf *log);
extern const shk_endpoint_kind shk_endpoint_recorder;

/* Appends a formatted line, or bytes as "SIDE VERB HEX". */
shk_status shk_recording_line(shk_buf *log, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
shk_status shk_recording_bytes(shk_buf *log, const char *side, const char *verb, shk_span bytes);
/* Appends "option SIDE NAME VALUE", and the same with a file's content as the value. */
shk_status shk_recording_option(shk_buf *log, const char *side, const char *name,
                                const char *value);
shk_status shk_recording_file(shk_buf *log, const char *side, const char *name, shk_span content);

#endif
