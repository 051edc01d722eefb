/* Counts the memory that one end of a connection takes, whichever library it is of: the functions
 * of malloc are ours, forward to those of the C library, and count for the account that is open.
 * Counted are bytes as the allocator rounds them. */
#ifndef SHK_ORACLE_MEMORY_H
#define SHK_ORACLE_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/* What one end has taken. All of an end has to be called with its account open, or blocks that it
 * frees are not missed. */
typedef struct {
    int64_t live;         /* bytes that it holds; below 0 where it freed what others had taken */
    int64_t peak;         /* the most of `live`; the caller may lower it */
    uint64_t allocations; /* calls that took memory, or more of it */
    int64_t limit;        /* of `live`: what would pass it is refused as if there were no memory;
                             0: none */
    bool refused;         /* it has happened */
} shk_memory;

/* Whether this build counts: the sanitizers have a malloc of their own, and only glibc's can be
 * called under another name. */
bool shk_memory_is_counted(void);
/* What this thread allocates counts for `account` (NULL: for nobody) from now on. Returns the
 * account that was open. */
shk_memory *shk_memory_open(shk_memory *account);

#endif
