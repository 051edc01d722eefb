/* supported_groups: groups for (EC)DHE, most preferred first (RFC 8446 §4.2.7).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_EXTENSIONS_SUPPORTED_GROUPS_H
#define SHK_EXTENSIONS_SUPPORTED_GROUPS_H

#include "shakedown/codec.h"

typedef struct {
    shk_span named_group_list; /* of two-byte NamedGroups */
} shk_supported_groups;

void shk_supported_groups_shape(shk_codec *c, shk_supported_groups *m);

#endif
