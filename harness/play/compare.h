/* The verdicts of several peers on the same scripts, side by side. */
#ifndef SHK_PLAY_COMPARE_H
#define SHK_PLAY_COMPARE_H

#include "play/cases.h"
#include "play/play_report.h"

typedef struct shk_compare shk_compare;

/* A table of `count` peers. NULL: no memory. */
shk_compare *shk_compare_new(const shk_play_peer *peers, size_t count, const shk_play_cases *cases);
void shk_compare_free(shk_compare *compare);

/* The outcome of a run, of one of the cases, against the peer of a column. */
void shk_compare_add(shk_compare *compare, size_t column, const shk_play_run *run,
                     const shk_play_outcome *outcome);

/* Prints the table, differences marked with the clause that decides, those with a row in
 * the differences that are known in `folder` with its reason. Returns the exit code: 1 if peers
 * differ without a row, or a run failed that nothing knows. */
int shk_compare_print(shk_compare *compare, const char *folder, const shk_play_style *style);

#endif
