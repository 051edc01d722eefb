/* The two halves of the OpenSSL endpoint: what connections share (openssl_setup.c) and one
 * connection (openssl.c). No other file includes <openssl/ssl.h>. */
#ifndef SHK_ENDPOINT_OPENSSL_KIND_H
#define SHK_ENDPOINT_OPENSSL_KIND_H

#include <stdio.h>

#include <openssl/ssl.h>

#include "endpoint/endpoint.h"

enum { SHK_OPENSSL_ALPN_SIZE = 1024 };

struct shk_endpoint_setup {
    shk_endpoint_config config;
    SSL_CTX *ctx;
    FILE *key_log;
    SSL_SESSION *session; /* client: the last one, if it shall be resumed */
    bool name_is_address;
    uint8_t alpn[SHK_OPENSSL_ALPN_SIZE]; /* ProtocolNameList without its length (RFC 7301 §3.1) */
    size_t alpn_len;
};

struct shk_endpoint {
    SSL *ssl;
    BIO *in;  /* from the peer; `ssl` owns it */
    BIO *out; /* to the peer; likewise */
    shk_buf received;
    bool was_connected;
    bool found_psk;             /* server: the client has offered the PSK */
    shk_endpoint_result result; /* what is negotiated is filled in when the handshake ends */
};

/* `setup` and `teardown` of the kind. */
bool shk_openssl_setup(const shk_endpoint_config *config, shk_endpoint_setup **out, char *why);
void shk_openssl_teardown(shk_endpoint_setup *setup);

/* Appends to a text of SHK_WHY_SIZE bytes, after a colon if it is not the first. */
void shk_openssl_append(char *why, const char *text);
/* Appends the reasons of OpenSSL's error queue, and empties it. */
void shk_openssl_append_reasons(char *why);

#endif
