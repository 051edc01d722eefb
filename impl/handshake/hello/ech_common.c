/* What both ends of Encrypted ClientHello share (handshake/hello/ech_common.h). */
#include "handshake/hello/ech_common.h"

#include "crypto/derive.h"
#include "handshake/hello/ech_configs.h"
#include "handshake/hello/hello_extensions.h"
#include "handshake/state/handshake.h"
#include "shakedown/errors.h"

shk_status shk_ech_confirmation(shk_conn *conn, shk_hash hash, shk_hash_state *state, bool retry,
                                uint8_t *out)
{
    const shk_crypto *crypto = conn->crypto;
    const char *label = retry ? "hrr ech accept confirmation" : "ech accept confirmation";
    uint8_t digest[SHK_MAX_HASH], secret[SHK_MAX_HASH];
    SHK_TRY(crypto->hash_digest(state, digest));
    SHK_TRY(shk_hkdf_extract(crypto, hash, shk_span_of(NULL, 0),
                             shk_span_of(conn->client_random, 32), secret));
    shk_status status =
        shk_expand_label(crypto, hash, secret, label, shk_span_of(digest, shk_hash_size(hash)), out,
                         SHK_ECH_CONFIRMATION);
    shk_wipe(secret, sizeof secret);
    return status;
}

/* Client: of an inner hello the mark alone; of an outer one what is in it, whose payload is zero
 * until it is sealed; once that was of no use, and where it was never to be, what was sent first
 * again (§6.1.5, §6.2). */
static shk_status offer_ech(shk_conn *conn, shk_draft *out)
{
    const shk_ech *ech = &conn->handshake->ech;
    shk_encrypted_client_hello *m = SHK_EXTENSION_BODY(out, encrypted_client_hello);
    shk_form form = {.place = SHK_IN_CLIENT_HELLO};
    out->send = ech->status != SHK_ECH_NONE;
    if (ech->status == SHK_ECH_GREASED || ech->status == SHK_ECH_REJECTED)
        return shk_decode(shk_extension_rows[SHK_EXT_encrypted_client_hello].layout->shape, &form,
                          shk_buf_span(&ech->sent), m, NULL);
    m->type = ech->building_outer ? SHK_ECH_OUTER : SHK_ECH_INNER;
    if (!ech->building_outer)
        return SHK_OK;
    size_t enc_len = conn->negotiated.retried ? 0 : shk_hpke_public_size(ech->suite.kem_id);
    m->cipher_suite = (shk_hpke_symmetric_cipher_suite){ech->suite.kdf_id, ech->suite.aead_id};
    m->config_id = ech->config_id;
    m->enc = shk_span_of(ech->enc, enc_len);
    m->payload = shk_buf_span(&ech->payload);
    return SHK_OK;
}

/* Client: retry_configs are kept until the server has shown that it may give them (§6.1.6). */
static shk_status accept_ech(shk_conn *conn, const shk_extension_body *in)
{
    shk_span list = SHK_EXTENSION_BODY(in, encrypted_client_hello)->retry_configs;
    uint8_t length[2] = {(uint8_t)(list.len >> 8), (uint8_t)list.len};
    if (list.len == 0) /* a HelloRetryRequest's is not of interest here */
        return SHK_OK;
    if (conn->handshake->ech.status == SHK_ECH_ACCEPTED)
        return shk_conn_fail_field(conn, "retry_configs", SHK_E_ECH_RETRY_CONFIGS);
    SHK_TRY(shk_buf_append(&conn->ech_retry_configs, shk_span_of(length, 2)));
    return shk_buf_append(&conn->ech_retry_configs, list);
}

/* Server: all configurations there are, for a client whose own could not be used (§7.1). */
static shk_status add_retry_configs(const shk_conn *conn, shk_draft *out)
{
    for (size_t i = 0; i < conn->config->ech_key_count; i++)
        SHK_TRY(shk_buf_append(out->pieces, shk_ech_list(conn->config->ech_keys[i].configs)));
    SHK_EXTENSION_BODY(out, encrypted_client_hello)->retry_configs = shk_buf_span(out->pieces);
    out->send = true;
    return SHK_OK;
}

static shk_status answer_ech(shk_conn *conn, shk_draft *out)
{
    static const uint8_t zeros[SHK_ECH_CONFIRMATION] = {0};
    shk_ech_status status = conn->handshake->ech.status;
    if (out->place == SHK_IN_ENCRYPTED_EXTENSIONS)
        return status == SHK_ECH_REJECTED ? add_retry_configs(conn, out) : SHK_OK;
    SHK_EXTENSION_BODY(out, encrypted_client_hello)->confirmation =
        shk_span_of(zeros, sizeof zeros);
    out->send = status == SHK_ECH_ACCEPTED; /* to be filled in by shk_ech_confirm */
    return SHK_OK;
}

const shk_hello_extension shk_hello_encrypted_client_hello = {
    .offer = offer_ech,
    .accept = accept_ech,
    .answer = answer_ech,
};
