/* The traces of RFC 8448 (corpora/vectors/rfc8448.txt), and a signer that repeats their signatures.
 */
#ifndef SHK_TESTS_RFC8448_TRACE_H
#define SHK_TESTS_RFC8448_TRACE_H

#include "vectors.h"

/* The value of a section whose key ends so. */
test_bytes trace(int section, const char *rest);

/* Appends the first `len` bytes. */
void trace_append(test_bytes *to, const test_bytes *more, size_t len);

/* The output is this; it is taken. */
void take_and_compare(shk_conn *conn, const test_bytes *expected);

void feed_trace(shk_conn *conn, const test_bytes *bytes);

/* A certificate of a trace, and a signer that gives out the trace's signature. */
typedef struct {
    test_bytes certificate; /* the message */
    test_bytes verify;      /* CertificateVerify, the message */
    shk_span chain[1];
    shk_credential credential;
    const shk_credential *credentials[1];
    uint16_t scheme;
} trace_signer;

/* The configuration has the certificate and the signature of "client" or "server" of a section. */
void use_trace_signer(shk_config *config, trace_signer *s, int section, const char *who);

#endif
