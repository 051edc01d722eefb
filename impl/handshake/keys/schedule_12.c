/* Keys and Finished of TLS 1.2 (RFC 5246 §8.1, §6.3, §7.4.9; RFC 7627 §4). */
#include "handshake/keys/schedule_12.h"

#include <string.h>

#include "crypto/derive.h"
#include "handshake/state/deviating.h"
#include "handshake/state/handshake.h"
#include "handshake/state/key_log.h"
#include "handshake/state/peer.h"
#include "handshake/state/send.h"
#include "messages/finished.h"
#include "shakedown/errors.h"

enum {
    MAX_KEY_BLOCK = 2 * (SHK_MAX_HASH + 32 + 16),
    MAX_PREMASTER = 2 + SHK_MAX_SHARED_SECRET + 2 + SHK_MAX_PSK /* of DHE_PSK (RFC 4279 §3) */
};

static shk_status derive_master_secret(shk_conn *conn, shk_span premaster)
{
    shk_handshake *hs = conn->handshake;
    shk_hash hash = shk_prf_hash(conn);
    uint8_t session_hash[SHK_MAX_HASH];
    shk_span client_random = shk_span_of(conn->client_random, 32);
    shk_span server_random = shk_span_of(conn->server_random, 32);
    if (!conn->negotiated.extended_master_secret)
        return shk_prf(conn->crypto, hash, premaster, "master secret", client_random, server_random,
                       conn->exporter_secret, SHK_MASTER_SECRET);
    SHK_TRY(shk_transcript_digest(&hs->transcript, session_hash));
    return shk_prf(conn->crypto, hash, premaster, "extended master secret",
                   shk_span_of(session_hash, shk_hash_size(hash)), shk_span_of(NULL, 0),
                   conn->exporter_secret, SHK_MASTER_SECRET);
}

static shk_status master_secret(shk_conn *conn, shk_span premaster)
{
    uint8_t other[MAX_PREMASTER];
    size_t master = SHK_MASTER_SECRET;
    premaster = shk_deviate_span(conn, SHK_SECRET_PREMASTER, premaster, other, sizeof other);
    shk_status status = derive_master_secret(conn, premaster);
    shk_wipe(other, sizeof other);
    SHK_TRY(status);
    shk_deviate_secret(conn, SHK_SECRET_MASTER, conn->exporter_secret, &master, master);
    memset(conn->exporter_secret + master, 0, SHK_MASTER_SECRET - master);
    return SHK_OK;
}

/* Bytes of IV in the key block: TLS 1.0 takes the first IV of CBC from there too (RFC 2246 §6.3).
 */
static size_t iv_length(const shk_conn *conn)
{
    const shk_cipher_row *cipher = shk_cipher_of(conn->suite->cipher);
    bool first_iv = cipher->kind == SHK_KIND_CBC && conn->version <= SHK_TLS10;
    return first_iv ? cipher->record_iv : cipher->fixed_iv;
}

/* Takes `len` bytes of the key block. */
static const uint8_t *slice(const uint8_t **at, size_t len)
{
    const uint8_t *start = *at;
    *at += len;
    return start;
}

static shk_status install(shk_conn *conn, const uint8_t *block)
{
    const shk_cipher_row *cipher = shk_cipher_of(conn->suite->cipher);
    size_t mac = shk_hash_size(conn->suite->mac);
    shk_record_keys client, server;
    client.mac = slice(&block, mac);
    server.mac = slice(&block, mac);
    client.key = slice(&block, cipher->key);
    server.key = slice(&block, cipher->key);
    client.iv = slice(&block, iv_length(conn));
    server.iv = slice(&block, iv_length(conn));
    client.encrypt_then_mac = server.encrypt_then_mac = conn->negotiated.encrypt_then_mac;
    bool is_server = conn->config->is_server;
    SHK_TRY(shk_protection_new(conn->allocator, conn->crypto, &conn->random, conn->suite,
                               conn->version, true, is_server ? &server : &client,
                               &conn->handshake->tls12.pending_write));
    return shk_protection_new(conn->allocator, conn->crypto, &conn->random, conn->suite,
                              conn->version, false, is_server ? &client : &server,
                              &conn->handshake->tls12.pending_read);
}

/* The key block, from the master secret. */
static shk_status schedule_keys(shk_conn *conn)
{
    const shk_cipher_row *cipher = shk_cipher_of(conn->suite->cipher);
    uint8_t block[MAX_KEY_BLOCK];
    size_t len = 2 * (shk_hash_size(conn->suite->mac) + cipher->key + iv_length(conn));
    shk_log_secret(conn, "CLIENT_RANDOM", conn->exporter_secret, SHK_MASTER_SECRET);
    SHK_TRY(shk_prf(conn->crypto, shk_prf_hash(conn),
                    shk_span_of(conn->exporter_secret, SHK_MASTER_SECRET), "key expansion",
                    shk_span_of(conn->server_random, 32), shk_span_of(conn->client_random, 32),
                    block, len));
    shk_status status = install(conn, block);
    shk_wipe(block, sizeof block);
    return status;
}

