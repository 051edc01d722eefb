/* Certificates that the test PKI lacks: generated here, signed by its root (corpora/pki/root.key).
 */
#include "pair_setup.h"
#include "vectors.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ocsp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

static const int64_t december_2025 = 1764547200;

typedef struct {
    X509 *certificate;
    EVP_PKEY *root_key;
    X509 *root;
    EVP_PKEY *key;
} crafted;

static EVP_PKEY *key_of(const char *path)
{
    shk_buf text = read_source_file(path);
    BIO *bio = BIO_new_mem_buf(text.data, (int)text.len);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    assert_non_null(key);
    BIO_free(bio);
    shk_buf_free(&text);
    return key;
}

/* A certificate of December 2025 with the key p256.key, without a subject or extensions. */
static void craft(crafted *c)
{
    shk_buf text = read_source_file("corpora/pki/root.pem");
    BIO *bio = BIO_new_mem_buf(text.data, (int)text.len);
    c->root = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    c->root_key = key_of("corpora/pki/root.key");
    c->key = key_of("corpora/pki/p256.key");
    c->certificate = X509_new();
    X509_set_version(c->certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(c->certificate), 1);
    ASN1_TIME_set(X509_getm_notBefore(c->certificate), december_2025 - 86400);
    ASN1_TIME_set(X509_getm_notAfter(c->certificate), december_2025 + 86400);
    X509_set_issuer_name(c->certificate, X509_get_subject_name(c->root));
    X509_set_pubkey(c->certificate, c->key);
    BIO_free(bio);
    shk_buf_free(&text);
}

static void add_extension(crafted *c, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    assert_non_null(extension);
    X509_add_ext(c->certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

/* The certificate, signed, as PEM (the caller frees the BIO) and as DER (the caller frees). */
static shk_span as_pem(const crafted *c, BIO **bio)
{
    char *text;
    assert_true(X509_sign(c->certificate, c->root_key, EVP_sha256()) > 0);
    *bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_X509(*bio, c->certificate), 1);
    long len = BIO_get_mem_data(*bio, &text);
    return shk_span_of(text, (size_t)len);
}

static shk_span as_der(const crafted *c)
{
    unsigned char *der = NULL;
    assert_true(X509_sign(c->certificate, c->root_key, EVP_sha256()) > 0);
    int len = i2d_X509(c->certificate, &der);
    assert_true(len > 0);
    return shk_span_of(der, (size_t)len);
}

static void drop(crafted *c)
{
    X509_free(c->certificate);
    X509_free(c->root);
    EVP_PKEY_free(c->root_key);
    EVP_PKEY_free(c->key);
}

/* The verdict on a server's certificate for a name. */
static shk_status check_name(const crafted *c, const char *name)
{
    shk_crypto *crypto = shk_libcrypto_new();
    shk_trust *trust = test_trust("roots.pem");
    shk_chain_check check = {
        .trust = trust, .name = name, .time = december_2025, .is_server = true};
    shk_public_key *key = NULL;
    shk_span der = as_der(c);
    int64_t until = 0;
    shk_status status = crypto->chain(crypto, &der, 1, &check, &key, &until);
    crypto->public_key_free(key);
    OPENSSL_free((void *)(uintptr_t)der.data);
    shk_trust_free(trust);
    shk_libcrypto_free(crypto);
    return status;
}

/* RFC 9525 §6.3: "*" stands for a whole label, or it is no wildcard. */
static void wildcard_must_be_the_whole_left_label(void **state)
{
    static const struct {
        const char *san;
        shk_status status;
    } cases[] = {{"DNS:*.shakedown.test", SHK_OK},
                 {"DNS:serv*.shakedown.test", SHK_E_NAME_MISMATCH},
                 {"DNS:*er.shakedown.test", SHK_E_NAME_MISMATCH}};
    shk_buf key = read_source_file("corpora/pki/p256.key");
    shk_crypto *crypto = shk_libcrypto_new();
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        crafted c;
        BIO *bio;
        shk_credential *credential;
        craft(&c);
        add_extension(&c, NID_subject_alt_name, cases[i].san);
        assert_case_fails(cases[i].san, check_name(&c, "server.shakedown.test"), cases[i].status);
        shk_span pem = as_pem(&c, &bio);
        assert_int_equal(shk_credential_from_pem(pem, shk_buf_span(&key), &credential), SHK_OK);
        assert_int_equal(crypto->covers_name(credential, shk_span_of_text("server.shakedown.test")),
                         cases[i].status == SHK_OK);
        shk_credential_free(credential);
        BIO_free(bio);
        drop(&c);
    }
    shk_buf_free(&key);
    shk_libcrypto_free(crypto);
}

