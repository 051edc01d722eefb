/* Changes to messages that either end sends. */
#ifndef SHK_TESTS_MESSAGE_CHANGES_H
#define SHK_TESTS_MESSAGE_CHANGES_H

#include "conn_pair.h"

/* A change to the body of a message that either end sends, made once it is encoded and before it is
 * hashed, signed or protected: both ends go on from the changed bytes. */
typedef struct {
    shk_message message;
    unsigned skip;   /* how many of these messages are left as they are */
    int at;          /* where; negative: from the end */
    size_t cut;      /* how many bytes go; ALL: the rest */
    const char *hex; /* what comes instead */
} test_change;
enum { ALL = 0x1000000, IN_EXTENSION = 0x1000000 };
/* For `at`: within the extension of that name, counted from its type or, negative, from its end,
 * wherever it stands; the length of the extension block is kept right. */
#define IN(name, offset) (IN_EXTENSION + (int)SHK_EXT_##name * 0x10000 + 0x8000 + (offset))
/* Sets a change for the rest of the test, or removes it with NULL. */
void test_change_messages(const test_change *change);
/* The same for one message alone, the first that is not skipped. */
void test_change_one(const test_change *change);
/* Sets the second once the first is made. */
void test_change_both(const test_change *first, const test_change *second);
/* Whether the change, the last one of several, has been made. */
bool test_change_was_made(void);

/* A handshake with the change (NULL: without) fails with the row at the server or the client. */
void assert_change_refused(const test_setup *setup, const test_change *change, bool at_server,
                           shk_status row);

typedef struct {
    const char *name;
    test_change change;
    shk_status expected;
} changed_case;

/* The same for many; the other end receives the alert. */
void assert_changes_refused(const test_setup *setup, const changed_case *cases, size_t count,
                            bool at_server);

#endif
