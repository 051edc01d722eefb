/* The toy as a provider of our end (endpoint/provider.h): what the files of a test PKI hold, as the
 * toy has it. For test programs and fuzz targets alone. */
#ifndef SHK_SIM_TOY_PROVIDER_H
#define SHK_SIM_TOY_PROVIDER_H

#include "endpoint/provider.h"

/* Over a CHECKING toy. Of a certificate its key is kept, to the kind and a number, and whether its
 * issuer comes with it; it covers any name, and has a good response of the toy's where one is set.
 * All trust anchors are one. */
extern const shk_provider shk_provider_toy;

#endif
