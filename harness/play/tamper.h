/* Random scripts: an honest set-up, in which one operation of the language, with operands that are
 * drawn, turns one field or message into something else. They name no fault. */
#ifndef SHK_PLAY_TAMPER_H
#define SHK_PLAY_TAMPER_H

#include "deviate/script.h"
#include "sim/random.h"

/* Draws a script. NULL without memory. */
shk_script *shk_tamper_script(const shk_random *random);

#endif
