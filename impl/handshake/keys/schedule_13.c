/* The key schedule of TLS 1.3 (RFC 8446 §7.1 to §7.3, §4.4.4). */
#include "handshake/keys/schedule_13.h"

#include <string.h>

#include "crypto/derive.h"
#include "handshake/state/deviating.h"
#include "handshake/state/handshake.h"
#include "handshake/state/key_log.h"
#include "messages/finished.h"
#include "shakedown/errors.h"

static const uint8_t zeros[SHK_MAX_HASH] = {0};

/* The next of Early, Handshake and Master Secret: Extract(Derive-Secret(secret, "derived", ""),
 * ikm). */
static shk_status next_secret(shk_conn *conn, shk_span ikm)
{
    shk_handshake *hs = conn->handshake;
    shk_hash hash = conn->suite->hash;
    uint8_t salt[SHK_MAX_HASH];
    SHK_TRY(shk_derive_secret(conn->crypto, hash, hs->tls13.secret, "derived", NULL, salt));
    shk_status status = shk_hkdf_extract(conn->crypto, hash, shk_span_of(salt, shk_hash_size(hash)),
                                         ikm, hs->tls13.secret);
    shk_wipe(salt, sizeof salt);
    return status;
}

static shk_status derive(shk_conn *conn, const char *label, const uint8_t *transcript, uint8_t *out,
                         const char *log_label)
{
    shk_hash hash = conn->suite->hash;
    SHK_TRY(shk_derive_secret(conn->crypto, hash, conn->handshake->tls13.secret, label, transcript,
                              out));
    shk_log_secret(conn, log_label, out, shk_hash_size(hash));
    return SHK_OK;
}

shk_status shk_schedule_handshake(shk_conn *conn)
{
    shk_handshake *hs = conn->handshake;
    shk_hash hash = conn->suite->hash;
    uint8_t transcript[SHK_MAX_HASH];
    uint8_t other[SHK_MAX_PSK];
    SHK_TRY(shk_transcript_digest(&hs->transcript, transcript));
    shk_span psk = hs->psk.key_len > 0 ? shk_span_of(hs->psk.key, hs->psk.key_len)
                                       : shk_span_of(zeros, shk_hash_size(hash));
    if (hs->psk.key_len > 0)
        psk = shk_deviate_span(conn, SHK_SECRET_PSK, psk, other, sizeof other);
    shk_status status =
        shk_hkdf_extract(conn->crypto, hash, shk_span_of(NULL, 0), psk, hs->tls13.secret);
    shk_wipe(other, sizeof other);
    SHK_TRY(status);
    bool psk_alone = hs->exchange.secret_len == 0; /* psk_ke */
    SHK_TRY(next_secret(conn, psk_alone
                                  ? shk_span_of(zeros, shk_hash_size(hash))
                                  : shk_span_of(hs->exchange.secret, hs->exchange.secret_len)));
    SHK_TRY(derive(conn, "c hs traffic", transcript, hs->tls13.client_traffic,
                   "CLIENT_HANDSHAKE_TRAFFIC_SECRET"));
    return derive(conn, "s hs traffic", transcript, hs->tls13.server_traffic,
                  "SERVER_HANDSHAKE_TRAFFIC_SECRET");
}

shk_status shk_schedule_application(shk_conn *conn)
{
    shk_handshake *hs = conn->handshake;
    uint8_t transcript[SHK_MAX_HASH];
    SHK_TRY(shk_transcript_digest(&hs->transcript, transcript));
    SHK_TRY(next_secret(conn, shk_span_of(zeros, shk_hash_size(conn->suite->hash))));
    SHK_TRY(
        derive(conn, "c ap traffic", transcript, conn->client_secret, "CLIENT_TRAFFIC_SECRET_0"));
    SHK_TRY(
        derive(conn, "s ap traffic", transcript, conn->server_secret, "SERVER_TRAFFIC_SECRET_0"));
    return derive(conn, "exp master", transcript, conn->exporter_secret, "EXPORTER_SECRET");
}

