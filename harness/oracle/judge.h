/* What the oracles share: the case before them, and what can be said of an end in it. */
#ifndef SHK_ORACLE_JUDGE_H
#define SHK_ORACLE_JUDGE_H

#include "oracle/observation.h"

/* One oracle before one observation. */
typedef struct {
    const shk_observation *seen;
    shk_oracle oracle;
    shk_judgement *out;
} shk_case;

/* The oracles, by their rows. */
#define SHK_ORACLE(name, clause, words) void shk_judge_##name(shk_case *c);
#include "oracle/oracles.def"
#undef SHK_ORACLE

/* Raises an alarm; `clause` is static. */
void shk_raise(shk_case *c, const char *clause, const char *format, ...);
/* Notes what the oracle could not see; static. The first of them stays. */
void shk_unseen(shk_case *c, const char *why);

const char *shk_side_name(size_t side);
/* Whether the end has completed its first handshake: by its own words, or, where it has none, by
 * what it sent. */
bool shk_has_completed(const shk_observed *end);
/* Whether what the end tells is of its first handshake: it has an own word, and no other has begun.
 */
bool shk_tells_of_first(const shk_observed *end);
/* How many of the items of its view the end has taken, if they came: it went on to send something
 * else than an alert afterwards, or stands to the end. */
size_t shk_taken(const shk_observed *end);
/* Whether the end, if it got that item, has taken it; or has sent it. NULL: no. */
bool shk_has_taken(const shk_observed *end, const shk_item *item);
/* Whether the item is a message of the first handshake that a Finished covers: all but HelloRequest
 * (RFC 5246 §7.4.1.1). TLS 1.3 knows none; who passes over it does not hash it there either. */
bool shk_is_covered(const shk_item *item);
/* Whether what the end takes and sends is to be judged. */
bool shk_is_judged(const shk_observed *end);
/* Whether the handshake is that of an inner ClientHello, which nobody sees (RFC 9849). */
bool shk_is_encrypted_hello(const shk_observation *seen);

/* A secret by its label, as the end tells it, or if it does not, the other. Returns its length. */
size_t shk_secret_of(const shk_observation *seen, size_t side, const char *label,
                     const uint8_t *random, uint8_t *out);
/* The secret of the first handshake; `out` has SHK_MAX_HASH bytes. */
size_t shk_first_secret(const shk_observation *seen, size_t side, const char *label, uint8_t *out);

/* The hash over the messages of the first handshake before `until`, as the end has seen them (RFC
 * 8446 §4.4.1). False where they are not known; then noted as unseen. */
bool shk_transcript_before(shk_case *c, const shk_observed *end, const shk_item *until,
                           shk_hash hash, uint8_t *out);
/* Those messages themselves, one behind the other. False without memory. */
bool shk_messages_before(const shk_observed *end, const shk_item *until, shk_buf *out);

#endif
