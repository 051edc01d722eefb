/* The codec: one function per message describes its bytes once and runs as decoder, encoder or
 * printer. A shape (below) calls the field functions in wire order; the codec's mode decides what
 * each call does. */
#ifndef SHAKEDOWN_CODEC_H
#define SHAKEDOWN_CODEC_H

#include "types.h"

/* What a run of a shape does. */
typedef enum {
    SHK_DECODE, /* bytes -> struct; strict; spans in the struct point into the input */
    SHK_ENCODE, /* struct -> bytes */
    SHK_PRINT,  /* struct -> text or JSON */
    SHK_OUTLINE /* all fields that there can be, without bytes: names for a tracer */
} shk_codec_mode;

/* Places an extension may stand in (RFC 8446 §4.2). ServerHello has two: which one it is, is known
 * once its supported_versions has been read. */
enum {
    SHK_IN_CLIENT_HELLO = 1 << 0,
    SHK_IN_SERVER_HELLO_12 = 1 << 1, /* TLS 1.2 and below */
    SHK_IN_SERVER_HELLO_13 = 1 << 2,
    SHK_IN_HELLO_RETRY_REQUEST = 1 << 3,
    SHK_IN_ENCRYPTED_EXTENSIONS = 1 << 4,
    SHK_IN_CERTIFICATE_REQUEST = 1 << 5,
    SHK_IN_CERTIFICATE = 1 << 6,
    SHK_IN_NEW_SESSION_TICKET = 1 << 7,
    SHK_IN_SERVER_HELLO = SHK_IN_SERVER_HELLO_12 | SHK_IN_SERVER_HELLO_13,
};

/* Key exchanges whose messages look different on the wire, as bits (RFC 5246 §7.4.3, RFC 8422
 * §5.4). */
enum {
    SHK_FORM_RSA = 1 << 0,
    SHK_FORM_ECDHE = 1 << 1,
    SHK_FORM_DHE = 1 << 2,
    SHK_FORM_PSK = 1 << 3,       /* a PSK identity or hint comes first (RFC 4279 §2) */
    SHK_FORM_ANONYMOUS = 1 << 4, /* parameters without a signature */
};

/* What a message's bytes do not tell, but its shape depends on. A message whose shape depends on
 * nothing has the one form with all fields 0. */
typedef struct {
    const char *name;         /* for people; NULL in a form made at run time */
    uint16_t version;         /* ProtocolVersion, where layouts differ by it */
    uint16_t place;           /* SHK_IN_*: the message an extension stands in */
    uint8_t key_exchange;     /* SHK_FORM_* */
    uint8_t verify_length;    /* bytes of Finished.verify_data */
    uint8_t certificate_type; /* of a Certificate below TLS 1.3 (RFC 7250 §3) */
} shk_form;

/* Gives the name of a code point, or NULL if it has none. */
typedef const char *shk_namer(uint32_t value);

/* A printer; its fields are below. */
typedef struct shk_printer shk_printer;

/* Called with every extension of a message, in wire order; `place` is the SHK_IN_* of the block it
 * stands in. */
typedef void shk_extension_visitor(void *context, uint16_t type, uint16_t place, shk_span data);

/* A field, or the beginning or end of what has fields in it: a vector, a struct, an item of a list.
 */
typedef enum { SHK_TRACE_FIELD, SHK_TRACE_BEGIN, SHK_TRACE_END } shk_trace_kind;

/* What a tracer is told. Offsets are into the input; in an outline they are 0. */
typedef struct {
    shk_trace_kind kind; /* a field, or the beginning or end of what has fields in it */
    const char *name;    /* NULL: an item of a list */
    size_t start;        /* of the content; of an END likewise */
    size_t end;          /* of a FIELD; of a BEGIN, where its length prefix says; of an END */
    uint8_t prefix;      /* bytes of the length prefix before `start`; 0: none */
    uint8_t width;       /* of a number, or of the numbers in a list; 0: bytes */
    shk_namer *namer;    /* of such a number; NULL: none */
    uint16_t extension;  /* BEGIN of an item of an extension block: its type */
} shk_trace;

/* Called with every field of a message that is decoded or outlined, in wire order. */
typedef void shk_tracer(void *context, const shk_trace *trace);

/* One run of a shape. Made by shk_decode, shk_encode and shk_print; shapes only pass it on, and
 * read `form`. */
