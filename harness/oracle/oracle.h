/* Oracles: what must hold in any run of two ends, honest or not (oracles.def, docs/ORACLES.md). An
 * observation gathers what happens in one connection; the oracles judge it when it is over. */
#ifndef SHK_ORACLE_H
#define SHK_ORACLE_H

#include "oracle/meter.h"

/* Rows of oracles.def. */
typedef enum {
#define SHK_ORACLE(name, clause, words) SHK_ORACLE_##name,
#include "oracle/oracles.def"
#undef SHK_ORACLE
    SHK_ORACLES
} shk_oracle;

typedef struct {
    const char *name;
    const char *clause;
    const char *words;
} shk_oracle_row;

extern const shk_oracle_row shk_oracle_rows[SHK_ORACLES];

/* What an oracle has found. */
typedef struct {
    shk_oracle oracle;
    const char *clause;       /* static: that was broken */
    char words[SHK_WHY_SIZE]; /* by which end and how, with the values */
} shk_alarm;

enum { SHK_ALARMS_OF_ORACLE = 3, SHK_MAX_ALARMS = SHK_ALARMS_OF_ORACLE * SHK_ORACLES };

typedef struct {
    shk_alarm alarms[SHK_MAX_ALARMS];  /* the first of them */
    size_t count;                      /* at most SHK_MAX_ALARMS */
    const char *unjudged[SHK_ORACLES]; /* static: what an oracle could not see; NULL: nothing */
} shk_judgement;

/* One end of an observed connection. Pointers stay the caller's, until shk_observation_end. */
typedef struct {
    const shk_endpoint_kind *kind; /* NULL: only its bytes are seen, as of one behind a socket */
    shk_endpoint *end;
    const shk_endpoint_config *config; /* its settings; NULL: they are not known. These must outlive
                                          the observation */
    bool deviates; /* a script tells it what to do: what it sends is not judged, only whether the
                      other end takes it */
    const shk_meter *meter; /* what the end takes; NULL: it is not metered. It may be closed before
                               it is judged, and then what it has left is judged, too */
} shk_observed_end;

/* What all observations share: a crypto provider. */
typedef struct shk_oracles shk_oracles;
/* What is seen of one connection. */
typedef struct shk_observation shk_observation;

/* Of ends that use that provider. NULL: no memory. */
shk_oracles *shk_oracles_new(const shk_provider *provider);
const shk_provider *shk_oracles_provider(const shk_oracles *oracles);
/* What the provider has opened, for who wants to compute with what is observed. */
const shk_crypto *shk_oracles_crypto(const shk_oracles *oracles);
/* After all observations over it; takes NULL too. */
void shk_oracles_free(shk_oracles *oracles);

/* Begins to observe a connection of `ends` (client, server). `first`: the observation of the
 * connection whose session this one may resume, which must outlive this one; NULL: there is none.
 * NULL: no memory. */
shk_observation *shk_observation_begin(const shk_oracles *oracles, const shk_observed_end ends[2],
                                       const shk_observation *first);
/* Takes NULL too. */
void shk_observation_free(shk_observation *observation);

/* Bytes that one end has sent, and that reach the other as they are; to be called before they are
 * fed to it. A shk_flight_observer, with the observation as its context. */
void shk_observation_flight(void *observation, bool from_server, shk_span bytes);
/* Where somebody in the middle alters bytes, in place of that: what one end has sent, and what the
 * other is about to get. */
void shk_observation_sent(shk_observation *observation, bool by_server, shk_span bytes);
void shk_observation_received(shk_observation *observation, bool by_server, shk_span bytes);

/* The connection is over: asks both ends what they tell of it. They may be closed afterwards. */
void shk_observation_end(shk_observation *observation);

/* What the oracles say of a connection that has been observed to its end. */
void shk_oracles_judge(const shk_observation *observation, shk_judgement *out);

#endif
