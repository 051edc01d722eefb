/* Hellos with one field or extension edited; the rest is unchanged. */
#ifndef SHK_TESTS_EDITED_H
#define SHK_TESTS_EDITED_H

#include "conn_pair.h"

#include "messages/client_hello.h"

typedef enum {
    VERSION,     /* legacy_version: hex */
    SESSION_ID,  /* hex */
    SUITES,      /* ClientHello: the list; ServerHello: the one */
    COMPRESSION, /* ClientHello: the list */
    RANDOM_END,  /* the last eight bytes of random */
    REMOVE,      /* the extension of this type */
    REPLACE,     /* its extension_data */
    MOVE,        /* the extension of this type behind all others */
    APPEND       /* an extension behind all others */
} edit_kind;

typedef struct {
    const char *name;
    edit_kind kind;
    uint16_t type;
    const char *hex;
    shk_status expected;
} hello_case;

/* The ClientHello that waits in the output, decoded; it points into the output. */
shk_client_hello waiting_hello(const shk_conn *conn);

/* The hello that waits in `from`, edited, in a record of at most MAX_VECTOR + 16 bytes; it is no
 * longer sent itself. Returns the record's length. */
size_t edited_client_hello(const hello_case *c, shk_conn *from, uint8_t *out);
size_t edited_server_hello(const hello_case *c, shk_conn *from, uint8_t *out);
/* The receiver refuses the bytes with the case's row and sends its alert; with SHK_OK it accepts
 * them. */
void assert_hello_refused(const hello_case *c, shk_conn *receiver, const uint8_t *bytes,
                          size_t len);

#endif
