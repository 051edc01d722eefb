/* The two halves of the GnuTLS endpoint: what connections share (gnutls_setup.c) and one connection
 * (gnutls.c). No other file includes <gnutls/gnutls.h>. */
#ifndef SHK_ENDPOINT_GNUTLS_KIND_H
#define SHK_ENDPOINT_GNUTLS_KIND_H

#include <stdio.h>

#include <gnutls/gnutls.h>

#include "endpoint/endpoint.h"

enum { SHK_GNUTLS_PROTOCOLS = 64 };

struct shk_endpoint_setup {
    shk_endpoint_config config;
    gnutls_certificate_credentials_t credentials;
    gnutls_priority_t priority;
    gnutls_datum_t ticket_key;
    gnutls_datum_t session;   /* client: the last one, if it shall be resumed */
    shk_session_cache *cache; /* server: by id */
    gnutls_psk_client_credentials_t psk_client;
    gnutls_psk_server_credentials_t psk_server;
    gnutls_datum_t alpn[SHK_GNUTLS_PROTOCOLS]; /* parts of config.alpn */
    unsigned alpn_count;
    bool name_is_address;
    FILE *key_log;
};

struct shk_endpoint {
    shk_endpoint_setup *setup;
    gnutls_session_t session;
    shk_buf in; /* from the peer; GnuTLS has read `in_read` bytes of it */
    size_t in_read;
    shk_buf out;
    shk_buf received;
    bool was_connected;
    bool said_goodbye;
    bool ticket_came; /* and was not kept yet */
    int verify_alert; /* that the certificate's flaw deserves, -1: none */
    shk_endpoint_result result;
};

/* `setup` and `teardown` of the kind. */
bool shk_gnutls_setup(const shk_endpoint_config *config, shk_endpoint_setup **out, char *why);
void shk_gnutls_teardown(shk_endpoint_setup *setup);

/* The time that GnuTLS sees in this thread from now on, seconds since 1970; 0: the machine's. To be
 * called on every way into it. */
void shk_gnutls_set_time(int64_t seconds);

#endif
