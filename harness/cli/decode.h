/* The parts of `shakedown decode`: prints records and handshake messages, and continues after what
 * cannot be decoded. It follows a handshake as an observer without keys can: its version, its
 * suite, and where protected records start. */
#ifndef SHK_CLI_DECODE_H
#define SHK_CLI_DECODE_H

#include <stdio.h>

#include "endpoint/settings.h"
#include "shakedown/registry.h"

typedef struct {
    shk_printer printer;
    const char *source;         /* the input's name */
    FILE *complaints;           /* where errors are told, beside what is printed; NULL: nowhere */
    uint16_t first_version;     /* of the command line; 0: not known */
    uint16_t version;           /* as followed so far; 0: not known */
    const shk_suite_row *suite; /* likewise; NULL: not known, or not one of ours */
    bool is_protected;          /* handshake and alert records are protected from here on */
    size_t errors;
    shk_buf pending;  /* handshake bytes; from pending_at on, they are not a whole message yet */
    shk_buf segments; /* where they stand in the input: of shk_segment */
    size_t pending_at;
    size_t segment_at; /* the segment that was asked for last: offsets are only asked for in
                          ascending order */
} shk_decoding;

/* From pending.data[at] on, bytes stand at input[offset] and behind. */
typedef struct {
    size_t at;
    size_t offset;
} shk_segment;

/* What a body may be: the layouts to try. */
typedef struct {
    const char *name;
    const shk_layout *layout;
    shk_form form;
} shk_candidate;

enum { SHK_MAX_CANDIDATES = 32, SHK_LAYOUT_NAME = 64 };

/* How the bytes of an input are written; ANY: hex if there is nothing else in it. */
typedef enum { SHK_ANY_ENCODING, SHK_HEX, SHK_BINARY } shk_encoding;

/* The i-th layout of all tables, with its name (SHK_LAYOUT_NAME) as the fuzz targets and the
 * corpora have it, and its forms. False behind the last. */
bool shk_decoding_layout(size_t i, char *name, shk_candidate *candidates, size_t *count);
/* The candidates that the name of a layout and of a form (NULL: any) leave. 0 with a reason in
 * `why` (SHK_WHY_SIZE). */
size_t shk_decoding_choose(const char *type, const char *form, shk_candidate *candidates,
                           char *why);
/* Turns an input in hexadecimal into bytes, in place. False with a reason in `why`. */
bool shk_decoding_unhex(shk_encoding encoding, shk_buf *input, char *why);
/* Prints an input: the bare body of one of the candidates, or where there are none the records or
 * handshake messages that it looks like. */
void shk_decoding_all(shk_decoding *d, const shk_candidate *candidates, size_t count,
                      shk_span input);

/* Bytes that wait in `pending` for the rest of their message. False without memory. */
bool shk_decoding_add(shk_decoding *d, shk_span fragment, size_t offset);
/* Prints the whole messages that `pending` holds, and what is left of them if it is the `last`. */
void shk_decoding_messages(shk_decoding *d, bool last);
/* Prints a sequence of records. */
void shk_decoding_records(shk_decoding *d, shk_span input);
/* Prints one body by the first candidate that decodes it, else by the one that decodes most of it,
 * in the innermost group. `offset` is where the body stands in the input; `cut`: the body is not
 * all there. Returns which candidate. */
size_t shk_decoding_body(shk_decoding *d, const shk_candidate *candidates, size_t count,
                         shk_span body, size_t offset, bool cut);

/* Prints what a shape decoded before its fault, in the innermost group: the fields before it, and
 * of the hellos each extension by itself. */
void shk_decoding_partial(shk_decoding *d, const shk_candidate *c, shk_span body,
                          const shk_fault *fault);

/* Prints the fault, and tells it as a complaint. `body_offset` is where the message's body
 * stands in the input, `what` is its name. */
void shk_decoding_error(shk_decoding *d, const char *what, const shk_fault *fault,
                        size_t body_offset);

/* A struct in an array of several kinds: text names it in its heading, JSON in a member. */
void shk_decoding_begin(shk_decoding *d, const char *kind, const char *name);
void shk_decoding_end(shk_decoding *d);

#endif