/* RFC 8446 §4.2.5: a requested extension must be present. */
static void certificate_without_extensions_fails_oid_filters(void **state)
{
    static const char *const filters[][2] = {{"0603551d0f", "03020780"}, /* digitalSignature */
                                             {"0603551d0f", ""},
                                             {"0603551d25", "300a06082b06010505070302"},
                                             {"0603551d25", ""}};
    shk_crypto *crypto = shk_libcrypto_new();
    crafted c;
    (void)state;
    craft(&c);
    for (int with = 0; with < 2; with++) {
        if (with == 1) {
            add_extension(&c, NID_key_usage, "digitalSignature");
            add_extension(&c, NID_ext_key_usage, "clientAuth");
        }
        shk_span der = as_der(&c);
        for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++) {
            test_bytes oid = from_hex(filters[i][0]), values = from_hex(filters[i][1]);
            bool passes = with == 0;
            assert_int_equal(crypto->oid_filter(der, span_of(&oid), span_of(&values), &passes),
                             SHK_OK);
            assert_int_equal(passes, with == 1);
        }
        OPENSSL_free((void *)(uintptr_t)der.data);
    }
    drop(&c);
    shk_libcrypto_free(crypto);
}

/* A DistinguishedName of certificate_authorities has 65,535 bytes at most (RFC 8446 §4.2.4). */
static void trust_anchor_with_an_overlong_name_is_refused(void **state)
{
    static unsigned char text[30000];
    crafted c;
    BIO *bio;
    shk_trust *trust = NULL;
    (void)state;
    memset(text, 'x', sizeof text);
    craft(&c);
    for (int i = 0; i < 3; i++) {
        X509_NAME *name = X509_NAME_dup(X509_get_subject_name(c.certificate));
        ASN1_STRING_set_default_mask_asc("nombstr");
        assert_int_equal(X509_NAME_add_entry_by_NID(name, NID_organizationName, V_ASN1_UTF8STRING,
                                                    text, (int)sizeof text, -1, 0),
                         1);
        X509_set_subject_name(c.certificate, name);
        X509_NAME_free(name);
        shk_span pem = as_pem(&c, &bio);
        shk_status status = shk_trust_from_pem(pem, &trust);
        assert_case_fails("name", status, i < 2 ? SHK_OK : SHK_E_NO_CERTIFICATE);
        shk_trust_free(i < 2 ? trust : NULL);
        BIO_free(bio);
    }
    drop(&c);
}

/* An RSA key with a modulus of so many bits, whose numbers do not match. */
static EVP_PKEY *rsa_key(int bits)
{
    static const char *const names[] = {
        OSSL_PKEY_PARAM_RSA_N,           OSSL_PKEY_PARAM_RSA_D,
        OSSL_PKEY_PARAM_RSA_FACTOR1,     OSSL_PKEY_PARAM_RSA_FACTOR2,
        OSSL_PKEY_PARAM_RSA_EXPONENT1,   OSSL_PKEY_PARAM_RSA_EXPONENT2,
        OSSL_PKEY_PARAM_RSA_COEFFICIENT1};
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;
    BIGNUM *number = BN_new();
    BN_set_bit(number, bits - 1);
    BN_set_bit(number, 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        OSSL_PARAM_BLD_push_BN(build, names[i], number);
    OSSL_PARAM_BLD_push_ulong(build, OSSL_PKEY_PARAM_RSA_E, 65537);
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    assert_int_equal(EVP_PKEY_fromdata_init(context), 1);
    assert_int_equal(EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, params), 1);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    BN_free(number);
    return key;
}

