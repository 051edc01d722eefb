/* Numbers that are worth trying: those that tables name, their neighbours, and bounds. */
#ifndef SHK_FUZZ_MUTATE_VALUES_H
#define SHK_FUZZ_MUTATE_VALUES_H

#include "mutate/chance.h"
#include "shakedown/codec.h"

enum { SHK_VALUE_TABLES = 32, SHK_TABLE_VALUES = 512 };

/* The values that a namer has a name for. */
typedef struct {
    shk_namer *namer;
    size_t count;
    uint16_t values[SHK_TABLE_VALUES];
} shk_value_table;

/* Tables, filled in when they are first asked for: to try 65,536 values takes a millisecond. */
typedef struct {
    size_t count;
    shk_value_table tables[SHK_VALUE_TABLES];
} shk_value_tables;

/* A value of a number of `width` bytes that `namer` has a name for; any where it is NULL. */
uint32_t shk_value_of_table(shk_value_tables *tables, shk_chance *chance, shk_namer *namer,
                            unsigned width);
/* A value for a number of `width` bytes that is `now`: of the table, a neighbour, a bound, a GREASE
 * value (RFC 8701), any. */
uint32_t shk_value_draw(shk_value_tables *tables, shk_chance *chance, shk_namer *namer,
                        unsigned width, uint32_t now);

#endif
