/* The settings of one end of a handshake, whatever kind of endpoint it is, and what every kind
 * derives from them in the same way. */
#ifndef SHK_ENDPOINT_SETTINGS_H
#define SHK_ENDPOINT_SETTINGS_H

#include "endpoint/provider.h"
#include "endpoint/setting_types.h"
#include "shakedown/config.h"

/* The size of every buffer for the reason of a failure. */
enum { SHK_WHY_SIZE = 256 };

/* The signatures of our end, in order: stored for a recording, or replayed from one, since
 * randomised schemes cannot be repeated otherwise. Each has a length of two bytes before it. */
typedef struct {
    shk_buf bytes;
    size_t at;   /* replay: offset of the next one */
    bool replay; /* replay instead of storing */
} shk_signatures;

/* How a server keeps sessions: sealed into tickets, or below TLS 1.3 by their ids. In TLS 1.3 there
 * are always tickets, but a GnuTLS server that keeps ids sends none. */
typedef enum { SHK_SESSIONS_TICKETS, SHK_SESSIONS_IDS } shk_session_store;

/* A PSK provisioned out of band. */
typedef struct {
    const char *identity; /* NULL: there is none */
    shk_span key;
} shk_endpoint_psk;

/* How an end is set up: the fields of settings.def, and those below. What is not given (0, NULL or
 * empty) is left to the implementation. All pointers stay the caller's and must outlive the setup.
 */
typedef struct {
    bool server;
#define SHK_SETTING(option, field, type, of, argument, whose, kinds, versions, ours, help)         \
    SHK_FIELD_##type(field, SHK_SETTING_OF of)
#include "endpoint/settings.def"
    shk_span psk_key;                             /* of psk_identity */
    shk_endpoint_psk more_psks[SHK_MAX_PSKS - 1]; /* ours: further ones, up to the first that has no
                                                     identity */
    bool no_tickets;                  /* server, ours, beside ids: no session is kept in TLS 1.3 */
    shk_signatures *signatures;       /* ours; NULL: neither kept nor given back */
    const shk_provider *provider;     /* ours; NULL: shk_provider_libcrypto */
    const shk_deviation_hooks *hooks; /* ours: it deviates by them; NULL: it does not */
    shk_message_observer *observer;   /* ours: sees every handshake message; NULL: none */
    void *observer_context;
} shk_endpoint_config;

/* Which ends and which kinds of endpoint have a setting: columns of settings.def. */
enum { SHK_OF_CLIENT = 1, SHK_OF_SERVER = 2, SHK_OF_BOTH = SHK_OF_CLIENT | SHK_OF_SERVER };
enum {
    SHK_KINDS_OURS = 1,
    SHK_KINDS_OPENSSL = 2,
    SHK_KINDS_GNUTLS = 4,
    SHK_KINDS_OURS_AND_OPENSSL = SHK_KINDS_OURS | SHK_KINDS_OPENSSL,
    SHK_KINDS_OURS_AND_GNUTLS = SHK_KINDS_OURS | SHK_KINDS_GNUTLS,
    SHK_KINDS_EVERY = SHK_KINDS_OURS | SHK_KINDS_OPENSSL | SHK_KINDS_GNUTLS
};

/* The field of the first setting that is given and that the kind does not have; NULL: there is
 * none. */
const char *shk_endpoint_lacks(const shk_endpoint_config *config, unsigned kind);

/* Whether the end's own key, or its peer's, comes raw. */
bool shk_endpoint_own_key_raw(const shk_endpoint_config *config);
bool shk_endpoint_peer_key_raw(const shk_endpoint_config *config);

/* Whether one of the suites authenticates by a certificate or a PSK, as the defaults do; the others
 * are anonymous. */
bool shk_endpoint_can_authenticate(shk_u16s suites);

/* The configured versions without those that none of the suites can serve: a library that is given
 * more would use its default suites for them. False with a reason if none remains. */
bool shk_endpoint_versions(const shk_endpoint_config *config, bool has_13, bool has_older,
                           uint16_t *min, uint16_t *max, char *why);

/* The CertificateCompressionAlgorithms (RFC 8879 §7.3) of a comma-separated list of names: 1 to
 * SHK_COMPRESSIONS of them. False: `why` names what is not known. */
enum { SHK_COMPRESSIONS = 3 };
bool shk_endpoint_compressions(const char *names, uint16_t *out, size_t *count, char *why);

#endif
