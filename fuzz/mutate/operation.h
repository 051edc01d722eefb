/* Draws operations of scripts, and parts of them. */
#ifndef SHK_FUZZ_MUTATE_OPERATION_H
#define SHK_FUZZ_MUTATE_OPERATION_H

#include "deviate/values.h"
#include "mutate/message.h"

/* A whole operation. Its value is appended to `text`, which must live as long, and where it can
 * move; a value that was drawn before is of no more use. */
shk_operation shk_operation_draw(shk_mutator *m, shk_player_role player, shk_buf *text);
/* One part of an operation: kind, point, path, time, number, value, item or mark. */
void shk_operation_change(shk_mutator *m, shk_player_role player, shk_operation *operation,
                          shk_buf *text);

#endif
