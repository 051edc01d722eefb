/* Numbers that are worth trying (mutate/values.h). */
#include "mutate/values.h"

static uint32_t most(unsigned width)
{
    return (uint32_t)((UINT64_C(1) << 8 * width) - 1);
}

static void fill_table(shk_value_table *table, shk_namer *namer, unsigned width)
{
    uint32_t last = width == 1 ? UINT8_MAX : UINT16_MAX;
    table->namer = namer;
    table->count = 0;
    for (uint32_t value = 0; value <= last && table->count < SHK_TABLE_VALUES; value++)
        if (namer(value) != NULL)
            table->values[table->count++] = (uint16_t)value;
}

/* NULL: there is no room for it. */
static const shk_value_table *table_of(shk_value_tables *tables, shk_namer *namer, unsigned width)
{
    for (size_t i = 0; i < tables->count; i++)
        if (tables->tables[i].namer == namer)
            return &tables->tables[i];
    if (tables->count == SHK_VALUE_TABLES)
        return NULL;
    fill_table(&tables->tables[tables->count], namer, width);
    return &tables->tables[tables->count++];
}

uint32_t shk_value_of_table(shk_value_tables *tables, shk_chance *chance, shk_namer *namer,
                            unsigned width)
{
    const shk_value_table *table = namer != NULL ? table_of(tables, namer, width) : NULL;
    if (table == NULL || table->count == 0)
        return (uint32_t)shk_chance_next(chance) & most(width);
    return table->values[shk_chance_below(chance, table->count)] & most(width);
}

static uint32_t bound(shk_chance *chance, unsigned width)
{
    uint32_t power = UINT32_C(1) << shk_chance_below(chance, 8 * (size_t)width);
    switch (shk_chance_below(chance, 4)) {
    case 0:
        return (uint32_t)shk_chance_below(chance, 5);
    case 1:
        return most(width) - (uint32_t)shk_chance_below(chance, 2);
    case 2:
        return power;
    default:
        return power - 1;
    }
}

uint32_t shk_value_draw(shk_value_tables *tables, shk_chance *chance, shk_namer *namer,
                        unsigned width, uint32_t now)
{
    uint32_t step = 1 + (uint32_t)shk_chance_below(chance, 4);
    switch (shk_chance_below(chance, 8)) {
    case 0:
        return bound(chance, width);
    case 1:
        return (now + step) & most(width);
    case 2:
        return (now - step) & most(width);
    case 3: /* GREASE: 0x0A0A, 0x1A1A ... */
        if (width == 2)
            return (uint32_t)(0x0a0a + 0x1010 * shk_chance_below(chance, 16));
        return (uint32_t)shk_chance_next(chance) & most(width);
    default:
        return shk_value_of_table(tables, chance, namer, width);
    }
}
