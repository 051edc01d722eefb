/* The flow tables (shakedown/flow.h) as a model to walk: which messages may come one after another.
 * It shares its rows with the engine of our own end, and nothing else: conditions are looked up in
 * what was seen. */
#ifndef SHK_ORACLE_FLOW_MODEL_H
#define SHK_ORACLE_FLOW_MODEL_H

#include "oracle/view.h"

enum { SHK_MODEL_STATES = 64, SHK_MODEL_ROWS = 192 };
/* Events beside the rows of messages.def. */
enum { SHK_EVENT_CHANGE_CIPHER_SPEC = SHK_MSG_COUNT, SHK_EVENT_ENTRY };

typedef struct {
    uint8_t state;
    uint8_t next;
    uint8_t event;
    uint8_t condition; /* of shk_flow_conditions */
} shk_model_row;

typedef struct {
    const char *states[SHK_MODEL_STATES];
    size_t state_count;
    shk_model_row rows[SHK_MODEL_ROWS];
    size_t row_count;
} shk_flow_model;

/* What conditions depend on; filled in as messages go by. */
typedef struct {
    bool is_server;
    bool negotiated; /* a ServerHello was seen in this handshake */
    uint16_t version;
    const shk_suite_row *suite;
    bool with_psk; /* TLS 1.3: the ServerHello selects one */
    bool retried;
    bool early_data;           /* accepted */
    bool requested;            /* a certificate of the client */
    bool client_has_key;       /* its Certificate was not empty */
    bool status;               /* below TLS 1.3: the ServerHello has status_request */
    bool ticket;               /* likewise session_ticket, and no ticket has come */
    bool may_resume;           /* below TLS 1.3: a session that was offered may be resumed */
    bool compression;          /* the client can decompress certificates */
    bool later_authentication; /* the client has post_handshake_auth */
} shk_flow_seen;

typedef enum { SHK_NO, SHK_YES, SHK_MAYBE } shk_truth;
typedef struct {
    const char *name;
    shk_truth (*holds)(const shk_flow_seen *seen);
} shk_flow_condition_row;

/* The conditions that the model knows. */
extern const shk_flow_condition_row shk_flow_conditions[];
extern const size_t shk_flow_condition_count;

/* Reads the table of the client or of the server. False where it names what is not known here. */
bool shk_flow_model_read(shk_flow_model *model, bool of_server);
/* The state of that name, as the only member of a set. */
uint64_t shk_flow_model_state(const shk_flow_model *model, const char *name);
/* From a set of states: what is reached without a message; and by one. 0: nothing takes it. */
uint64_t shk_flow_model_settle(const shk_flow_model *model, uint64_t states,
                               const shk_flow_seen *seen);
uint64_t shk_flow_model_take(const shk_flow_model *model, uint64_t states, unsigned event,
                             const shk_flow_seen *seen);

#endif
