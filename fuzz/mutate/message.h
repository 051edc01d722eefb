/* Mutates messages and extensions by their shapes: values from the tables, items and extensions put
 * in, taken out, doubled and moved, fields of another message put in. Lengths around are kept
 * right, but sometimes one is wrong on purpose; what no longer decodes is mostly repaired. */
#ifndef SHK_FUZZ_MUTATE_MESSAGE_H
#define SHK_FUZZ_MUTATE_MESSAGE_H

#include "mutate/nodes.h"
#include "mutate/values.h"

enum { SHK_MUTATED_MAX = 1 << 15 };

/* libFuzzer's own mutation: changes `len` bytes at `data`, which has room for `cap`, and returns
 * how many they are now. */
typedef size_t shk_plain_mutation(uint8_t *data, size_t len, size_t cap);

/* What mutations of one program share; all zero but for `plain` at first. */
typedef struct {
    shk_plain_mutation *plain;
    shk_chance chance;
    bool asked; /* whether it is turned off */
    bool off;
    shk_value_tables tables;
    shk_nodes nodes;                  /* of what is mutated */
    shk_nodes other;                  /* of what is crossed with it, or of a repair */
    uint8_t kept[SHK_MUTATED_MAX];    /* what was there before, for a repair that is worse */
    uint8_t piece[SHK_MUTATED_MAX];   /* what is put in */
    uint8_t message[SHK_MUTATED_MAX]; /* one out of a stream */
} shk_mutator;

/* Mutates a body once. */
void shk_mutate_message(shk_mutator *m, const shk_layout *layout, const shk_form *form,
                        shk_edited *body);
/* Replaces a field of a body by one of another message that is of the same name, or puts an item of
 * it into a list of the same name. False: they have nothing in common. */
bool shk_cross_message(shk_mutator *m, const shk_layout *layout, const shk_form *form,
                       shk_edited *body, const shk_layout *other_layout, const shk_form *other_form,
                       shk_span other);
/* Makes a body that does not decode decode further, if it can in so many tries. */
void shk_repair_message(shk_mutator *m, const shk_layout *layout, const shk_form *form,
                        shk_edited *body, unsigned tries);

/* Whether the environment does not turn the mutator off by SHAKEDOWN_MUTATOR=off, as measurements
 * of its worth do. */
bool shk_mutator_is_on(shk_mutator *m);

#endif
