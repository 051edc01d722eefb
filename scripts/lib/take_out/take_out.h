/* Goes before every file of the copy that scripts/take-out makes. */
#ifndef SHK_TAKE_OUT_H
#define SHK_TAKE_OUT_H

#include <stdbool.h>

/* What the check makes of `value`, where it refuses by the value `refuses`; and the other value,
 * where it is out. */
bool shk_take_out(unsigned number, bool refuses, bool value);

#endif
