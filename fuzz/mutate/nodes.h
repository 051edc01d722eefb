/* The fields of a message that is to be mutated, as its shape tells them; those that are before a
 * fault where it does not decode. Editing keeps nested lengths right. */
#ifndef SHK_FUZZ_MUTATE_NODES_H
#define SHK_FUZZ_MUTATE_NODES_H

#include "shakedown/registry.h"

enum { SHK_MAX_NODES = 384, SHK_NO_NODE = -1 };

/* A field, or what has fields in it. */
typedef struct {
    const char *name; /* NULL: an item of a list, or the whole */
    int parent;       /* SHK_NO_NODE: the whole, the first of all */
    size_t start;     /* of the content */
    size_t end;
    uint8_t prefix; /* bytes of its length, before `start` */
    uint8_t width;  /* of a number; 0: bytes, or there are fields in it */
    bool leaf;      /* it has no fields in it */
    shk_namer *namer;
} shk_node;

typedef struct {
    shk_node list[SHK_MAX_NODES]; /* parents before what they hold */
    size_t count;
    int open;        /* innermost that was open at the fault */
    shk_fault fault; /* as shk_decode tells it */
} shk_nodes;

/* Bytes being edited, which have room for `cap`. */
typedef struct {
    uint8_t *data;
    size_t len;
    size_t cap;
} shk_edited;

/* Reads the fields of a body. Behind SHK_MAX_NODES, and behind a fault, there are none. */
void shk_nodes_of(const shk_layout *layout, const shk_form *form, shk_span body, shk_nodes *out);
/* Copies what there is of them. */
void shk_nodes_copy(shk_nodes *to, const shk_nodes *from);

/* Writes a number of `width` bytes. */
void shk_bytes_put(uint8_t *at, unsigned width, size_t value);
/* Reads one. */
uint32_t shk_bytes_get(const uint8_t *at, unsigned width);

/* Replaces `len` bytes at `at` by others; the lengths of `node` and of what holds it, which `at` is
 * in, change with them. The nodes themselves are of the bytes before. False, and nothing done,
 * where there is no room. `bytes` may not lie in what is edited. */
bool shk_node_splice(const shk_nodes *nodes, int node, shk_edited *edited, size_t at, size_t len,
                     shk_span bytes);

#endif
