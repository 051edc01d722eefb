/* The traces of RFC 8448 (corpora/vectors/rfc8448.txt), and a signer that repeats their signatures
 * (support/rfc8448_trace.h). */
#include "rfc8448_trace.h"

#include <stdio.h>
#include <string.h>

test_bytes trace(int section, const char *rest)
{
    char key[512];
    snprintf(key, sizeof key, "%d|%s", section, rest);
    return vector_of("rfc8448.txt", key);
}

void trace_append(test_bytes *to, const test_bytes *more, size_t len)
{
    assert_true(to->len + len <= MAX_VECTOR);
    memcpy(to->data + to->len, more->data, len);
    to->len += len;
}

void take_and_compare(shk_conn *conn, const test_bytes *expected)
{
    shk_span out = shk_conn_output(conn);
    assert_bytes(out, expected);
    shk_conn_sent(conn, out.len);
}

void feed_trace(shk_conn *conn, const test_bytes *bytes)
{
    char text[256];
    shk_status status = shk_conn_feed(conn, bytes->data, bytes->len);
    if (status != SHK_OK) {
        shk_conn_describe(conn, text, sizeof text);
        fail_msg("%s", text);
    }
}

static shk_status repeat_signature(void *context, const shk_credential *credential,
                                   const shk_signature_scheme_row *scheme, shk_span message,
                                   uint8_t *signature, size_t *len)
{
    const trace_signer *s = (const trace_signer *)context;
    (void)message;
    assert_ptr_equal(credential, &s->credential);
    assert_int_equal(scheme->value, s->scheme);
    *len = s->verify.len - 8; /* behind header, algorithm and length */
    memcpy(signature, s->verify.data + 8, *len);
    return SHK_OK;
}

void use_trace_signer(shk_config *config, trace_signer *s, int section, const char *who)
{
    char key[128];
    snprintf(key, sizeof key, "%s|construct a Certificate handshake message|1|Certificate", who);
    s->certificate = trace(section, key);
    snprintf(key, sizeof key,
             "%s|construct a CertificateVerify handshake message|1|CertificateVerify", who);
    s->verify = trace(section, key);
    /* header, context, length of the list, of the certificate; and its extensions */
    s->chain[0] = shk_span_of(s->certificate.data + 11, s->certificate.len - 13);
    memset(&s->credential, 0, sizeof s->credential);
    s->credential.chain = s->chain;
    s->credential.count = 1;
    s->credential.kind = SHK_KEY_RSA;
    s->credential.key_size = 128;
    s->scheme = SHK_rsa_pss_rsae_sha256;
    s->credentials[0] = &s->credential;
    config->credentials = s->credentials;
    config->credential_count = 1;
    config->schemes.values = &s->scheme;
    config->schemes.count = 1;
    config->signer = repeat_signature;
    config->signer_context = s;
}
