/* The parts of the oracle of offers (oracle/oracles.def). */
#ifndef SHK_ORACLE_OFFER_H
#define SHK_ORACLE_OFFER_H

#include "oracle/judge.h"

/* An end before the oracle: what it took was offered by itself, if it is the client, or to it. */
typedef struct {
    shk_case *c;
    const shk_observed *end;
    size_t side;
    const shk_first_handshake *first;
    const shk_hello *hello; /* the last ClientHello; never NULL */
} shk_offer;

/* ServerHello and HelloRetryRequest: version, suite, session id, compression, group, PSK. */
void shk_judge_offered_hellos(const shk_offer *o);
/* What is answered in extensions, in each message that has them. */
void shk_judge_offered_extensions(const shk_offer *o);
/* Schemes and curves of what is signed, and how a certificate is compressed. */
void shk_judge_offered_authentication(const shk_offer *o);
/* Each message under the keys that it belongs to, and none across a change of them. */
void shk_judge_offered_keys(const shk_offer *o);
/* A session is what it was when it was made. */
void shk_judge_offered_session(const shk_offer *o);

/* "the client took" or "the server sent", for words about what a server answers. */
const char *shk_offer_answered(const shk_offer *o);
/* Whether a list of two-byte values, with a length of `prefix` bytes before it, has the value. */
bool shk_offer_lists(shk_span body, size_t prefix, uint16_t value);
/* Whether the end has taken, or sent, that message. */
bool shk_offer_has(const shk_offer *o, const shk_item *item);

#endif
