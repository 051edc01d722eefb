/* The parts of the OpenSSL endpoint: what connections share (setup, certificates, PSK, status) and
 * one connection (openssl.c, result, channel bindings). Only this folder includes libssl's headers.
 */
#ifndef SHK_ENDPOINT_OPENSSL_OPENSSL_KIND_H
#define SHK_ENDPOINT_OPENSSL_OPENSSL_KIND_H

#include <stdio.h>

#include <openssl/ssl.h>

#include "endpoint/endpoint.h"

enum { SHK_OPENSSL_ALPN_SIZE = 1024 };

struct shk_endpoint_setup {
    shk_endpoint_config config;
    SSL_CTX *ctx;
    SSL_CTX *more;            /* holds the second certificate with its chain and key; NULL: none */
    X509 *first;              /* the first certificate; `ctx` owns it */
    EVP_PKEY *peer_key;       /* that is trusted where it comes raw; NULL: any */
    shk_buf status;           /* server: the OCSP response */
    shk_buf scts;             /* server: SignedCertificateTimestampList */
    bool without_certificate; /* a suite or PSK needs no certificate of the server */
    FILE *key_log;            /* NULL: none */
    SSL_SESSION *session;     /* client: the last one, if sessions are kept */
    bool name_is_address;
    uint8_t alpn[SHK_OPENSSL_ALPN_SIZE]; /* ProtocolNameList without its length (RFC 7301 §3.1) */
    size_t alpn_len;
};

struct shk_endpoint {
    SSL *ssl;
    BIO *in;  /* from the peer; `ssl` owns it */
    BIO *out; /* to the peer; likewise */
    shk_buf received;
    shk_buf key_log;
    bool was_connected;
    bool found_psk;             /* server: the client has offered the PSK */
    bool early_data_done;       /* server: all early data are read, or there were none */
    bool cookie_verified;       /* server: the client has shown the cookie */
    bool key_shared;            /* the ServerHello has key_share */
    size_t early_sent;          /* client: bytes of early data */
    uint16_t finished_received; /* Finished messages */
    uint16_t finished_sent;
    shk_endpoint_result result; /* what is negotiated is filled in when the handshake ends */
};

/* `setup` and `teardown` of the kind. */
bool shk_openssl_setup(const shk_endpoint_config *config, shk_endpoint_setup **out, char *why);
void shk_openssl_teardown(shk_endpoint_setup *setup);
/* `forget` of the kind. */
bool shk_openssl_forget(shk_endpoint_setup *setup);

/* Parts of `setup`. False with a reason in `why`. */
bool shk_openssl_set_certificates(shk_endpoint_setup *setup, char *why);
bool shk_openssl_set_raw_keys(shk_endpoint_setup *setup, char *why); /* after the trust */
bool shk_openssl_set_compression(shk_endpoint_setup *setup, char *why);
bool shk_openssl_set_psk(shk_endpoint_setup *setup, char *why);
bool shk_openssl_set_status(shk_endpoint_setup *setup, char *why);
bool shk_openssl_set_scts(shk_endpoint_setup *setup, char *why);

/* Fills in the result with what the completed handshake has negotiated. */
void shk_openssl_note_negotiated(shk_endpoint *end);
/* Whether the client has authenticated by a certificate, or raw key, that is trusted. */
bool shk_openssl_has_client_auth(SSL *ssl);
/* Client: how many SCTs the server sent in the extension. */
uint16_t shk_openssl_count_scts(const shk_endpoint *end);
/* `channel_binding` of the kind. */
size_t shk_openssl_channel_binding(shk_endpoint *end, const char *name, uint8_t *out);

/* Appends to a text of SHK_WHY_SIZE bytes, after a colon if it is not the first. */
void shk_openssl_append(char *why, const char *text);
/* Appends the reasons of OpenSSL's error queue, and empties it. */
void shk_openssl_append_reasons(char *why);
/* Writes to `why` that a thing is not usable, with OpenSSL's reasons. Always returns false. */
bool shk_openssl_unusable(char *why, const char *what, const char *name);

#endif
