/* What an observation holds: for each end all that it sent and got, in its order, and what it told.
 */
#ifndef SHK_ORACLE_OBSERVATION_H
#define SHK_ORACLE_OBSERVATION_H

#include "keys/key_lines.h"
#include "oracle/flow_model.h"
#include "oracle/oracle.h"
#include "oracle/view.h"

enum { SHK_OBSERVED_EXPORT = 32 };

/* What binds a channel to the connection (RFC 5056), as an end gives it. */
typedef struct {
    uint8_t bytes[SHK_MAX_BINDING];
    size_t len;    /* 0: it gives none */
    bool is_asked; /* it is defined for the connection, and the end can tell it */
} shk_observed_binding;
enum { SHK_BINDING_FIRST = SHK_FACT_tls_unique, SHK_BINDINGS = 3 };

struct shk_oracles {
    const shk_provider *provider;
    shk_crypto *crypto;
    shk_flow_model flow[2]; /* of client and server */
};

/* An end, and the connection as it has seen it. */
typedef struct {
    shk_observed_end who;
    shk_timeline timeline;
    shk_view view;              /* of the timeline, from shk_observation_end on */
    shk_endpoint_result result; /* with a kind alone */
    shk_buf key_log;
    bool connected; /* it has said so at some time */
    uint8_t exported[SHK_OBSERVED_EXPORT];
    bool has_exported;
    shk_observed_binding bindings[SHK_BINDINGS]; /* of SHK_BINDING_FIRST and the facts behind it */
} shk_observed;

struct shk_observation {
    const shk_crypto *crypto;
    const shk_flow_model *flow;
    const shk_observation *first;
    shk_observed ends[2]; /* client, server */
    bool altered;         /* somebody is in the middle */
    bool lost;            /* there was no memory for all that was to be kept */
};

#endif
