/* The OpenSSL endpoint: libssl on memory BIOs (endpoint.h). */
#include "endpoint/endpoint.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "endpoint/facts.h"
#include "endpoint/openssl/openssl_kind.h"
#include "shakedown/types.h"

enum { READ_SIZE = 16384 };

static void close_end(shk_endpoint *end)
{
    if (end == NULL)
        return;
    /* libssl discards the session of a connection without close_notify, though it may be resumed
     * (RFC 5246 §7.2.1). */
    if (end->was_connected && end->result.state != SHK_FAILED)
        SSL_set_shutdown(end->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(end->ssl);
    shk_buf_wipe(&end->received);
    shk_buf_wipe(&end->key_log);
    free(end);
}

/* Offers a copy: libssl discards a TLS 1.3 session after its use, but the server may send no other.
 */
static void offer_session(SSL *ssl, const SSL_SESSION *session)
{
    SSL_SESSION *copy = SSL_SESSION_dup(session);
    if (copy != NULL)
        (void)SSL_set_session(ssl, copy);
    SSL_SESSION_free(copy);
}

static shk_endpoint *open_end(shk_endpoint_setup *setup, uint64_t seed)
{
    (void)seed;
    const shk_endpoint_config *config = &setup->config;
    shk_endpoint *end = calloc(1, sizeof *end);
    if (end == NULL)
        return NULL;
    end->received = shk_buf_growing(&shk_libc_allocator);
    end->key_log = shk_buf_growing(&shk_libc_allocator);
    end->result.alert_sent = -1;
    end->result.alert_received = -1;
    end->ssl = SSL_new(setup->ctx);
    end->in = BIO_new(BIO_s_mem());
    end->out = BIO_new(BIO_s_mem());
    if (end->ssl == NULL || end->in == NULL || end->out == NULL) {
        BIO_free(end->in);
        BIO_free(end->out);
        close_end(end);
        return NULL;
    }
    SSL_set_bio(end->ssl, end->in, end->out);
    SSL_set_app_data(end->ssl, end);
    if (config->server)
        SSL_set_accept_state(end->ssl);
    else
        SSL_set_connect_state(end->ssl);
    if (!config->server && config->server_name != NULL && !setup->name_is_address)
        SSL_set_tlsext_host_name(end->ssl, config->server_name);
    if (setup->session != NULL)
        offer_session(end->ssl, setup->session);
    return end;
}

/* `what` is the reason if OpenSSL gives none. */
static void fail(shk_endpoint *end, const char *what)
{
    char *why = end->result.why;
    const long verdict = SSL_get_verify_result(end->ssl);
    end->result.state = SHK_FAILED;
    why[0] = '\0';
    shk_openssl_append_reasons(why);
    if (verdict != X509_V_OK)
        shk_openssl_append(why, X509_verify_cert_error_string(verdict));
    if (why[0] == '\0')
        shk_openssl_append(why, what);
}

static void read_all(shk_endpoint *end)
{
    uint8_t data[READ_SIZE];
    size_t len = 0;
    int status;
    while ((status = SSL_read_ex(end->ssl, data, sizeof data, &len)) == 1)
        if (shk_buf_append(&end->received, shk_span_of(data, len)) != SHK_OK) {
            fail(end, "no memory");
            return;
        }
    const int error = SSL_get_error(end->ssl, status);
    if (error == SSL_ERROR_ZERO_RETURN)
        end->result.state = SHK_ENDED;
    else if (error != SSL_ERROR_WANT_READ)
        fail(end, "reading failed");
}

/* Server: reads early data, which libssl demands before the handshake. False: it waits for input,
 * or has failed. */
static bool read_early(shk_endpoint *end)
{
    uint8_t data[READ_SIZE];
    size_t len = 0;
    int status;
    while ((status = SSL_read_early_data(end->ssl, data, sizeof data, &len)) ==
           SSL_READ_EARLY_DATA_SUCCESS)
        if (shk_buf_append(&end->received, shk_span_of(data, len)) != SHK_OK) {
            fail(end, "no memory");
            return false;
        }
    end->early_data_done = status == SSL_READ_EARLY_DATA_FINISH;
    if (!end->early_data_done && SSL_get_error(end->ssl, 0) != SSL_ERROR_WANT_READ)
        fail(end, "the handshake failed");
    return end->early_data_done;
}

/* Server: handles the ClientHellos up to the one with the cookie. Each must arrive whole, since
 * libssl restarts with every call, and after a change_cipher_spec. False: it waits for input, or
 * has failed. */
static bool exchange_cookie(shk_endpoint *end)
{
    size_t before;
    int status;
    do {
        before = BIO_ctrl_pending(end->in);
        status = SSL_stateless(end->ssl);
    } while (status < 0 && ERR_peek_error() == 0 && BIO_ctrl_pending(end->in) < before);
    end->cookie_verified = status == 1;
    if (status < 0 && (ERR_peek_error() != 0 || before > 0))
        fail(end, "the handshake failed");
    return end->cookie_verified;
}

static void do_handshake(shk_endpoint *end)
{
    const shk_endpoint_setup *setup = SSL_CTX_get_app_data(SSL_get_SSL_CTX(end->ssl));
    if (setup->config.server && setup->config.cookie && !end->cookie_verified &&
        !exchange_cookie(end))
        return;
    if (setup->config.server && setup->config.max_early_data > 0 && !end->early_data_done &&
        !read_early(end))
        return;
    const int status = SSL_do_handshake(end->ssl);
    if (status == 1) {
        end->result.state = SHK_CONNECTED;
        end->was_connected = true;
        shk_openssl_note_negotiated(end);
    } else if (SSL_get_error(end->ssl, status) != SSL_ERROR_WANT_READ) {
        fail(end, "the handshake failed");
    }
}

/* Updates the result after a renegotiation or post-handshake authentication. */
static void note_post_handshake(shk_endpoint *end)
{
    shk_endpoint_result *result = &end->result;
    const uint16_t again = (uint16_t)(end->finished_received - 1);
    if (result->version == SHK_TLS13) {
        const bool server = SSL_is_server(end->ssl) == 1;
        result->client_authenticated = shk_openssl_has_client_auth(end->ssl);
        result->later_authentications =
            (uint16_t)((server ? end->finished_received : end->finished_sent) - 1);
    } else if (again != result->renegotiations && SSL_is_init_finished(end->ssl) == 1) {
        result->renegotiations = again;
        shk_openssl_note_negotiated(end);
    }
}

static void feed(shk_endpoint *end, shk_span bytes)
{
    const shk_endpoint_result *result = &end->result;
    if (result->state == SHK_FAILED || result->state == SHK_ENDED)
        return;
    ERR_clear_error();
    size_t written = 0;
    if (bytes.len > 0 && BIO_write_ex(end->in, bytes.data, bytes.len, &written) != 1) {
        fail(end, "no memory");
        return;
    }
    if (result->state == SHK_HANDSHAKING)
        do_handshake(end);
    if (result->state == SHK_CONNECTED)
        read_all(end);
    if (result->state == SHK_CONNECTED)
        note_post_handshake(end);
    ERR_clear_error();
}

static void take(shk_endpoint *end, shk_buf *out)
{
    char *data = NULL;
    const long len = BIO_get_mem_data(end->out, &data);
    if (len <= 0)
        return;
    if (shk_buf_append(out, shk_span_of(data, (size_t)len)) != SHK_OK)
        fail(end, "no memory");
    (void)BIO_reset(end->out);
}

static bool write_data(shk_endpoint *end, shk_span data)
{
    if (!end->was_connected || end->result.state == SHK_FAILED)
        return false;
    ERR_clear_error();
    size_t written = 0;
    if (data.len == 0 || SSL_write_ex(end->ssl, data.data, data.len, &written) == 1)
        return true;
    fail(end, "writing failed");
    return false;
}

static size_t read_data(shk_endpoint *end, uint8_t *data, size_t cap)
{
    const size_t len = end->received.len < cap ? end->received.len : cap;
    if (len > 0)
        memcpy(data, end->received.data, len);
    shk_buf_drop(&end->received, len);
    return len;
}

static void send_close(shk_endpoint *end)
{
    if (!end->was_connected || end->result.state == SHK_FAILED ||
        (SSL_get_shutdown(end->ssl) & SSL_SENT_SHUTDOWN) != 0)
        return;
    ERR_clear_error();
    if (SSL_shutdown(end->ssl) < 0 && SSL_get_error(end->ssl, -1) != SSL_ERROR_WANT_READ)
        fail(end, "closing failed");
    ERR_clear_error();
}

static bool key_update(shk_endpoint *end, bool request)
{
    const int type = request ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED;
    ERR_clear_error();
    const bool done = end->result.state == SHK_CONNECTED && end->result.version == SHK_TLS13 &&
                      SSL_key_update(end->ssl, type) == 1 && SSL_do_handshake(end->ssl) == 1;
    ERR_clear_error();
    return done;
}

static bool write_early(shk_endpoint *end, shk_span data)
{
    const shk_endpoint_setup *setup = SSL_CTX_get_app_data(SSL_get_SSL_CTX(end->ssl));
    const SSL_SESSION *session = SSL_get_session(end->ssl);
    size_t written = 0;
    if (!setup->config.early_data || session == NULL || end->result.state != SHK_HANDSHAKING ||
        end->early_sent + data.len > SSL_SESSION_get_max_early_data(session))
        return false;
    ERR_clear_error();
    const bool done = SSL_write_early_data(end->ssl, data.data, data.len, &written) == 1;
    if (!done)
        fail(end, "writing early data failed");
    end->early_sent += written;
    ERR_clear_error();
    return done;
}

static bool request_authentication(shk_endpoint *end)
{
    ERR_clear_error();
    const bool done = end->result.state == SHK_CONNECTED &&
                      SSL_verify_client_post_handshake(end->ssl) == 1 &&
                      SSL_do_handshake(end->ssl) == 1;
    ERR_clear_error();
    return done;
}

static bool renegotiate(shk_endpoint *end)
{
    if (end->result.state != SHK_CONNECTED || end->result.version == SHK_TLS13)
        return false;
    ERR_clear_error();
    const bool began = SSL_renegotiate(end->ssl) == 1;
    const int status = began ? SSL_do_handshake(end->ssl) : -1;
    const bool done =
        began && (status == 1 || SSL_get_error(end->ssl, status) == SSL_ERROR_WANT_READ);
    ERR_clear_error();
    return done;
}

static bool export_keys(shk_endpoint *end, const char *label, shk_span context, uint8_t *out,
                        size_t len)
{
    const bool done =
        end->was_connected &&
        SSL_export_keying_material(end->ssl, out, len, label, strlen(label), context.data,
                                   context.len, context.data != NULL) == 1;
    ERR_clear_error();
    return done;
}

static shk_span key_log(const shk_endpoint *end)
{
    return shk_buf_span(&end->key_log);
}

static bool is_name_of_session(const shk_endpoint_config *config, const shk_endpoint_result *result)
{
    return config->server && result->resumed && result->version < SHK_TLS13;
}

static const shk_untold_row untold[] = {
    {SHK_FACT_server_name, is_name_of_session,
     "below TLS 1.3 libssl gives the name of the session that is resumed, and keeps none in it"},
};

static void result(shk_endpoint *end, shk_endpoint_result *out)
{
    const shk_endpoint_setup *setup = SSL_CTX_get_app_data(SSL_get_SSL_CTX(end->ssl));
    *out = end->result;
    shk_declare_untold(untold, sizeof untold / sizeof untold[0], &setup->config, out);
}

static const char *library_version(void)
{
    return OpenSSL_version(OPENSSL_VERSION_STRING);
}

const shk_endpoint_kind shk_endpoint_openssl = {
    .name = "openssl",
    .library_version = library_version,
    .setup = shk_openssl_setup,
    .teardown = shk_openssl_teardown,
    .forget = shk_openssl_forget,
    .open = open_end,
    .close = close_end,
    .feed = feed,
    .take = take,
    .write = write_data,
    .read = read_data,
    .shutdown = send_close,
    .key_update = key_update,
    .write_early = write_early,
    .request_authentication = request_authentication,
    .renegotiate = renegotiate,
    .channel_binding = shk_openssl_channel_binding,
    .export_keys = export_keys,
    .key_log = key_log,
    .result = result,
};
