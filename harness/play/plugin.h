/* Endpoints of other stacks in shared objects (shakedown play --against ./NAME.so).
 *
 * A plugin includes this header, describes its stack as a shk_endpoint_kind (endpoint/endpoint.h
 * says what each function has to do), and exports one function:
 *
 *     const shk_endpoint_kind *shk_plugin_endpoint(uint64_t layout)
 *     {
 *         return layout == SHK_PLUGIN_LAYOUT ? &my_kind : NULL;
 *     }
 *
 * It needs nothing else of ours at run time, is loaded so that its symbols do not meet those of our
 * libraries (RTLD_LOCAL), and is never unloaded. */
#ifndef SHK_PLAY_PLUGIN_H
#define SHK_PLAY_PLUGIN_H

#include "endpoint/endpoint.h"

/* Differs where the two were compiled with other structs. */
#define SHK_PLUGIN_LAYOUT                                                                          \
    ((uint64_t)sizeof(shk_endpoint_kind) << 40 | (uint64_t)sizeof(shk_endpoint_config) << 20 |     \
     (uint64_t)sizeof(shk_endpoint_result))

/* The kind; NULL if `layout` is not the SHK_PLUGIN_LAYOUT that the plugin was compiled with. */
typedef const shk_endpoint_kind *shk_plugin_function(uint64_t layout);
const shk_endpoint_kind *shk_plugin_endpoint(uint64_t layout);

#endif
