/* The decode targets and the property that holds for every input of each of them. Used by the
 * libFuzzer entry (target.c) and by fuzz_replay.c. */
#ifndef SHK_FUZZ_DRIVER_H
#define SHK_FUZZ_DRIVER_H

#include "shakedown/registry.h"

enum { SHK_FUZZ_MAX_FORMS = 16, SHK_FUZZ_NAME_MAX = 64, SHK_FUZZ_DETAIL_MAX = 256 };

/* One row of messages.def, extensions.def (its name with "ext_" before it) or records.def. Where
 * the row has more than one form, the first byte of an input chooses the form (modulo their count)
 * and the body is the rest; otherwise the body is the whole input. */
typedef struct {
    char name[SHK_FUZZ_NAME_MAX];
    const shk_layout *layout;
    shk_form forms[SHK_FUZZ_MAX_FORMS];
    size_t form_count;
    uint8_t *room; /* where bodies are encoded; owned, grows with the largest input seen */
    size_t room_size;
} shk_fuzz_target;

/* What an input did. `violation` is NULL if the property holds; otherwise it names in a word what
 * was violated, `detail` says it for a person, and the rest describes the run up to there. */
typedef struct {
    const shk_form *form;
    bool decoded;
    shk_fault fault; /* where it did not decode; offset from the start of the body */
    uint64_t digest; /* thorough runs: of the bytes encoded */
    const char *violation;
    char detail[SHK_FUZZ_DETAIL_MAX];
} shk_fuzz_outcome;

/* The number of targets, and the i-th one's name. `name` has room for SHK_FUZZ_NAME_MAX. */
size_t shk_fuzz_target_count(void);
void shk_fuzz_target_name(size_t i, char *name);
/* Fills in `target`; false if no target has the name, or without memory. */
bool shk_fuzz_target_open(shk_fuzz_target *target, const char *name);
void shk_fuzz_target_close(shk_fuzz_target *target);

/* Whether an input is one of the 1 in 1024 that are checked thoroughly. It depends on nothing but
 * the input. */
bool shk_fuzz_is_chosen(shk_span input);
/* Mixes one word into a digest. */
static inline uint64_t shk_digest_mix(uint64_t digest, uint64_t word)
{
    digest = (digest ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return digest ^ digest >> 29;
}

/* Splits an input into its form and its body. */
const shk_form *shk_fuzz_split(const shk_fuzz_target *target, shk_span input, shk_span *body);
/* Checks the property:
 * - what decodes encodes back to the same bytes;
 * - what does not decode has a fault inside the body, of an error row with an alert and a clause;
 * and, if `thorough`,
 * - what was decoded prints as text and as JSON, in all styles: in ASCII, balanced, of a length
 * bounded by the input's;
 * - decoding and encoding again, over memory with other content, gives the same.
 * Allocates nothing, unless this input is the largest so far. */
void shk_fuzz_run(shk_fuzz_target *target, shk_span input, bool thorough,
                  shk_fuzz_outcome *outcome);

#endif
