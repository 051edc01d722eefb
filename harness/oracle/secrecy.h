/* The parts of the oracle of secrecy (oracle/oracles.def): what somebody who knows no secret can
 * try. */
#ifndef SHK_ORACLE_SECRECY_H
#define SHK_ORACLE_SECRECY_H

#include "oracle/judge.h"

enum { SHK_MAX_GUESSES = 24, SHK_MAX_GUESS = 1024 };

/* A value that everybody knows, in place of a secret. */
typedef struct {
    const char *words;
    shk_span bytes;
} shk_guess;

typedef struct {
    uint8_t constants[4][SHK_MAX_GUESS];
    shk_guess guesses[SHK_MAX_GUESSES];
    size_t count;
} shk_guesses;

/* Constants of that length, and at last the empty value. */
void shk_guess_constants(shk_guesses *guesses, size_t len);

/* The keys that an end uses: a secret that it tells, or records that it has sent. */
typedef struct {
    shk_case *c;
    const shk_observed *end; /* whose keys */
    size_t side;
} shk_target;

/* Whether the secret of that label is this one: by the line of the end's key log; where it has no
 * lines by the other's, if that opened the end's records; and else by opening them. Where none of
 * these can be, that is noted as unseen. */
bool shk_target_has_secret(const shk_target *target, const char *label, shk_span secret);

/* What was seen in the clear: randoms, session id, key shares. A peer that deviates can make the
 * end's own share the shared secret, by the generator as its own: that is not guessed then. */
void shk_guess_public(shk_guesses *guesses, const shk_target *target);

/* Whether the secret, which is not empty, stands in the bytes as it is. */
bool shk_holds(shk_span bytes, shk_span secret);

void shk_secrecy_13(const shk_target *target);
void shk_secrecy_12(const shk_target *target);
void shk_secrecy_tickets(shk_case *c);

#endif
