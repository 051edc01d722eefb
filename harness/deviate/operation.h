/* One operation of a script, as it is kept (deviate/operations.def). */
#ifndef SHK_DEVIATE_OPERATION_H
#define SHK_DEVIATE_OPERATION_H

#include "deviate/fields.h"
#include "deviate/script.h"

typedef enum {
#define SHK_OPERATION(name, form, help) SHK_OP_##name,
#include "deviate/operations.def"
#undef SHK_OPERATION
    SHK_OPERATIONS
} shk_operation_kind;

/* Whose message. OWN: that of the end that deviates. */
typedef enum { SHK_OWN_MESSAGE, SHK_CLIENT_MESSAGE, SHK_SERVER_MESSAGE, SHK_WHOSE } shk_whose;

enum { SHK_EVERY_TIME = 0, SHK_MOST_TIMES = 255, SHK_OPERAND_PAIR = 2 };

/* A message of a connection, and a field of it or (SHK_WHOLE_MESSAGE) all of it. */
typedef struct {
    uint8_t whose;
    uint8_t target; /* below SHK_TARGETS */
    uint8_t time;   /* of its name, from 1; SHK_EVERY_TIME. Of what is copied: the last that came */
    shk_path path;
} shk_point;

/* What is sent. */
typedef enum {
    SHK_ITEM_MESSAGE,            /* number: a shk_message */
    SHK_ITEM_HANDSHAKE,          /* number: HandshakeType */
    SHK_ITEM_RECORD,             /* number: ContentType */
    SHK_ITEM_CHANGE_CIPHER_SPEC, /* one */
    SHK_ITEM_FATAL_ALERT,        /* number: AlertDescription */
    SHK_ITEM_WARNING_ALERT,
    SHK_ITEM_APPLICATION_DATA,
    SHK_ITEM_COPY,  /* of a point */
    SHK_ITEM_BYTES, /* as they are, without a record */
    SHK_ITEMS
} shk_item_kind;

struct shk_operation {
    uint8_t kind;         /* a shk_operation_kind */
    bool keep_lengths;    /* lengths around are left as they were */
    bool keep_transcript; /* our transcript has what an honest run would hash */
    shk_point points[SHK_OPERAND_PAIR];
    uint32_t numbers[SHK_OPERAND_PAIR];
    uint8_t item; /* a shk_item_kind */
    uint32_t item_number;
    shk_span value; /* terms, as deviate/values.h has them; in the script's text */
};

/* The form of a row. */
const char *shk_operation_form(unsigned kind);

/* The field whose numbers the value of the operation has: that of its first point, or of a list its
 * item. NULL: there is none. */
const shk_field *shk_operation_field(const shk_operation *operation);

/* Reads one line. What it points to is appended to `text`, as offsets in place of pointers until
 * the script is complete. False with the reason. */
bool shk_operation_parse(const char *line, shk_player_role player, shk_operation *out,
                         shk_buf *text, char *why);
/* Appends the line, without a line break. False without memory. */
bool shk_operation_print(const shk_operation *operation, shk_buf *out);

/* How both read and write an operand of one kind; "FIELD" and its like, as forms name them. */
typedef struct {
    const char *at; /* what is left of the line */
    shk_buf *text;  /* where values go */
    shk_player_role player;
    unsigned points; /* operands of a kind so far */
    unsigned numbers;
    shk_operation *out;
    char *why;
} shk_line_reader;
typedef struct {
    shk_buf *out;
    const shk_operation *operation;
    unsigned points;
    unsigned numbers;
} shk_line_writer;
bool shk_operand_read(shk_line_reader *reader, const char *operand, size_t len);
bool shk_operand_write(shk_line_writer *writer, const char *operand, size_t len);

#endif