typedef struct {
    shk_codec_mode mode;            /* what the run does */
    shk_form form;                  /* of the message, or of the extension that the run is in */
    const uint8_t *in;              /* decode: the input */
    size_t pos;                     /* decode: where the next field is read */
    size_t limit;                   /* decode: where the innermost vector ends */
    shk_buf *out;                   /* encode */
    size_t out_start;               /* encode: where this message began in `out` */
    shk_printer *printer;           /* print */
    shk_extension_visitor *visitor; /* decode: NULL, or who is shown the extensions */
    void *visitor_context;          /* passed to `visitor` */
    shk_tracer *tracer;             /* decode, outline: NULL, or who is told of the fields */
    void *tracer_context;           /* passed to `tracer` */
    uint16_t broken;                /* decode, after a fault inside an extension's data: its type */
    shk_fault fault; /* sticky: after the first fault all field functions do nothing */
} shk_codec;

/* A shape: describes one struct by calling the field functions in wire order. */
typedef void shk_shape(shk_codec *c, void *message);

/* Room for any message or extension; their structs are at most SHK_LAYOUT_MAX bytes. */
enum { SHK_LAYOUT_MAX = 256 };

/* The struct of any message or extension, for code that does not know which. */
typedef union {
    uint8_t bytes[SHK_LAYOUT_MAX]; /* room for the largest */
    uint64_t aligned_as_number;    /* for its alignment alone */
    void *aligned_as_pointer;      /* for its alignment alone */
} shk_any;

/* An integer of one byte. Of all field functions: `name` is the RFC's name of the field; `namer`
 * names its values in print, or is NULL. When a codec has failed, fields being decoded become zero
 * or empty. Errors: SHK_E_TRUNCATED where the input ends early, SHK_E_VECTOR_LENGTH where a vector
 * is shorter or longer than the RFC allows (also when encoding). */
void shk_u8(shk_codec *c, const char *name, uint8_t *value, shk_namer *namer);
/* An integer of two bytes. */
void shk_u16(shk_codec *c, const char *name, uint16_t *value, shk_namer *namer);
/* An integer of three bytes. */
void shk_u24(shk_codec *c, const char *name, uint32_t *value, shk_namer *namer);
/* An integer of four bytes. */
void shk_u32(shk_codec *c, const char *name, uint32_t *value, shk_namer *namer);
/* opaque name[len]: exactly `len` bytes, as a span into the input. */
void shk_fixed(shk_codec *c, const char *name, shk_span *bytes, size_t len);
/* opaque name<min..max> with a length prefix of one byte. */
void shk_opaque8(shk_codec *c, const char *name, shk_span *bytes, size_t min, size_t max);
/* opaque name<min..max> with a length prefix of two bytes. */
void shk_opaque16(shk_codec *c, const char *name, shk_span *bytes, size_t min, size_t max);
/* opaque name<min..max> with a length prefix of three bytes. */
void shk_opaque24(shk_codec *c, const char *name, shk_span *bytes, size_t min, size_t max);
/* All that is left of the innermost vector, or of the message. */
void shk_rest(shk_codec *c, const char *name, shk_span *bytes);
/* A vector of one-byte code points, with a length prefix of one byte; min and max count bytes. The
 * span holds them in wire order. */
void shk_u8_list8(shk_codec *c, const char *name, shk_span *list, size_t min, size_t max,
                  shk_namer *namer);
/* A vector of two-byte code points, with a length prefix of one byte; min and max count bytes. */
void shk_u16_list8(shk_codec *c, const char *name, shk_span *list, size_t min, size_t max,
                   shk_namer *namer);
/* A vector of two-byte code points, with a length prefix of two bytes; min and max count bytes. */
void shk_u16_list16(shk_codec *c, const char *name, shk_span *list, size_t min, size_t max,
                    shk_namer *namer);
/* A vector of structs, with a length prefix of one byte. Decoding checks every element by its shape
 * and keeps the raw bytes; walk them with shk_list_next. `scratch` is one element, owned by the
 * caller, whose content is lost. min and max count bytes. */
void shk_list8(shk_codec *c, const char *name, shk_span *list, size_t min, size_t max,
               shk_shape *element, void *scratch);
/* As shk_list8, with a length prefix of two bytes. */
void shk_list16(shk_codec *c, const char *name, shk_span *list, size_t min, size_t max,
                shk_shape *element, void *scratch);
