/* Which key goes with which suite and signature scheme. */
#include "handshake/certificates/signature_schemes.h"

#include "handshake/state/conn_state.h"
#include "shakedown/codec.h"
#include "wire/u16_list.h"

bool shk_key_fits_suite(shk_key_kind kind, const shk_suite_row *suite)
{
    if ((suite->key_exchange & SHK_FORM_RSA) != 0) /* it decrypts */
        return kind == SHK_KEY_RSA;
    return suite->auth == SHK_AUTH_ANY || suite->auth == shk_key_kind_auth(kind);
}

bool shk_scheme_usable(const shk_conn *conn, const shk_signature_scheme_row *scheme)
{
    return scheme != NULL && conn->version >= scheme->min_version &&
           conn->version <= scheme->max_version &&
           (conn->version < SHK_TLS12 || shk_u16s_have(&conn->config->schemes, scheme->value));
}

bool shk_scheme_fits_key(const shk_conn *conn, const shk_signature_scheme_row *scheme,
                         shk_key_kind kind)
{
    bool ecdsa_key = shk_key_kind_group(kind) != 0;
    bool ecdsa_scheme = shk_key_kind_group(scheme->key) != 0;
    return scheme->key == kind || (conn->version < SHK_TLS13 && ecdsa_key && ecdsa_scheme);
}

const shk_signature_scheme_row *shk_implied_scheme(shk_key_kind kind)
{
    if (kind == SHK_KEY_RSA)
        return shk_signature_scheme_of(SHK_rsa_pkcs1_md5_sha1);
    if (kind == SHK_KEY_DSA)
        return shk_signature_scheme_of(SHK_dsa_sha1);
    return shk_key_kind_group(kind) != 0 ? shk_signature_scheme_of(SHK_ecdsa_sha1) : NULL;
}
