/* The client of Encrypted ClientHello (RFC 9849 §6): two ClientHellos, one in the other, and GREASE
 * (handshake/hello/ech_common.h). */
#include "handshake/hello/ech_client.h"

#include <string.h>

#include "extensions/ech_outer_extensions.h"
#include "handshake/hello/client_hello_builder.h"
#include "handshake/hello/ech_common.h"
#include "handshake/hello/ech_configs.h"
#include "handshake/sessions/psk_13.h"
#include "shakedown/errors.h"
#include "wire/u16_list.h"

enum {
    BLOCK = 32,  /* bytes that the inner hello is padded to a multiple of (§6.1.3) */
    NO_NAME = 9, /* server_name's bytes beside the name */
    GREASE_LEAST = 4,
    GREASE_MORE = 4 /* blocks of a payload with nothing in it */
};

/* The HPKE context for a configuration, whose bytes are `whole`; `info` is empty. */
static shk_status begin_hpke(shk_conn *conn, const shk_ech_config *config, shk_span whole,
                             shk_buf *info)
{
    shk_ech *ech = &conn->handshake->ech;
    SHK_TRY(shk_ech_info(whole, info));
    return shk_hpke_sender(conn->crypto, ech->suite, config->public_key, shk_buf_span(info),
                           &conn->random, ech->enc, &ech->hpke);
}

/* The first configuration that can be used, and the HPKE context for it. */
static shk_status use_config(shk_conn *conn)
{
    shk_ech *ech = &conn->handshake->ech;
    shk_buf info = shk_buf_growing(conn->allocator);
    shk_ech_config config;
    shk_span list = shk_ech_list(conn->config->ech_configs), whole;
    if (!shk_ech_next_usable(conn->crypto, &list, &config, &ech->suite, &whole))
        return SHK_E_CONFIG;
    ech->config_id = config.config_id;
    ech->maximum_name_length = config.maximum_name_length;
    memcpy(ech->public_name, config.public_name.data, config.public_name.len);
    conn->random.fill(conn->random.context, ech->outer_random, sizeof ech->outer_random);
    shk_status status = begin_hpke(conn, &config, whole, &info);
    shk_buf_free(&info);
    ech->status = SHK_ECH_OFFERED;
    return status;
}

/* A payload that nobody can open, for a key that nobody has (§6.2). */
static shk_status make_grease(shk_conn *conn)
{
    shk_ech *ech = &conn->handshake->ech;
    shk_ephemeral *key;
    uint8_t draw[2];
    shk_form form = {.place = SHK_IN_CLIENT_HELLO};
    SHK_TRY(conn->crypto->ephemeral_new(conn->crypto, SHK_x25519, &conn->random, &key, ech->enc));
    conn->crypto->ephemeral_free(key);
    conn->random.fill(conn->random.context, draw, sizeof draw);
    size_t blocks = (size_t)GREASE_LEAST + draw[1] % GREASE_MORE;
    size_t len = BLOCK * blocks + SHK_HPKE_TAG;
    SHK_TRY(shk_buf_reserve(&ech->payload, len));
    ech->payload.len = len;
    conn->random.fill(conn->random.context, ech->payload.data, len);
    shk_encrypted_client_hello m = {
        .type = SHK_ECH_OUTER,
        .cipher_suite = {SHK_HPKE_KDF_SHA256, SHK_HPKE_AEAD_AES_128_GCM},
        .config_id = draw[0],
        .enc = shk_span_of(ech->enc, shk_hpke_public_size(SHK_HPKE_KEM_X25519)),
        .payload = shk_buf_span(&ech->payload),
    };
    ech->status = SHK_ECH_GREASED;
    return shk_encode(shk_extension_rows[SHK_EXT_encrypted_client_hello].layout->shape, &form, &m,
                      &ech->sent, NULL);
}

shk_status shk_ech_begin(shk_conn *conn)
{
    const shk_config *config = conn->config;
    if (config->client_hello.len > 0 || conn->max_version < SHK_TLS13)
        return SHK_OK;
    if (config->ech_configs.len > 0)
        return use_config(conn);
    return config->ech_grease ? make_grease(conn) : SHK_OK;
}

/* Extensions that stand in both hellos with the same content. */
static bool is_shared(uint16_t type)
{
    shk_extension id = shk_extension_identify(type);
    return id != SHK_EXT_COUNT && id != SHK_EXT_server_name &&
           id != SHK_EXT_server_certificate_type && id != SHK_EXT_encrypted_client_hello &&
           id != SHK_EXT_pre_shared_key;
}

/* Extensions by their place in the hello: from `first` on, `count` of them. */
typedef struct {
    size_t first;
    size_t count;
} run_of_extensions;

/* The longest run of shared ones: the one ech_outer_extensions that there may be stands for
 * extensions without another between them (§5.1). */
static run_of_extensions longest_shared_run(shk_span extensions)
{
    run_of_extensions best = {0, 0}, run = {0, 0};
    shk_raw_extension e;
    for (size_t i = 0; shk_extension_next(&extensions, &e); i++) {
        if (is_shared(e.extension_type))
            run.count++;
        else
            run = (run_of_extensions){i + 1, 0};
        if (run.count > best.count)
            best = run;
    }
    return best;
}