/* As shk_list8, with a length prefix of three bytes. */
void shk_list24(shk_codec *c, const char *name, shk_span *list, size_t min, size_t max,
                shk_shape *element, void *scratch);

/* While decoding: fails with `error` at the current offset unless `holds`. `name` is the field it
 * speaks of. */
void shk_require(shk_codec *c, const char *name, bool holds, shk_status error);
/* While decoding: whether bytes are left in the innermost vector. While encoding and printing:
 * `present`. */
bool shk_optional(shk_codec *c, bool present);
/* Whether fields are there that depend on the value of another (`select` of the presentation
 * language): `holds`, but in an outline, which has them all. */
bool shk_variant(const shk_codec *c, bool holds);
/* A struct inside a struct, for printing: fields from here to shk_struct_end are shown one level
 * deeper. */
void shk_struct_begin(shk_codec *c, const char *name);
/* The end of that struct. */
void shk_struct_end(shk_codec *c);

/* Takes the next element off a list that was decoded before. False at its end. */
bool shk_list_next(shk_span *list, const shk_form *form, shk_shape *element, void *scratch);
/* The i-th (from 0) two-byte code point of a list, which must have it. */
uint16_t shk_u16_at(shk_span list, size_t i);
/* Whether a list of two-byte code points holds `value`. */
bool shk_u16_list_has(shk_span list, uint16_t value);

/* Decodes all of `input` by `shape` into `message`. SHK_E_TRAILING_DATA where bytes are left. The
 * fault, if wanted, says where. Nothing is allocated; `message` points into `input`. */
shk_status shk_decode(shk_shape *shape, const shk_form *form, shk_span input, void *message,
                      shk_fault *fault);
/* Decodes `input` and shows `visitor` every extension in it; what stands behind a fault is not
 * shown. */
shk_status shk_visit_extensions(shk_shape *shape, const shk_form *form, shk_span input,
                                shk_extension_visitor *visitor, void *context);
/* Decodes `input` and tells `tracer` of every field in it; what stands behind a fault is not told,
 * and vectors around it have no END. The fault, if wanted, says where; bytes that are left over are
 * none. */
shk_status shk_trace_fields(shk_shape *shape, const shk_form *form, shk_span input,
                            shk_tracer *tracer, void *context, shk_fault *fault);
/* Tells `tracer` of every field that a message of this form can have; of a list one item, of an
 * extension block every extension that may stand there, as if it were the block's own vector. */
void shk_outline(shk_shape *shape, const shk_form *form, shk_tracer *tracer, void *context);
/* Appends the bytes of `message`; on error `out` is as it was. `message` is only read. */
shk_status shk_encode(shk_shape *shape, const shk_form *form, void *message, shk_buf *out,
                      shk_fault *fault);

/* Where printed text goes; called with pieces of any length. */
typedef void shk_sink(void *context, const char *text, size_t len);
/* How it is printed. */
typedef enum { SHK_TEXT, SHK_JSON, SHK_JSON_LINE /* all on one line */ } shk_print_style;

/* What prints, and where it stands. */
struct shk_printer {
    shk_sink *sink;        /* takes the text */
    void *context;         /* passed to `sink` */
    shk_print_style style; /* text or JSON */
    unsigned depth;        /* levels of structs and arrays around the next field */
    bool first;            /* JSON: no comma before the next member */
};

/* Prints the fields of `message`: indented text with one field a line, or the members of a JSON
 * object, which the caller opens and closes with shk_print_begin and shk_print_end. */
void shk_print(shk_shape *shape, const shk_form *form, void *message, shk_printer *printer);

/* Begins a struct or an array. Of all functions of the printer: `name` is NULL inside an array. */
void shk_print_begin(shk_printer *p, const char *name, bool array);
/* Ends it. */
void shk_print_end(shk_printer *p, bool array);
/* A number of `bytes` bytes on the wire, with its name where `namer` is not NULL and has one. */
void shk_print_number(shk_printer *p, const char *name, uint64_t value, unsigned bytes,
                      shk_namer *namer);
/* Bytes, in hexadecimal. */
void shk_print_bytes(shk_printer *p, const char *name, shk_span bytes);
/* Text, in quotes; what is not printable ASCII is escaped. */
void shk_print_text(shk_printer *p, const char *name, shk_span text);
/* `literal` as it is: true, false, null. */
void shk_print_literal(shk_printer *p, const char *name, const char *literal);

#endif
