/* Counts the memory that our ends and libcrypto take, for `shakedown bench --memory`. */
#ifndef SHK_TOOLS_BENCH_MEMORY_H
#define SHK_TOOLS_BENCH_MEMORY_H

#include "shakedown/types.h"

/* Bytes as requested, without overhead. */
typedef struct {
    size_t live;
    size_t peak; /* of `live`, since it was last set */
} shk_memory_count;

/* An allocator for connections that counts. */
extern const shk_allocator shk_counted_allocator;

/* From now on libcrypto's memory is counted too. False if it has allocated before. */
bool shk_memory_start(void);
/* The process's count; the caller may set `peak`. */
shk_memory_count *shk_memory_counted(void);

#endif