/* The inner hello's extensions, with ech_outer_extensions in place of shared ones (§5.1), whose
 * types `types` receives. */
static shk_status compress(shk_span extensions, shk_buf *types, shk_buf *out)
{
    const run_of_extensions run = longest_shared_run(extensions);
    shk_raw_extension e;
    for (size_t i = 0; shk_extension_next(&extensions, &e); i++) {
        if (i < run.first || i - run.first >= run.count) {
            SHK_TRY(shk_encode(shk_raw_extension_shape, NULL, &e, out, NULL));
            continue;
        }
        SHK_TRY(shk_append_u16(types, e.extension_type));
        shk_ech_outer_extensions list = {shk_buf_span(types)};
        if (i - run.first == run.count - 1)
            SHK_TRY(
                shk_extension_add(out, SHK_EXT_ech_outer_extensions, SHK_IN_CLIENT_HELLO, &list));
    }
    return SHK_OK;
}

/* How many zeros hide how long the inner hello is (§6.1.3). */
static size_t padding_of(const shk_conn *conn, size_t len)
{
    const shk_handshake *hs = conn->handshake;
    size_t most = hs->ech.maximum_name_length, pad = most + NO_NAME;
    if (shk_extension_in(&hs->offered.extensions, SHK_EXT_server_name)) {
        size_t own = conn->reference_name_size - 1;
        pad = most > own ? most - own : 0;
    }
    return pad + (BLOCK - 1) - (len + pad - 1) % BLOCK;
}

/* EncodedClientHelloInner (§5.1), with room for a tag. The flight lends its memory. */
static shk_status encode_inner(shk_conn *conn, shk_flight *flight, shk_buf *out)
{
    shk_client_hello m = conn->handshake->offered;
    SHK_TRY(compress(m.extensions.raw, &flight->pieces, &flight->extensions));
    m.legacy_session_id = shk_span_of(NULL, 0);
    m.extensions = shk_extension_block_of(&flight->extensions);
    SHK_TRY(shk_encode(shk_message_rows[SHK_MSG_client_hello].layout->shape, NULL, &m, out, NULL));
    flight->extensions.len = flight->pieces.len = 0;
    size_t padding = padding_of(conn, out->len);
    SHK_TRY(shk_buf_reserve(out, padding + SHK_HPKE_TAG));
    memset(out->data + out->len, 0, padding);
    out->len += padding;
    return SHK_OK;
}

/* Seals the encoded inner hello into the outer message, whose payload is zeros (§5.2). */
static shk_status seal(shk_conn *conn, shk_buf *encoded, shk_buf *outer)
{
    shk_ech *ech = &conn->handshake->ech;
    shk_span body = shk_span_of(outer->data + 4, outer->len - 4);
    shk_client_hello hello;
    shk_encrypted_client_hello m;
    SHK_TRY(
        shk_decode(shk_message_rows[SHK_MSG_client_hello].layout->shape, NULL, body, &hello, NULL));
    if (!shk_extension_get(&hello.extensions, SHK_EXT_encrypted_client_hello, SHK_IN_CLIENT_HELLO,
                           &m))
        return SHK_OWN(INTERNAL);
    SHK_TRY(shk_hpke_seal(&ech->hpke, body, shk_buf_span(encoded), encoded->data));
    size_t payload_at = (size_t)(m.payload.data - outer->data);
    memcpy(outer->data + payload_at, encoded->data, m.payload.len);
    if (conn->negotiated.retried)
        return SHK_OK;
    shk_form form = {.place = SHK_IN_CLIENT_HELLO};
    SHK_TRY(shk_encode(shk_extension_rows[SHK_EXT_encrypted_client_hello].layout->shape, &form, &m,
                       &ech->sent, NULL));
    return shk_buf_append(&ech->outer, shk_buf_span(outer));
}

/* The outer message, with a payload of so many zeros, in place of the flight's. */
static shk_status build_outer(shk_conn *conn, size_t payload, shk_flight *flight)
{
    shk_ech *ech = &conn->handshake->ech;
    ech->payload.len = 0;
    SHK_TRY(shk_buf_reserve(&ech->payload, payload));
    memset(ech->payload.data, 0, payload);
    ech->payload.len = payload;
    flight->messages.len = 0;
    ech->building_outer = true;
    shk_status status = shk_build_client_hello(conn, flight);
    ech->building_outer = false;
    return status;
}

static shk_status wrap(shk_conn *conn, shk_buf *encoded, shk_flight *flight)
{
    SHK_TRY(encode_inner(conn, flight, encoded));
    SHK_TRY(build_outer(conn, encoded->len + SHK_HPKE_TAG, flight));
    return seal(conn, encoded, &flight->messages);
}

shk_status shk_ech_build_outer(shk_conn *conn, shk_flight *flight)
{
    shk_buf encoded = shk_buf_growing(conn->allocator);
    shk_status status = wrap(conn, &encoded, flight);
    shk_buf_free(&encoded);
    SHK_TRY(status);
    return shk_collect_psks(conn);
}