shk_status shk_schedule_resumption(shk_conn *conn)
{
    uint8_t transcript[SHK_MAX_HASH];
    SHK_TRY(shk_transcript_digest(&conn->handshake->transcript, transcript));
    return shk_derive_secret(conn->crypto, conn->suite->hash, conn->handshake->tls13.secret,
                             "res master", transcript, conn->resumption_secret);
}

shk_status shk_traffic_protection(shk_conn *conn, const shk_suite_row *suite, const uint8_t *secret,
                                  bool seal, shk_protection **out)
{
    const shk_cipher_row *cipher = shk_cipher_of(suite->cipher);
    shk_hash hash = suite->hash;
    uint8_t key[32];
    uint8_t iv[12];
    shk_span none = {NULL, 0};
    SHK_TRY(shk_expand_label(conn->crypto, hash, secret, "key", none, key, cipher->key));
    SHK_TRY(shk_expand_label(conn->crypto, hash, secret, "iv", none, iv, sizeof iv));
    shk_record_keys keys = {key, iv, NULL, false};
    shk_status status = shk_protection_new(conn->allocator, conn->crypto, &conn->random, suite,
                                           SHK_TLS13, seal, &keys, out);
    shk_wipe(key, sizeof key);
    shk_wipe(iv, sizeof iv);
    return status;
}

shk_status shk_use_suite_secret(shk_conn *conn, const shk_suite_row *suite, const uint8_t *secret,
                                bool seal)
{
    shk_protection *protection;
    SHK_TRY(shk_traffic_protection(conn, suite, secret, seal, &protection));
    if (seal)
        shk_conn_set_write(conn, protection);
    else
        shk_conn_set_read(conn, protection);
    return SHK_OK;
}

shk_status shk_use_traffic_secret(shk_conn *conn, const uint8_t *secret, bool seal)
{
    return shk_use_suite_secret(conn, conn->suite, secret, seal);
}

shk_status shk_next_traffic_secret(shk_conn *conn, uint8_t *secret)
{
    uint8_t next[SHK_MAX_HASH];
    size_t size = shk_hash_size(conn->suite->hash);
    shk_span none = {NULL, 0};
    SHK_TRY(
        shk_expand_label(conn->crypto, conn->suite->hash, secret, "traffic upd", none, next, size));
    memcpy(secret, next, size);
    shk_wipe(next, sizeof next);
    return SHK_OK;
}

shk_status shk_finished_13(shk_conn *conn, const uint8_t *traffic_secret, uint8_t *out)
{
    shk_hash hash = conn->suite->hash;
    size_t size = shk_hash_size(hash);
    uint8_t key[SHK_MAX_HASH];
    uint8_t transcript[SHK_MAX_HASH];
    shk_span none = {NULL, 0};
    SHK_TRY(shk_expand_label(conn->crypto, hash, traffic_secret, "finished", none, key, size));
    SHK_TRY(shk_transcript_digest(&conn->handshake->transcript, transcript));
    shk_span part = shk_span_of(transcript, size);
    shk_status status =
        conn->crypto->hmac(conn->crypto, hash, shk_span_of(key, size), &part, 1, out);
    shk_wipe(key, sizeof key);
    return status;
}

shk_status shk_check_finished_13(shk_conn *conn, const shk_received *message,
                                 const uint8_t *traffic_secret)
{
    const shk_finished *m = SHK_MESSAGE_BODY(message, finished);
    uint8_t expected[SHK_MAX_HASH];
    SHK_TRY(shk_finished_13(conn, traffic_secret, expected));
    if (shk_equal_constant_time(expected, m->verify_data.data, m->verify_data.len) ||
        shk_goes_on(conn, SHK_E_BAD_FINISHED))
        return SHK_OK;
    return shk_conn_fail_field(conn, "verify_data", SHK_E_BAD_FINISHED);
}
