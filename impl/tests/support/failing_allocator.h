/* Allocations that fail: those that connections make, and those that libcrypto makes. */
#ifndef SHK_TESTS_FAILING_ALLOCATOR_H
#define SHK_TESTS_FAILING_ALLOCATOR_H

#include "assertions.h"

typedef struct {
    bool on;          /* libcrypto's: they are counted, and can fail, only while this is set */
    unsigned count;   /* so far */
    unsigned fail_at; /* the number of the one that fails, from 1; 0: none does */
    bool lasting;     /* those after it fail too */
} test_allocations;

extern test_allocations test_own_allocations, test_libcrypto_allocations;

/* Counts in test_own_allocations. */
extern const shk_allocator test_failing_allocator;
/* Has libcrypto's counted. Before anything else of libcrypto; false: it is too late. */
bool test_watch_libcrypto_allocations(void);

#endif
