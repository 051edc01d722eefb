/* Random scripts: an honest set-up, in which one operation of the language, with operands that are
 * drawn, turns one field or message into something else. They name no fault. */
#ifndef SHK_PLAY_TAMPER_H
#define SHK_PLAY_TAMPER_H

#include "play/tamper_sample.h"
#include "sim/random.h"

enum { SHK_TAMPER_SETUPS = 9 };

/* What scripts are drawn from: an honest run of each set-up. */
typedef struct {
    shk_sample samples[SHK_TAMPER_SETUPS][2]; /* of its first and second connection */
} shk_tamper;

/* False if an honest run fails; freed in either case. */
bool shk_tamper_begin(shk_tamper *tamper);
void shk_tamper_free(shk_tamper *tamper);
/* Draws a script. NULL without memory. */
shk_script *shk_tamper_script(const shk_tamper *tamper, const shk_random *random);

#endif
