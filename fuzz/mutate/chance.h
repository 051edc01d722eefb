/* Random choices of a mutator, from the seed that libFuzzer gives for each mutation: the same seed
 * makes the same mutation. */
#ifndef SHK_FUZZ_MUTATE_CHANCE_H
#define SHK_FUZZ_MUTATE_CHANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t state;
} shk_chance;

/* The next 64 bits (SplitMix64). */
static inline uint64_t shk_chance_next(shk_chance *chance)
{
    uint64_t z = chance->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* A number below `bound`, which is not 0. */
static inline size_t shk_chance_below(shk_chance *chance, size_t bound)
{
    return (size_t)(shk_chance_next(chance) % bound);
}

/* True once in `n` times. */
static inline bool shk_chance_once_in(shk_chance *chance, size_t n)
{
    return shk_chance_below(chance, n) == 0;
}

#endif