/* What was agreed on without a PSK: of finite fields without leading zeros (RFC 5246 §8.1.2). */
static shk_span agreed(const shk_conn *conn)
{
    const shk_handshake *hs = conn->handshake;
    size_t zeros = 0;
    if ((conn->suite->key_exchange & SHK_FORM_DHE) != 0)
        while (zeros < hs->exchange.secret_len && hs->exchange.secret[zeros] == 0)
            zeros++;
    return shk_span_of(hs->exchange.secret + zeros, hs->exchange.secret_len - zeros);
}

static uint8_t *put_opaque16(uint8_t *at, shk_span bytes)
{
    at[0] = (uint8_t)(bytes.len >> 8);
    at[1] = (uint8_t)bytes.len;
    memcpy(at + 2, bytes.data, bytes.len);
    return at + 2 + bytes.len;
}

/* The pre-master secret with a PSK: what was agreed on, or as many zeros as the PSK has bytes, and
 * the PSK (RFC 4279 §2). */
static shk_status master_secret_with_psk(shk_conn *conn, shk_span other)
{
    static const uint8_t zeros[SHK_MAX_PSK] = {0};
    uint8_t premaster[MAX_PREMASTER];
    shk_span psk = conn->handshake->tls12.psk->key;
    if (conn->suite->key_exchange == SHK_KX_PSK)
        other = shk_span_of(zeros, psk.len);
    uint8_t *end = put_opaque16(put_opaque16(premaster, other), psk);
    shk_status status = master_secret(conn, shk_span_of(premaster, (size_t)(end - premaster)));
    shk_wipe(premaster, sizeof premaster);
    return status;
}

shk_status shk_schedule_12(shk_conn *conn)
{
    SHK_TRY(shk_suite_has_psk(conn->suite) ? master_secret_with_psk(conn, agreed(conn))
                                           : master_secret(conn, agreed(conn)));
    return schedule_keys(conn);
}

shk_status shk_schedule_resumed_12(shk_conn *conn, shk_span master)
{
    if (master.len != SHK_MASTER_SECRET)
        return SHK_OWN(INTERNAL);
    memcpy(conn->exporter_secret, master.data, master.len);
    size_t len = SHK_MASTER_SECRET;
    shk_deviate_secret(conn, SHK_SECRET_MASTER, conn->exporter_secret, &len, len);
    memset(conn->exporter_secret + len, 0, SHK_MASTER_SECRET - len);
    return schedule_keys(conn);
}

shk_status shk_finished_12(shk_conn *conn, bool from_server, uint8_t *out)
{
    shk_hash hash = shk_prf_hash(conn);
    uint8_t transcript[SHK_MAX_HASH];
    SHK_TRY(shk_transcript_digest(&conn->handshake->transcript, transcript));
    return shk_prf(conn->crypto, hash, shk_span_of(conn->exporter_secret, SHK_MASTER_SECRET),
                   from_server ? "server finished" : "client finished",
                   shk_span_of(transcript, shk_hash_size(hash)), shk_span_of(NULL, 0), out,
                   SHK_VERIFY_DATA_12);
}

/* For renegotiation_info and tls-unique. */
static void store_verify_data(shk_conn *conn, bool of_server, const uint8_t *verify_data)
{
    memcpy(conn->verify_data + (of_server ? SHK_VERIFY_DATA_12 : 0), verify_data,
           SHK_VERIFY_DATA_12);
}

shk_status shk_send_finished_12(shk_conn *conn)
{
    uint8_t verify_data[SHK_VERIFY_DATA_12];
    SHK_TRY(shk_send_change_cipher_spec(conn));
    shk_conn_set_write(conn, conn->handshake->tls12.pending_write);
    conn->handshake->tls12.pending_write = NULL;
    SHK_TRY(shk_finished_12(conn, conn->config->is_server, verify_data));
    store_verify_data(conn, conn->config->is_server, verify_data);
    shk_finished finished = {shk_span_of(verify_data, sizeof verify_data)};
    return shk_send_message(conn, SHK_MSG_finished, &finished);
}

/* What the peer's Finished proves: its PSK, and a server's key, which signed or decrypted before. A
 * client's is proved by CertificateVerify. */
static void set_authenticated(shk_conn *conn)
{
    const shk_handshake *hs = conn->handshake;
    if (hs->tls12.psk != NULL)
        shk_authenticated_by_psk(conn, hs->tls12.psk);
    if (!conn->config->is_server && hs->peer.key != NULL)
        shk_set_peer_authenticated(conn);
}

shk_status shk_check_finished_12(shk_conn *conn, const shk_received *message)
{
    const shk_finished *m = SHK_MESSAGE_BODY(message, finished);
    uint8_t expected[SHK_VERIFY_DATA_12];
    SHK_TRY(shk_finished_12(conn, !conn->config->is_server, expected));
    store_verify_data(conn, !conn->config->is_server, expected);
    if (!shk_equal_constant_time(expected, m->verify_data.data, sizeof expected) &&
        !shk_goes_on(conn, SHK_E_BAD_FINISHED))
        return shk_conn_fail_field(conn, "verify_data", SHK_E_BAD_FINISHED);
    set_authenticated(conn);
    return SHK_OK;
}

shk_status shk_do_read_change_cipher_spec(shk_conn *conn)
{
    shk_conn_set_read(conn, conn->handshake->tls12.pending_read);
    conn->handshake->tls12.peer_changed_keys = true;
    conn->handshake->tls12.pending_read = NULL;
    return SHK_OK;
}
