/* Working on secrets without branch or index on them, and where they become public on purpose.
 * tests/crypto/test_constant_time.c marks secrets undefined and runs under valgrind's memcheck,
 * which reports each branch and index on them; at any other time SHK_DECLASSIFY does nothing. */
#ifndef SHK_WIRE_SECRET_H
#define SHK_WIRE_SECRET_H

#include <stdint.h>

#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
/* The variable may be branched on from here on; say why at each use. */
#define SHK_DECLASSIFY(variable) ((void)VALGRIND_MAKE_MEM_DEFINED(&(variable), sizeof(variable)))
#else
#define SHK_DECLASSIFY(variable) ((void)(variable))
#endif

/* The mask, of which the compiler no longer knows what it was made of: it would turn "if equal"
 * written with masks back into a branch. */
static inline uint32_t shk_opaque(uint32_t mask)
{
    volatile uint32_t hidden = mask;
    return hidden;
}

/* All ones if a >= b, else zero; for values below 2^31. */
static inline uint32_t shk_mask_ge(uint32_t a, uint32_t b)
{
    return shk_opaque(~(0u - ((a - b) >> 31)));
}

/* All ones if a == b, else zero; likewise. */
static inline uint32_t shk_mask_eq(uint32_t a, uint32_t b)
{
    return shk_opaque(0u - (((a ^ b) - 1) >> 31));
}

#endif
