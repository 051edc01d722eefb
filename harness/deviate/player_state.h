/* What the players of a script share: our own end, and the one in the middle. */
#ifndef SHK_DEVIATE_PLAYER_STATE_H
#define SHK_DEVIATE_PLAYER_STATE_H

#include "deviate/edit.h"
#include "deviate/player.h"
#include "keys/sealer.h"

enum { SHK_SIDES = 3 /* by shk_whose */, SHK_NEVER = -1, SHK_MOST_SEEN = 256 };

/* A message that has been seen. */
typedef struct {
    uint8_t whose; /* CLIENT or SERVER */
    uint8_t target;
    uint8_t time;
    shk_form form;
    shk_buf bytes; /* with its header */
} shk_seen_message;

/* Output that waits until the peer has sent so much. */
typedef struct {
    uint64_t offset; /* in what the side has sent */
    uint64_t needed; /* bytes of the other */
} shk_barrier;

/* What goes out of one side. */
typedef struct {
    uint64_t gone; /* bytes that have gone out */
    uint64_t came; /* bytes that it has received */
    bool closed;   /* nothing goes out behind `close_at` */
    uint64_t close_at;
    bool close_now; /* all up to there has gone out */
    shk_buf kept;   /* that are kept back */
    shk_barrier barriers[SHK_SCRIPT_OPERATIONS];
    size_t barrier_count;
    shk_buf joined; /* content that waits for the next message, and its keys */
    int joined_epoch;
    bool change_cipher_spec_waits; /* until what is joined has gone */
} shk_outgoing;

/* The middle's view of one direction. */
typedef struct {
    shk_buf record;     /* that has not come completely */
    shk_buf messages;   /* of which the last has not come completely */
    shk_buf records;    /* that these came in, as they were */
    bool encrypted;     /* protected records come */
    shk_opener *opener; /* of the keys that they are under; NULL: they cannot be opened */
    shk_sealer sealer;  /* with these; it has a key from the first record on that is not passed on
                           as it came */
    size_t label;       /* of the next keys */
    uint64_t first;     /* sequence number of the first of `records` */
} shk_middle_side;

struct shk_player {
    const shk_script *script;
    const char *files;
    const shk_provider *provider;
    const shk_crypto *opened; /* by the provider */
    shk_deviation_hooks hooks;
    shk_whose own; /* CLIENT or SERVER; OWN of a middle */
    bool active;   /* operations apply to the connection */
    bool applied[SHK_SCRIPT_OPERATIONS];
    bool too_much[SHK_SCRIPT_OPERATIONS];   /* it would send more than a script may */
    uint64_t extra;                         /* bytes sent so far beside the messages themselves */
    uint16_t times[SHK_SIDES][SHK_TARGETS]; /* that each message has been met */
    shk_seen_message seen[SHK_MOST_SEEN];   /* of all connections; the oldest go first */
    size_t seen_count;
    shk_outgoing out[SHK_SIDES];
    shk_buf held[SHK_SCRIPT_OPERATIONS]; /* type and content, by the operation that holds them */
    /* our own end */
    bool deferred[SHK_SCRIPT_OPERATIONS]; /* what they send waits for other keys */
    shk_form form;                        /* of the last message that was sent */
    uint16_t signed_scheme;               /* that an operation has chosen; 0: none has */
    shk_credential *other_key;
    /* the middle */
    shk_middle_side sides[SHK_SIDES];
    uint16_t version;
    uint16_t suite;
    uint8_t randoms[2][32];   /* of client and server */
    const shk_crypto *crypto; /* NULL: the middle has no keys */
    shk_key_log_source *key_log;
    const void *key_log_context;
};

/* Whether an operation speaks of this message. */
bool shk_player_meets(const shk_player *player, const shk_operation *operation, shk_whose whose,
                      unsigned target, unsigned time);
/* The first operation of a kind that does, marked as applied; NULL: there is none. */
const shk_operation *shk_player_find(shk_player *player, shk_operation_kind kind, shk_whose whose,
                                     unsigned target, unsigned time);
/* Does the field operations on a message, header included. `hashed` receives the message without
 * those that keep the transcript. Which are done: all, those on binders, or the others. */
typedef enum { SHK_EDIT_ALL, SHK_EDIT_BUT_BINDERS, SHK_EDIT_BINDERS } shk_edit_which;
bool shk_player_edit(shk_player *player, shk_whose whose, unsigned target, unsigned time,
                     const shk_form *form, shk_edit_which which, shk_buf *message, shk_buf *hashed);
/* Remembers a message for copies. */
void shk_player_remember(shk_player *player, shk_whose whose, unsigned target, unsigned time,
                         const shk_form *form, shk_span bytes);
/* A shk_copier, with the player as its context. */
bool shk_player_copy(void *player, const shk_point *point, shk_buf *out);
/* The content and its type of what an operation sends. False: there is nothing to copy. */
bool shk_player_item(shk_player *player, const shk_operation *operation, uint8_t *type,
                     shk_buf *content);
/* The side closes its output at this offset, unless it has before. */
void shk_player_close_at(shk_player *player, shk_whose side, uint64_t offset);
/* The side that a point of the script speaks of. */
shk_whose shk_player_side(const shk_player *player, unsigned whose);
/* Whether any operation speaks of this message, or holds another back until it comes. */
bool shk_player_is_met(const shk_player *player, shk_whose whose, unsigned target, unsigned time);
/* What a record is to a script, if it holds no handshake messages; SHK_TARGETS: it does. */
unsigned shk_target_of_record(uint8_t type);
/* Frees the key that signs in place of the own one (deviate/own_secrets.c). */
void shk_player_drop_key(shk_player *player);
/* Hooks of our own end, there as well. */
void shk_own_secret(void *context, shk_secret_kind kind, uint8_t *secret, size_t *len, size_t cap);
shk_status shk_own_sign(void *context, const shk_credential **credential,
                        const shk_signature_scheme_row **scheme, shk_buf *content);
/* Our own end's hooks (deviate/own.c). */
extern const shk_deviation_hooks shk_own_hooks;
/* The middle's keys (deviate/middle_keys.c): opens a protected record of a side. `type` is the
 * header's and becomes the inner one. False: it stays as it is. */
bool shk_middle_open(shk_player *player, shk_whose side, uint8_t *type, shk_span fragment,
                     shk_buf *out);
/* From the record of this number on, what the side sends is sealed anew. False where that cannot be
 * done. */
bool shk_middle_reseal(shk_player *player, shk_whose side, uint64_t sequence);
/* Behind a KeyUpdate of the side. */
void shk_middle_update(shk_player *player, shk_whose side);
void shk_middle_forget_keys(shk_player *player);
/* The middle (deviate/middle.c): puts what goes on of the bytes of a side into what it keeps. */
bool shk_middle_pass(shk_player *player, shk_whose side, shk_span bytes);

#endif
