/* An endpoint on a library of others, as a template: here Mbed TLS 2.28, which speaks TLS 1.2. What has
 * to be written anew for another stack is marked STACK. docs/FUZZ-YOUR-STACK.md says how it is built:
 * as a plugin of `shakedown play`, or as a kind that a fuzz target is linked with. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "play/plugin.h"
#include "shakedown/types.h"

/* STACK: its headers. */
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>

enum { READ_SIZE = 4096, FATAL = 2 };

/* STACK: what connections share. */
struct shk_endpoint_setup {
    shk_endpoint_config config;
    mbedtls_ssl_config ssl;
    mbedtls_x509_crt chain, roots;
    mbedtls_pk_context key;
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context random;
};

/* STACK: a connection. What came and was not read yet, what is to be sent, and data that arrived. */
struct shk_endpoint {
    const shk_endpoint_setup *setup;
    mbedtls_ssl_context ssl;
    shk_buf in, out, data;
    size_t in_read;
    shk_endpoint_result result;
};

static const char *library_version(void)
{
    return "Mbed TLS " MBEDTLS_VERSION_STRING;
}

static bool fail(char *why, const char *what, int code)
{
    char words[128];
    mbedtls_strerror(code, words, sizeof words);
    snprintf(why, SHK_WHY_SIZE, "%.80s is not usable: %.120s", what, words);
    return false;
}

static void teardown(shk_endpoint_setup *s)
{
    mbedtls_ssl_config_free(&s->ssl);
    mbedtls_x509_crt_free(&s->chain);
    mbedtls_x509_crt_free(&s->roots);
    mbedtls_pk_free(&s->key);
    mbedtls_ctr_drbg_free(&s->random);
    mbedtls_entropy_free(&s->entropy);
    free(s);
}

/* Settings that the stack does not have are refused, so that a script that needs them is not run. */
static bool has_all(const shk_endpoint_config *c, char *why)
{
    const bool more = c->suites.count > 0 || c->groups.count > 0 || c->schemes.count > 0 ||
                      c->psk_identity != NULL || c->alpn != NULL || c->resume ||
                      c->client_auth != SHK_CLIENT_AUTH_NONE || c->renegotiation;
    if (!more && c->min_version <= SHK_TLS12 && c->max_version == SHK_TLS12)
        return true;
    snprintf(why, SHK_WHY_SIZE, "the template has TLS 1.2 and certificates alone");
    return false;
}

static bool load(shk_endpoint_setup *s, const shk_endpoint_config *c, char *why)
{
    int code = 0;
    if (c->certificate_file != NULL &&
        ((code = mbedtls_x509_crt_parse_file(&s->chain, c->certificate_file)) != 0 ||
         (code = mbedtls_pk_parse_keyfile(&s->key, c->key_file, NULL)) != 0 ||
         (code = mbedtls_ssl_conf_own_cert(&s->ssl, &s->chain, &s->key)) != 0))
        return fail(why, c->certificate_file, code);
    if (c->ca_file != NULL && (code = mbedtls_x509_crt_parse_file(&s->roots, c->ca_file)) != 0)
        return fail(why, c->ca_file, code);
    mbedtls_ssl_conf_ca_chain(&s->ssl, &s->roots, NULL);
    mbedtls_ssl_conf_authmode(&s->ssl, c->ca_file != NULL ? MBEDTLS_SSL_VERIFY_REQUIRED
                                                          : MBEDTLS_SSL_VERIFY_NONE);
    return true;
}

