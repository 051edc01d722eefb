/* encrypted_client_hello: the inner ClientHello, encrypted; that it was taken; or keys for another
 * try (RFC 9849 §4, §5). */
#include "extensions/encrypted_client_hello.h"

#include "registry/layout.h"
#include "wire/vector.h"

void shk_hpke_symmetric_cipher_suite_shape(shk_codec *c, void *element)
{
    shk_hpke_symmetric_cipher_suite *m = (shk_hpke_symmetric_cipher_suite *)element;
    shk_u16(c, "kdf_id", &m->kdf_id, NULL);
    shk_u16(c, "aead_id", &m->aead_id, NULL);
}

void shk_ech_config_extension_shape(shk_codec *c, void *element)
{
    shk_ech_config_extension *m = (shk_ech_config_extension *)element;
    shk_u16(c, "type", &m->type, NULL);
    shk_opaque16(c, "data", &m->data, 0, 65535);
}

/* ECHConfigContents (§4) */
static void contents(shk_codec *c, shk_ech_config *m)
{
    shk_hpke_symmetric_cipher_suite suite;
    shk_ech_config_extension extension;
    shk_u8(c, "config_id", &m->config_id, NULL);
    shk_u16(c, "kem_id", &m->kem_id, NULL);
    shk_opaque16(c, "public_key", &m->public_key, 1, 65535);
    shk_list16(c, "cipher_suites", &m->cipher_suites, 4, 65532,
               shk_hpke_symmetric_cipher_suite_shape, &suite);
    shk_u8(c, "maximum_name_length", &m->maximum_name_length, NULL);
    shk_opaque8(c, "public_name", &m->public_name, 1, 255);
    shk_list16(c, "extensions", &m->extensions, 0, 65535, shk_ech_config_extension_shape,
               &extension);
}

void shk_ech_config_shape(shk_codec *c, void *element)
{
    shk_ech_config *m = (shk_ech_config *)element;
    shk_vector v;
    shk_u16(c, "version", &m->version, NULL);
    shk_vector_begin(c, &v, "contents", 2, 0, 65535);
    if (shk_variant(c, m->version == SHK_ECH_VERSION))
        contents(c, m);
    if (shk_variant(c, m->version != SHK_ECH_VERSION))
        shk_rest(c, "unknown", &m->unknown);
    shk_vector_end(c, &v);
}

/* ECHClientHello (§5) */
static void client_hello(shk_codec *c, shk_encrypted_client_hello *m)
{
    shk_u8(c, "type", &m->type, NULL);
    shk_require(c, "type", m->type == SHK_ECH_OUTER || m->type == SHK_ECH_INNER, SHK_E_ECH_TYPE);
    if (!shk_variant(c, m->type == SHK_ECH_OUTER))
        return;
    shk_hpke_symmetric_cipher_suite_shape(c, &m->cipher_suite);
    shk_u8(c, "config_id", &m->config_id, NULL);
    shk_opaque16(c, "enc", &m->enc, 0, 65535);
    shk_opaque16(c, "payload", &m->payload, 1, 65535);
}

void shk_encrypted_client_hello_shape(shk_codec *c, shk_encrypted_client_hello *m)
{
    shk_ech_config config;
    if (c->form.place & SHK_IN_CLIENT_HELLO)
        client_hello(c, m);
    else if (c->form.place & SHK_IN_HELLO_RETRY_REQUEST)
        shk_fixed(c, "confirmation", &m->confirmation, SHK_ECH_CONFIRMATION);
    else
        shk_list16(c, "retry_configs", &m->retry_configs, 4, 65535, shk_ech_config_shape, &config);
}

SHK_LAYOUT(encrypted_client_hello);
