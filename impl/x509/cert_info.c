/* What a credential's certificates say to those who choose among credentials (RFC 8446 §4.4.2.2,
 * §4.4.2.3). */
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "x509/x509.h"

/* Which SignatureScheme a certificate is signed by. An ECDSA signature names the hash alone; the
 * curve is taken to be the one that the scheme pairs it with. */
static uint16_t scheme_of(X509 *certificate)
{
    static const struct {
        int key;
        int hash;
        uint16_t scheme;
    } rows[] = {
        {NID_rsaEncryption, NID_sha1, SHK_rsa_pkcs1_sha1},
        {NID_rsaEncryption, NID_sha256, SHK_rsa_pkcs1_sha256},
        {NID_rsaEncryption, NID_sha384, SHK_rsa_pkcs1_sha384},
        {NID_rsaEncryption, NID_sha512, SHK_rsa_pkcs1_sha512},
        {NID_rsassaPss, NID_sha256, SHK_rsa_pss_rsae_sha256},
        {NID_rsassaPss, NID_sha384, SHK_rsa_pss_rsae_sha384},
        {NID_rsassaPss, NID_sha512, SHK_rsa_pss_rsae_sha512},
        {NID_X9_62_id_ecPublicKey, NID_sha1, SHK_ecdsa_sha1},
        {NID_X9_62_id_ecPublicKey, NID_sha256, SHK_ecdsa_secp256r1_sha256},
        {NID_X9_62_id_ecPublicKey, NID_sha384, SHK_ecdsa_secp384r1_sha384},
        {NID_X9_62_id_ecPublicKey, NID_sha512, SHK_ecdsa_secp521r1_sha512},
        {NID_ED25519, NID_undef, SHK_ed25519},
        {NID_ED448, NID_undef, SHK_ed448},
    };
    int hash = NID_undef;
    int key = NID_undef;
    if ((X509_get_extension_flags(certificate) & EXFLAG_SS) != 0)
        return SHK_SCHEME_SELF_SIGNED;
    X509_get_signature_info(certificate, &hash, &key, NULL, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].key == key && rows[i].hash == hash)
            return rows[i].scheme;
    return SHK_SCHEME_UNKNOWN;
}

static shk_status copy_issuer(X509 *certificate, shk_span *out)
{
    const unsigned char *der = NULL;
    size_t len = 0;
    if (X509_NAME_get0_der(X509_get_issuer_name(certificate), &der, &len) != 1)
        return SHK_E_NO_CERTIFICATE;
    uint8_t *copy = (uint8_t *)malloc(len);
    if (copy == NULL)
        return SHK_OWN(NO_MEMORY);
    memcpy(copy, der, len);
    *out = shk_span_of(copy, len);
    return SHK_OK;
}

shk_status shk_x509_set_cert_info(shk_credential *credential, X509 *certificate)
{
    size_t at = credential->count - 1;
    shk_cert_info *grown = (shk_cert_info *)realloc(
        credential->cert_info, credential->count * sizeof credential->cert_info[0]);
    if (grown == NULL)
        return SHK_OWN(NO_MEMORY);
    credential->cert_info = grown;
    grown[at].issuer = shk_span_of(NULL, 0);
    grown[at].signature_scheme = scheme_of(certificate);
    SHK_TRY(copy_issuer(certificate, &grown[at].issuer));
    if (at > 0)
        return SHK_OK;
    credential->leaf = (shk_leaf *)malloc(sizeof *credential->leaf);
    if (credential->leaf == NULL)
        return SHK_OWN(NO_MEMORY);
    credential->leaf->certificate = certificate;
    X509_up_ref(certificate);
    return shk_x509_key_info(certificate, &credential->key_info);
}

void shk_x509_free_cert_info(shk_credential *credential)
{
    for (size_t i = 0; credential->cert_info != NULL && i < credential->count; i++)
        free((void *)(uintptr_t)credential->cert_info[i].issuer.data);
    free(credential->cert_info);
    if (credential->leaf != NULL)
        X509_free(credential->leaf->certificate);
    free(credential->leaf);
}

bool shk_x509_covers_name(const shk_credential *credential, shk_span name)
{
    return credential->leaf != NULL &&
           X509_check_host(credential->leaf->certificate, (const char *)name.data, name.len,
                           X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                               X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS,
                           NULL) == 1;
}