/* Signatures fit in SHK_MAX_SIGNATURE bytes. */
static void rsa_key_over_8192_bits_is_refused(void **state)
{
    (void)state;
    for (int more = 0; more < 2; more++) {
        crafted c;
        BIO *bio, *key = BIO_new(BIO_s_mem());
        shk_credential *credential = NULL;
        char *text;
        craft(&c);
        EVP_PKEY_free(c.key);
        c.key = rsa_key(8192 + 8 * more);
        X509_set_pubkey(c.certificate, c.key);
        shk_span pem = as_pem(&c, &bio);
        assert_int_equal(PEM_write_bio_PrivateKey(key, c.key, NULL, NULL, 0, NULL, NULL), 1);
        long len = BIO_get_mem_data(key, &text);
        assert_case_fails("key",
                          shk_credential_from_pem(pem, shk_span_of(text, (size_t)len), &credential),
                          more == 0 ? SHK_OK : SHK_E_CERTIFICATE_KEY);
        shk_credential_free(credential);
        BIO_free(bio);
        BIO_free(key);
        drop(&c);
    }
}

static X509 *certificate_of(const char *path)
{
    shk_buf text = read_source_file(path);
    BIO *bio = BIO_new_mem_buf(text.data, (int)text.len);
    X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    assert_non_null(certificate);
    BIO_free(bio);
    shk_buf_free(&text);
    return certificate;
}

/* That the leaf of rsa2048-rsachain.pem is good, signed by its issuer over this digest. As DER; the
 * caller frees. */
static shk_span response_over(const EVP_MD *digest)
{
    unsigned char *der = NULL;
    X509 *leaf = certificate_of("corpora/pki/rsa2048-rsachain.pem");
    X509 *issuer = certificate_of("corpora/pki/rsa-intermediate.pem");
    EVP_PKEY *key = key_of("corpora/pki/rsa-intermediate.key");
    ASN1_TIME *begin = ASN1_GENERALIZEDTIME_set(NULL, december_2025 - 60);
    ASN1_TIME *end = ASN1_GENERALIZEDTIME_set(NULL, december_2025 + 60);
    OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
    OCSP_CERTID *id = OCSP_cert_to_id(NULL, leaf, issuer);
    OCSP_basic_add1_status(basic, id, V_OCSP_CERTSTATUS_GOOD, 0, NULL, begin, end);
    assert_int_equal(OCSP_basic_sign(basic, issuer, key, digest, NULL, OCSP_NOCERTS), 1);
    OCSP_RESPONSE *response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
    int len = i2d_OCSP_RESPONSE(response, &der);
    assert_true(len > 0);
    OCSP_RESPONSE_free(response);
    OCSP_CERTID_free(id);
    OCSP_BASICRESP_free(basic);
    ASN1_TIME_free(begin);
    ASN1_TIME_free(end);
    EVP_PKEY_free(key);
    X509_free(issuer);
    X509_free(leaf);
    return shk_span_of(der, (size_t)len);
}

/* MD5 is refused from level 1 on, as in certificates. */
static void ocsp_response_signed_with_md5_is_too_weak(void **state)
{
    const struct {
        const EVP_MD *digest;
        unsigned level;
        shk_status status;
    } cases[] = {
        {EVP_sha256(), 1, SHK_OK}, {EVP_md5(), 0, SHK_OK}, {EVP_md5(), 1, SHK_E_STATUS_INVALID}};
    shk_crypto *crypto = shk_libcrypto_new();
    shk_credential *credential = test_credential("rsa2048-rsachain");
    shk_trust *trust = test_trust("roots.pem");
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        shk_span response = response_over(cases[i].digest);
        shk_chain_check check = {.trust = trust,
                                 .time = december_2025,
                                 .is_server = true,
                                 .security_level = (uint8_t)cases[i].level};
        int64_t until = INT64_MAX;
        assert_case_fails(
            "response",
            crypto->status(crypto, response, credential->chain, credential->count, &check, &until),
            cases[i].status);
        OPENSSL_free((void *)(uintptr_t)response.data);
    }
    shk_trust_free(trust);
    shk_credential_free(credential);
    shk_libcrypto_free(crypto);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wildcard_must_be_the_whole_left_label),
        cmocka_unit_test(certificate_without_extensions_fails_oid_filters),
        cmocka_unit_test(trust_anchor_with_an_overlong_name_is_refused),
        cmocka_unit_test(rsa_key_over_8192_bits_is_refused),
        cmocka_unit_test(ocsp_response_signed_with_md5_is_too_weak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