static bool setup(const shk_endpoint_config *c, shk_endpoint_setup **out, char *why)
{
    if (!has_all(c, why))
        return false;
    shk_endpoint_setup *s = calloc(1, sizeof *s);
    if (s == NULL)
        return false;
    s->config = *c;
    mbedtls_ssl_config_init(&s->ssl);
    mbedtls_x509_crt_init(&s->chain);
    mbedtls_x509_crt_init(&s->roots);
    mbedtls_pk_init(&s->key);
    mbedtls_entropy_init(&s->entropy);
    mbedtls_ctr_drbg_init(&s->random);
    int code = mbedtls_ctr_drbg_seed(&s->random, mbedtls_entropy_func, &s->entropy, NULL, 0);
    if (code == 0)
        code = mbedtls_ssl_config_defaults(
            &s->ssl, c->server ? MBEDTLS_SSL_IS_SERVER : MBEDTLS_SSL_IS_CLIENT,
            MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
    mbedtls_ssl_conf_rng(&s->ssl, mbedtls_ctr_drbg_random, &s->random);
    if (code == 0 ? load(s, c, why) : fail(why, "the configuration", code)) {
        *out = s;
        return true;
    }
    teardown(s);
    return false;
}

static bool forget(shk_endpoint_setup *s)
{
    (void)s; /* keeps no session */
    return true;
}

static int send_bytes(void *context, const unsigned char *data, size_t len)
{
    shk_endpoint *end = context;
    return shk_buf_append(&end->out, shk_span_of(data, len)) == SHK_OK ? (int)len
                                                                      : MBEDTLS_ERR_SSL_WANT_WRITE;
}

static int receive_bytes(void *context, unsigned char *data, size_t cap)
{
    shk_endpoint *end = context;
    const size_t left = end->in.len - end->in_read;
    const size_t len = left < cap ? left : cap;
    if (len == 0)
        return MBEDTLS_ERR_SSL_WANT_READ;
    memcpy(data, end->in.data + end->in_read, len);
    end->in_read += len;
    return (int)len;
}

static void close_end(shk_endpoint *end)
{
    mbedtls_ssl_free(&end->ssl);
    shk_buf_free(&end->in);
    shk_buf_free(&end->out);
    shk_buf_free(&end->data);
    free(end);
}

static shk_endpoint *open_end(shk_endpoint_setup *s, uint64_t seed)
{
    (void)seed;
    shk_endpoint *end = calloc(1, sizeof *end);
    if (end == NULL)
        return NULL;
    end->setup = s;
    end->in = end->out = end->data = shk_buf_growing(&shk_libc_allocator);
    end->result.alert_sent = end->result.alert_received = -1;
    mbedtls_ssl_init(&end->ssl);
    mbedtls_ssl_set_bio(&end->ssl, end, send_bytes, receive_bytes, NULL);
    if (mbedtls_ssl_setup(&end->ssl, &s->ssl) == 0 &&
        (s->config.server_name == NULL ||
         mbedtls_ssl_set_hostname(&end->ssl, s->config.server_name) == 0))
        return end;
    close_end(end);
    return NULL;
}

static void failed(shk_endpoint *end, int code)
{
    end->result.state = code == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY ? SHK_ENDED : SHK_FAILED;
    mbedtls_strerror(code, end->result.why, sizeof end->result.why);
}

static bool waits(int code)
{
    return code == MBEDTLS_ERR_SSL_WANT_READ || code == MBEDTLS_ERR_SSL_WANT_WRITE;
}

/* STACK: the alert that it has sent, in the clear; what is protected the driver learns from the peer. */
static void note_alert(shk_endpoint *end, size_t before)
{
    const uint8_t *record = end->out.data + before;
    if (end->out.len - before >= 7 && record[0] == 21 && record[4] == 2 && record[5] == FATAL)
        end->result.alert_sent = record[6];
}

static void feed(shk_endpoint *end, shk_span bytes)
{
    uint8_t data[READ_SIZE];
    const size_t before = end->out.len;
    int code;
    if (end->result.state == SHK_FAILED || shk_buf_append(&end->in, bytes) != SHK_OK)
        return;
    if (end->result.state == SHK_HANDSHAKING) {
        code = mbedtls_ssl_handshake(&end->ssl);
        if (code == 0)
            end->result.state = SHK_CONNECTED;
        else if (!waits(code))
            failed(end, code);
    }
    while (end->result.state == SHK_CONNECTED) {
        code = mbedtls_ssl_read(&end->ssl, data, sizeof data);
        if (code > 0 && shk_buf_append(&end->data, shk_span_of(data, (size_t)code)) == SHK_OK)
            continue;
        if (!waits(code))
            failed(end, code);
        break;
    }
    note_alert(end, before);
}

static void take(shk_endpoint *end, shk_buf *out)
{
    if (shk_buf_append(out, shk_buf_span(&end->out)) == SHK_OK)
        end->out.len = 0;
}

static bool write_data(shk_endpoint *end, shk_span data)
{
    return mbedtls_ssl_write(&end->ssl, data.data, data.len) == (int)data.len;
}

static size_t read_data(shk_endpoint *end, uint8_t *data, size_t cap)
{
    const size_t len = end->data.len < cap ? end->data.len : cap;
    if (len > 0)
        memcpy(data, end->data.data, len);
    memmove(end->data.data, end->data.data + len, end->data.len - len);
    end->data.len -= len;
    return len;
}

static void shut_down(shk_endpoint *end)
{
    (void)mbedtls_ssl_close_notify(&end->ssl);
}

static bool key_update(shk_endpoint *end, bool request)
{
    (void)end;
    (void)request;
    return false;
}

static bool export_keys(shk_endpoint *end, const char *label, shk_span context, uint8_t *out,
                        size_t len)
{
    (void)end, (void)label, (void)context, (void)out, (void)len;
    return false;
}

/* STACK: what was negotiated. Facts that it cannot tell are declared, each with the reason. */
static void result(shk_endpoint *end, shk_endpoint_result *out)
{
    *out = end->result;
    if (out->state == SHK_CONNECTED || out->state == SHK_ENDED) {
        out->version = SHK_TLS12;
        out->suite = (uint16_t)mbedtls_ssl_get_ciphersuite_id(
            mbedtls_ssl_get_ciphersuite(&end->ssl));
    }
    for (size_t i = 0; i < SHK_FACTS; i++)
        if (i != SHK_FACT_version && i != SHK_FACT_suite)
            out->untold[i] = "the template does not ask for it";
}

const shk_endpoint_kind shk_endpoint_template = {
    .name = "mbedtls",
    .library_version = library_version,
    .setup = setup,
    .teardown = teardown,
    .forget = forget,
    .open = open_end,
    .close = close_end,
    .feed = feed,
    .take = take,
    .write = write_data,
    .read = read_data,
    .shutdown = shut_down,
    .key_update = key_update,
    .export_keys = export_keys,
    .result = result,
};

/* As a plugin. */
const shk_endpoint_kind *shk_plugin_endpoint(uint64_t layout)
{
    return layout == SHK_PLUGIN_LAYOUT ? &shk_endpoint_template : NULL;
}
