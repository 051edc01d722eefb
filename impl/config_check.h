/* Whether a configuration can be used at all: what is asked for has to be there,
 * whatever is negotiated. */
#ifndef SHK_CONFIG_CHECK_H
#define SHK_CONFIG_CHECK_H

#include "shakedown/config.h"

/* Whether a configuration can be used: code points that are known, something to offer and to
 * authenticate by, and limits within those of the RFCs. */
bool shk_config_usable(const shk_config *config);

#endif
