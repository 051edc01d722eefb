/* The first bytes of an input of a stateful target: how its end is set, and what its application
 * does when. What follows them is the peer's stream.
 *
 *   8 bytes   the settings of settings.def, a number of 64 bits, the lowest byte first
 *   8 bytes   four times: after how many whole records of the peer, and which row of actions.def
 *             (modulo their count)
 *   the rest  the peer's records, as they are on the wire */
#ifndef SHK_FUZZ_STATE_SETTINGS_H
#define SHK_FUZZ_STATE_SETTINGS_H

#include "shakedown/types.h"

enum { SHK_STATE_ACTIONS = 4, SHK_STATE_HEADER = 16 };

typedef enum {
#define SHK_STATE_ACTION(name) SHK_ACTION_##name,
#include "state/actions.def"
#undef SHK_STATE_ACTION
    SHK_ACTION_COUNT
} shk_state_action;

typedef struct {
#define SHK_STATE_SETTING(name, bits) uint8_t name;
#include "state/settings.def"
#undef SHK_STATE_SETTING
} shk_state_settings;

/* When the application does what. */
typedef struct {
    uint8_t after; /* records of the peer */
    shk_state_action action;
} shk_state_step;

typedef struct {
    shk_state_settings settings;
    uint64_t bits; /* the settings as they stand in the input, but for how the stream is cut */
    shk_state_step steps[SHK_STATE_ACTIONS];
    shk_span stream;
} shk_state_input;

/* Takes an input apart. What is missing is zero. */
shk_state_input shk_state_input_of(shk_span bytes);
/* Bytes of the record at the front of a stream, or of what there is of it. */
size_t shk_state_record_len(shk_span stream);
/* The bytes before the stream. */
void shk_state_write_header(const shk_state_settings *settings, const shk_state_step *steps,
                            uint8_t header[SHK_STATE_HEADER]);

#endif