/* The server could not read the inner hello: the outer one is what was said (§6.1.6). */
static shk_status use_outer_hello(shk_conn *conn)
{
    shk_handshake *hs = conn->handshake;
    hs->ech.status = SHK_ECH_REJECTED;
    hs->ech.building_outer = true;
    hs->psk.count = 0;
    shk_transcript_free(&hs->transcript);
    shk_transcript_init(&hs->transcript, conn->crypto, conn->allocator);
    SHK_TRY(shk_transcript_add(&hs->transcript, shk_buf_span(&hs->ech.outer)));
    return shk_store_client_hello(conn, shk_buf_span(&hs->ech.outer));
}

static void accept(shk_conn *conn)
{
    conn->handshake->ech.status = SHK_ECH_ACCEPTED;
    conn->negotiated.ech_accepted = true;
}

/* Whether the bytes at `at` of the message, before which `state` has hashed all, confirm the inner
 * hello. */
static shk_status is_confirmed(shk_conn *conn, shk_hash hash, shk_hash_state *state,
                               shk_span message, size_t at, bool retry, bool *out)
{
    static const uint8_t zeros[SHK_ECH_CONFIRMATION] = {0};
    const shk_crypto *crypto = conn->crypto;
    uint8_t expected[SHK_ECH_CONFIRMATION];
    size_t end = at + sizeof zeros;
    SHK_TRY(crypto->hash_update(state, shk_span_of(message.data, at)));
    SHK_TRY(crypto->hash_update(state, shk_span_of(zeros, sizeof zeros)));
    SHK_TRY(crypto->hash_update(state, shk_span_of(message.data + end, message.len - end)));
    SHK_TRY(shk_ech_confirmation(conn, hash, state, retry, expected));
    *out = shk_equal_constant_time(expected, message.data + at, sizeof expected);
    return SHK_OK;
}

static shk_status is_confirmed_after(shk_conn *conn, shk_span before, shk_hash_state *state,
                                     shk_span message, size_t at, bool *out)
{
    SHK_TRY(conn->crypto->hash_update(state, before));
    return is_confirmed(conn, conn->suite->hash, state, message, at, false, out);
}

shk_status shk_ech_check_server_hello(shk_conn *conn, shk_span message)
{
    enum { AT = 4 + 2 + 32 - SHK_ECH_CONFIRMATION }; /* the end of ServerHello.random */
    shk_handshake *hs = conn->handshake;
    shk_hash hash = conn->suite->hash;
    shk_span all = shk_transcript_messages(&hs->transcript);
    shk_span before = shk_span_of(all.data, all.len - message.len);
    shk_hash_state *state;
    bool confirmed = false;
    if (hs->ech.status != SHK_ECH_OFFERED && hs->ech.status != SHK_ECH_ACCEPTED)
        return SHK_OK;
    SHK_TRY(conn->crypto->hash_new(conn->crypto, hash, &state));
    shk_status status = is_confirmed_after(conn, before, state, message, AT, &confirmed);
    conn->crypto->hash_free(state);
    SHK_TRY(status);
    if (confirmed) {
        accept(conn);
        return SHK_OK;
    }
    if (hs->ech.status == SHK_ECH_ACCEPTED)
        return shk_conn_fail_field(conn, "random", SHK_E_ECH_CONFIRMATION);
    SHK_TRY(use_outer_hello(conn));
    return shk_transcript_add(&hs->transcript, message);
}

shk_status shk_ech_check_retry(shk_conn *conn, const shk_received *message,
                               const shk_extension_block *extensions)
{
    enum { HEADER = 4 };
    shk_handshake *hs = conn->handshake;
    /* what the extensions were decoded from, which is not `raw` where we deviate */
    const shk_span read = shk_span_of(message->bytes.data - HEADER, HEADER + message->bytes.len);
    shk_hash hash = hs->retry.suite->hash;
    shk_encrypted_client_hello m;
    shk_hash_state *state;
    bool confirmed = false;
    if (hs->ech.status != SHK_ECH_OFFERED)
        return SHK_OK;
    if (shk_extension_get(extensions, SHK_EXT_encrypted_client_hello, SHK_IN_HELLO_RETRY_REQUEST,
                          &m)) {
        SHK_TRY(shk_transcript_copy_hash(&hs->transcript, &state));
        shk_status status = is_confirmed(
            conn, hash, state, read, (size_t)(m.confirmation.data - read.data), true, &confirmed);
        conn->crypto->hash_free(state);
        SHK_TRY(status);
    }
    if (confirmed) {
        accept(conn);
        return SHK_OK;
    }
    SHK_TRY(use_outer_hello(conn));
    SHK_TRY(shk_transcript_choose(&hs->transcript, hash));
    return shk_transcript_restart(&hs->transcript);
}

shk_status shk_ech_fail_rejected(shk_conn *conn)
{
    if (conn->negotiated.peer_verified) /* §6.1.6: nobody else's may be used */
        conn->ech_retry_configs_good = true;
    return shk_conn_fail_field(conn, "encrypted_client_hello", SHK_E_ECH_REJECTED);
}
