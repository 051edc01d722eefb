/* Fields by their names: the outline of a message, which has all that there can be, and the fields
 * of one message as they stand in its bytes, to be edited (docs/DEVIATIONS.md). */
#ifndef SHK_DEVIATE_FIELDS_H
#define SHK_DEVIATE_FIELDS_H

#include "endpoint/settings.h"
#include "shakedown/codec.h"
#include "shakedown/registry.h"

enum { SHK_MAX_FIELDS = 4096, SHK_PATH_DEPTH = 5, SHK_NO_FIELD = -1, SHK_WHOLE_MESSAGE = 0 };

/* What a script can address besides handshake messages: the rows of records.def ("record" is any
 * record), and application data. Numbered behind the messages. */
enum {
    SHK_TARGET_RECORDS = SHK_MSG_COUNT,
    SHK_TARGET_RECORD = SHK_TARGET_RECORDS + SHK_REC_record,
    SHK_TARGET_ALERT = SHK_TARGET_RECORDS + SHK_REC_alert_message,
    SHK_TARGET_CHANGE_CIPHER_SPEC = SHK_TARGET_RECORDS + SHK_REC_change_cipher_spec,
    SHK_TARGET_DATA = SHK_TARGET_RECORDS + SHK_REC_COUNT,
    SHK_TARGETS = SHK_TARGET_DATA + 1
};

/* The name of a target: that of its row, but "alert", or "application_data". */
const char *shk_target_name(unsigned target);
/* The target of a name of `len` characters; SHK_TARGETS: there is none. */
unsigned shk_target_named(const char *name, size_t len);

/* A field, or what has fields in it. */
typedef struct {
    const char *name;   /* NULL: an item of a list */
    int parent;         /* SHK_NO_FIELD: it is the message itself, the first of all */
    unsigned index;     /* of an item: from 0 */
    unsigned items;     /* of a list: that it has */
    size_t start;       /* of the content, in the message's body */
    size_t end;         /* likewise */
    uint8_t prefix;     /* bytes of its length, before `start` */
    uint8_t width;      /* of a number, or of a list's; 0: bytes */
    bool leaf;          /* it has no fields in it */
    uint16_t extension; /* of an item of an extension block: its type */
    shk_namer *namer;   /* of a number */
} shk_field;

typedef struct {
    shk_field *list; /* parents before what they hold; owned, by the C library's allocator */
    size_t count;
    bool complete; /* of bytes: all of them could be read */
} shk_fields;

/* Which field: the number of its node in the outline, and the place in each list on the way to it.
 * Of an extension by number the place in the block is SHK_BY_TYPE and its type. */
enum { SHK_BY_TYPE = 0x10000 };
typedef struct {
    uint16_t node;
    uint32_t indices[SHK_PATH_DEPTH];
} shk_path;

/* All fields that a target can have, over all of its forms. NULL without memory, or if it has none.
 * Kept for the life of the program. */
const shk_fields *shk_outline_of(unsigned target);
/* The node of that name (NULL: the item of a list) under another; SHK_NO_FIELD: there is none. */
int shk_outline_child(const shk_fields *outline, int parent, const char *name);
/* Reads a path of `len` characters, as "extensions.key_share.client_shares[1].group". False with
 * the reason, and the nearest name that there is, in `why`. */
bool shk_path_parse(unsigned target, const char *text, size_t len, shk_path *out, char *why);
/* Writes it; the text of SHK_WHOLE_MESSAGE is empty. */
void shk_path_text(unsigned target, const shk_path *path, char *out, size_t size);
/* Makes the path one that there is, whatever it was. */
void shk_path_bound(unsigned target, shk_path *path);

/* The fields of a message's body. Behind a fault there are none. False without memory. */
bool shk_fields_of(unsigned target, const shk_form *form, shk_span body, shk_fields *out);
void shk_fields_free(shk_fields *fields);
/* The field at a path: SHK_NO_FIELD if the message does not have it. */
int shk_field_at(const shk_fields *fields, unsigned target, const shk_path *path);
/* Replaces `len` bytes at `at`, inside the field, by others; the fields behind move. Lengths of
 * what holds the field are made right, and its own, unless `keep_lengths`. False without memory. */
bool shk_field_splice(shk_fields *fields, int field, shk_buf *body, size_t at, size_t len,
                      shk_span bytes, bool keep_lengths);

#endif
