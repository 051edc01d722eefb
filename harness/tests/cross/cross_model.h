/* The model of the cross-feature test: it predicts the outcome of a connection from the options of
 * both ends and the sessions of earlier connections. It knows options and RFC clauses, but no
 * messages or states. */
#ifndef SHK_TESTS_CROSS_MODEL_H
#define SHK_TESTS_CROSS_MODEL_H

#include "drive/drive.h"
#include "shakedown/crypto.h"

/* Why one end must refuse. If there are several reasons, the end may refuse for any. */
typedef struct {
    bool by_server;
    int alert;
    const char *words;
} cross_reason;

/* The session that a client holds, and what it stands for. The configurations are those under which
 * the peers have authenticated each other. */
typedef struct {
    bool exists;
    uint16_t version;
    uint16_t suite;
    bool extended_master_secret;
    bool by_id;
    bool external_psk;
    shk_endpoint_psk psk[2]; /* then: as the client and the server have it */
    bool client_verified;    /* by the server, in the handshake */
    bool server_verified;    /* by the client */
    uint16_t max_fragment_length;
    uint32_t max_early_data;
    uint32_t lifetime;
    int64_t start;
    int64_t authenticated;
    uint64_t ticket_seed;
    char alpn[SHK_PROTOCOL_SIZE];
    shk_endpoint_config client;
    shk_endpoint_config server;
} cross_session;

enum { CROSS_REASONS = 24 };

typedef struct {
    cross_reason reasons[CROSS_REASONS];
    size_t reason_count;
    /* without a reason: */
    uint16_t version;
    uint16_t suite;
    uint16_t group;
    bool resumed;
    bool external_psk;
    bool early_data;
    bool retried;
    bool ech_accepted;
    bool extended_master_secret;
    bool encrypt_then_mac;
    bool certificate_compressed;
    bool raw_public_key;
    bool client_authenticated;
    bool status_verified;
    uint16_t sct_count;
    uint16_t tickets; /* TLS 1.3 */
    uint16_t send_limit[2];
    const char *alpn; /* "": none */
    bool may_authenticate_later;
    bool may_renegotiate;
} cross_prediction;

void cross_predict(const shk_crypto *crypto, const shk_endpoint_config *client,
                   const shk_endpoint_config *server, const cross_session *session,
                   cross_prediction *out);

/* Whether the client offers the session, and the server takes it for a full handshake. */
bool cross_session_offered(const shk_endpoint_config *client, const cross_session *session);
bool cross_session_taken(const shk_endpoint_config *client, const shk_endpoint_config *server,
                         const cross_session *session);
/* The session that the client holds after a connection with this verdict. */
void cross_session_after(const shk_endpoint_config *client, const shk_endpoint_config *server,
                         const shk_verdict *verdict, cross_session *session);

/* The first PSK of the client that the server knows the identity of, as each has it; below TLS 1.3
 * a client has but its first. */
bool cross_common_psk(const shk_endpoint_config *client, const shk_endpoint_config *server,
                      bool first_alone, shk_endpoint_psk found[2]);

/* The options with the defaults filled in. */
uint16_t cross_min_version(const shk_endpoint_config *config);
uint16_t cross_max_version(const shk_endpoint_config *config);
shk_u16s cross_suites(const shk_endpoint_config *config);
bool cross_has(shk_u16s list, uint16_t value);

#endif
