/* The first bytes of an input of a stateful target: how its end is set, and what its application
 * does when. What follows them is the peer's stream. Settings are a kind of handshake with some
 * variants, so that there are few enough for each to be made ready once.
 *
 *   1 byte    row of the kinds of the target's versions, modulo their count
 *   1 byte    bits: the variants of settings.def
 *   1 byte    how the stream is cut (state/connection.h), modulo 4
 *   8 bytes   four times: after how many whole records of the peer, and which row of actions.def
 *             (modulo their count)
 *   the rest  the peer's records, as they are on the wire */
#ifndef SHK_FUZZ_STATE_SETTINGS_H
#define SHK_FUZZ_STATE_SETTINGS_H

#include "shakedown/types.h"

enum { SHK_STATE_ACTIONS = 4, SHK_STATE_HEADER = 3 + 2 * SHK_STATE_ACTIONS, SHK_STATE_CUTS = 4 };

typedef enum {
#define SHK_STATE_ACTION(name) SHK_ACTION_##name,
#include "state/actions.def"
#undef SHK_STATE_ACTION
    SHK_ACTION_COUNT
} shk_state_action;

typedef struct {
#define SHK_STATE_SETTING(name) uint8_t name;
#define SHK_STATE_VARIANT(bit, name, value)
#include "state/settings.def"
#undef SHK_STATE_SETTING
#undef SHK_STATE_VARIANT
} shk_state_settings;

/* What an application does once both ends are connected and nothing waits. */
typedef struct {
    bool by_server;
    shk_state_action action;
} shk_state_turn;

enum { SHK_STATE_TURNS = 6 };

/* A kind of handshake: how both ends are set, and what their applications do. */
typedef struct {
    const char *name; /* also of the seed's file */
    bool is_13;
    shk_state_settings settings;
    shk_state_turn turns[SHK_STATE_TURNS];
} shk_state_kind;

extern const shk_state_kind shk_state_kinds[];
extern const size_t shk_state_kind_count;
/* The row of TLS 1.3, or of the versions below, modulo their count. */
const shk_state_kind *shk_state_kind_of(bool is_13, size_t row);

/* When the application of a target does what. */
typedef struct {
    uint8_t after; /* records of the peer */
    shk_state_action action;
} shk_state_step;

typedef struct {
    const shk_state_kind *kind;
    uint8_t variants;
    shk_state_settings settings; /* both together */
    unsigned cut;
    shk_state_step steps[SHK_STATE_ACTIONS];
    shk_span stream;
} shk_state_input;

/* Takes an input apart. What is missing is zero. */
shk_state_input shk_state_input_of(bool is_13, shk_span bytes);
/* Bytes of the record at the front of a stream, or of what there is of it. */
size_t shk_state_record_len(shk_span stream);
/* The bytes before the stream, of the kind without variants. */
void shk_state_write_header(const shk_state_kind *kind, const shk_state_step *steps,
                            uint8_t header[SHK_STATE_HEADER]);

#endif
