/* The parts of the GnuTLS endpoint: what connections share (setup, credentials, PSK, priority,
 * limits) and one connection (gnutls.c, verification, result). Only this folder includes GnuTLS's
 * headers. */
#ifndef SHK_ENDPOINT_GNUTLS_GNUTLS_KIND_H
#define SHK_ENDPOINT_GNUTLS_GNUTLS_KIND_H

#include <stdio.h>

#include <gnutls/gnutls.h>

#include "endpoint/endpoint.h"

enum { SHK_GNUTLS_PROTOCOLS = 64 };

struct shk_endpoint_setup {
    shk_endpoint_config config;
    gnutls_certificate_credentials_t credentials;
    gnutls_priority_t priority;
    gnutls_datum_t ticket_key;
    gnutls_datum_t session;   /* client: the last one, if sessions are kept */
    size_t session_early;     /* bytes of early data it allows */
    shk_session_cache *cache; /* server: by id */
    shk_session_cache *seen; /* server: hashes of ClientHellos with early data, for `anti_replay` */
    gnutls_anti_replay_t anti_replay;
    gnutls_psk_client_credentials_t psk_client;
    gnutls_psk_server_credentials_t psk_server;
    gnutls_anon_client_credentials_t anonymous_client;
    gnutls_anon_server_credentials_t anonymous_server;
    bool is_anonymous;       /* one of the suites is anonymous */
    gnutls_datum_t peer_key; /* SubjectPublicKeyInfo that is trusted; no data: any */
    shk_buf status;          /* server: the OCSP response */
    gnutls_compression_method_t compressions[SHK_COMPRESSIONS];
    size_t compression_count;
    gnutls_datum_t alpn[SHK_GNUTLS_PROTOCOLS]; /* parts of config.alpn */
    unsigned alpn_count;
    bool name_is_address;
    FILE *key_log; /* NULL: none */
};

typedef enum {
    SHK_GNUTLS_NOTHING,
    SHK_GNUTLS_RENEGOTIATION,
    SHK_GNUTLS_AUTHENTICATION
} shk_gnutls_pending;

struct shk_endpoint {
    shk_endpoint_setup *setup;
    gnutls_session_t session;
    shk_buf in; /* from the peer; GnuTLS has read `in_read` bytes of it */
    size_t in_read;
    shk_buf out;
    shk_buf received;
    shk_buf key_log;
    bool was_connected;
    bool close_sent;
    bool ticket_received;         /* and is not stored yet */
    shk_gnutls_pending pending;   /* in progress after the first handshake */
    size_t early_sent;            /* client: bytes of early data */
    uint16_t max_fragment_length; /* as the peer sent them; 0: it did not */
    uint16_t record_size_limit;
    int verify_alert; /* the alert for what is wrong with the certificate, -1: nothing */
    shk_endpoint_result result;
};

/* `setup` and `teardown` of the kind. */
bool shk_gnutls_setup(const shk_endpoint_config *config, shk_endpoint_setup **out, char *why);
void shk_gnutls_teardown(shk_endpoint_setup *setup);
/* `forget` of the kind. */
bool shk_gnutls_forget(shk_endpoint_setup *setup);

/* Parts of `setup`. False with a reason in `why`. */
bool shk_gnutls_set_certificates(shk_endpoint_setup *setup, char *why);
bool shk_gnutls_set_peer_key(shk_endpoint_setup *setup, char *why);
bool shk_gnutls_set_status(shk_endpoint_setup *setup, char *why);
bool shk_gnutls_set_psk(shk_endpoint_setup *setup, char *why);
bool shk_gnutls_set_anonymous(shk_endpoint_setup *setup, char *why);
/* Writes to `why` that a thing is not usable, with the reason. Always returns false. */
bool shk_gnutls_unusable(char *why, const char *what, const char *name, const char *reason);
/* Whether a file can be read; GnuTLS's own errors do not name it. */
bool shk_gnutls_readable(const char *what, const char *file, char *why);
void shk_gnutls_free_credentials(shk_endpoint_setup *setup);

/* `result` of the kind. */
void shk_gnutls_result(shk_endpoint *end, shk_endpoint_result *out);

/* Gives a connection the credentials, or the limits, of its set-up. Returns GnuTLS's error code;
 * `option` then names the limit. */
int shk_gnutls_use_credentials(const shk_endpoint *end);
int shk_gnutls_use_limits(const shk_endpoint_setup *setup, gnutls_session_t session,
                          const char **option);

/* The verification callback: GnuTLS's error code, with alert and words for it in the endpoint. */
int shk_gnutls_verify(gnutls_session_t session);
/* Fills in the result with what the completed handshake has negotiated. */
void shk_gnutls_note_negotiated(shk_endpoint *end);
/* Reads limits from a message of the peer, without its header. GnuTLS applies them, but has no
 * function that returns them. */
void shk_gnutls_note_limits(shk_endpoint *end, unsigned type, const gnutls_datum_t *message);
/* Bytes of content in a record, by what the peer asked for; 0: no limit. */
uint16_t shk_gnutls_send_limit(const shk_endpoint *end, bool tls13);
/* `channel_binding` of the kind. */
size_t shk_gnutls_channel_binding(shk_endpoint *end, const char *name, uint8_t *out);

/* Sets the time that GnuTLS sees in this thread, seconds since 1970; 0: the machine's. To be called
 * before every call into GnuTLS. */
void shk_gnutls_set_time(int64_t seconds);

#endif
