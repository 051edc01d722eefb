/* Error rows for libcrypto's path validation errors: generated chains, each with one flaw that the
 * files of corpora/pki do not have (RFC 5280 §6). */
#include "pair_setup.h"

#include <stdio.h>
#include <string.h>

#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

static const int64_t noon_2025 = 1750161600;
static const char *const name = "server.shakedown.test";

/* A certificate to make; NULL and 0: the default. */
typedef struct {
    const char *constraints; /* basicConstraints */
    const char *usage;       /* keyUsage */
    const char *name_limits; /* nameConstraints */
    const char *names;       /* subjectAltName */
    int unknown;             /* the number of unknown extensions */
    const char *not_before;
    const char *not_after;
    int rsa_bits; /* of its key, which else is on P-256 */
} certificate_recipe;

typedef struct {
    X509 *certificate;
    EVP_PKEY *key;
} made_certificate;

static void extend(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    if (value == NULL)
        return;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

/* By the one of this number. */
static void extend_unknown(X509 *certificate, int number)
{
    char oid[32];
    snprintf(oid, sizeof oid, "1.3.6.1.4.1.99999.%d", number);
    ASN1_OBJECT *type = OBJ_txt2obj(oid, 1);
    ASN1_OCTET_STRING *nothing = ASN1_OCTET_STRING_new();
    X509_EXTENSION *extension = X509_EXTENSION_create_by_OBJ(NULL, type, 0, nothing);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(nothing);
    ASN1_OBJECT_free(type);
}

/* Whatever the text is, well-formed or not. */
static void set_time(const ASN1_TIME *time, const char *text)
{
    ASN1_STRING *string = (ASN1_STRING *)(uintptr_t)time;
    assert_int_equal(ASN1_STRING_set(string, text, -1), 1);
}

/* Issued by `issuer`, or by itself. */
static made_certificate make_certificate(const certificate_recipe *r, const char *subject,
                                         bool is_ca, const made_certificate *issuer)
{
    made_certificate m = {X509_new(), r->rsa_bits > 0 ? EVP_RSA_gen((unsigned)r->rsa_bits)
                                                      : EVP_EC_gen("P-256")};
    const made_certificate *by = issuer != NULL ? issuer : &m;
    assert_true(m.certificate != NULL && m.key != NULL);
    X509_NAME *own = X509_NAME_new();
    assert_int_equal(X509_NAME_add_entry_by_txt(own, "CN", MBSTRING_ASC,
                                                (const unsigned char *)subject, -1, -1, 0),
                     1);
    X509_set_subject_name(m.certificate, own);
    X509_NAME_free(own);
    X509_set_version(m.certificate, X509_VERSION_3);
    X509_set_issuer_name(m.certificate, X509_get_subject_name(by->certificate));
    X509_set_pubkey(m.certificate, m.key);
    ASN1_INTEGER_set(X509_get_serialNumber(m.certificate), 1);
    ASN1_TIME_set_string(X509_getm_notBefore(m.certificate), "20240101000000Z");
    ASN1_TIME_set_string(X509_getm_notAfter(m.certificate), "20300101000000Z");
    if (r->not_before != NULL)
        set_time(X509_get0_notBefore(m.certificate), r->not_before);
    if (r->not_after != NULL)
        set_time(X509_get0_notAfter(m.certificate), r->not_after);
    const char *constraints = r->constraints != NULL ? r->constraints : "critical,CA:TRUE";
    extend(m.certificate, by->certificate, NID_basic_constraints, is_ca ? constraints : NULL);
    extend(m.certificate, by->certificate, NID_key_usage, r->usage);
    extend(m.certificate, by->certificate, NID_name_constraints, r->name_limits);
    const char *names = r->names != NULL ? r->names : "DNS:server.shakedown.test";
    extend(m.certificate, by->certificate, NID_subject_alt_name, is_ca ? NULL : names);
    for (int i = 0; i < r->unknown; i++)
        extend_unknown(m.certificate, i);
    assert_true(X509_sign(m.certificate, by->key, EVP_sha256()) > 0);
    return m;
}

static void free_certificate(made_certificate *m)
{
    X509_free(m->certificate);
    EVP_PKEY_free(m->key);
}

static shk_trust *trust_of(X509 *anchor)
{
    char *text = NULL;
    shk_trust *trust = NULL;
    BIO *pem = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_X509(pem, anchor), 1);
    long len = BIO_get_mem_data(pem, &text);
    assert_int_equal(shk_trust_from_pem(shk_span_of(text, (size_t)len), &trust), SHK_OK);
    BIO_free(pem);
    return trust;
}

/* The verdict on a chain, leaf first. */
static shk_status verify_chain(const shk_crypto *crypto, const made_certificate *chain,
                               size_t count, X509 *anchor)
{
    enum { MOST = 4 };
    unsigned char *der[MOST] = {NULL};
    shk_span spans[MOST];
    shk_public_key *key = NULL;
    shk_trust *trust = trust_of(anchor);
    int64_t until = INT64_MAX;
    const shk_chain_check check = {
        .trust = trust, .time = noon_2025, .name = name, .is_server = true, .security_level = 1};
    for (size_t i = 0; i < count; i++) {
        int len = i2d_X509(chain[i].certificate, &der[i]);
        assert_true(len > 0);
        spans[i] = shk_span_of(der[i], (size_t)len);
    }
    shk_status status = crypto->chain(crypto, spans, count, &check, &key, &until);
    crypto->public_key_free(key);
    shk_trust_free(trust);
    for (size_t i = 0; i < count; i++)
        OPENSSL_free(der[i]);
    return status;
}

/* Root, two authorities and a leaf, each issued by the one before it. */
typedef struct {
    const char *name;
    certificate_recipe root, upper, lower, leaf;
    size_t sent; /* certificates of the chain that are sent, leaf first: 1 to 4 */
    bool other_anchor;
    shk_status expected;
} chain_case;

static const chain_case cases[] = {
    {.name = "good", .sent = 3, .expected = SHK_OK},
    {.name = "good with its root", .sent = 4, .expected = SHK_OK},
    {.name = "an authority is missing", .sent = 1, .expected = SHK_E_UNKNOWN_ISSUER},
    {.name = "the upper authority is missing", .sent = 2, .expected = SHK_E_UNKNOWN_ISSUER},
    {.name = "another root", .sent = 4, .other_anchor = true, .expected = SHK_E_UNKNOWN_ISSUER},
    {.name = "a path that is too long",
     .upper = {.constraints = "critical,CA:TRUE,pathlen:0"},
     .sent = 3,
     .expected = SHK_E_ISSUER_NOT_CA},
    {.name = "an authority that may not sign certificates",
     .lower = {.usage = "critical,digitalSignature"},
     .sent = 3,
     .expected = SHK_E_ISSUER_NOT_CA},
    {.name = "an issuer that is no authority",
     .lower = {.constraints = "critical,CA:FALSE"},
     .sent = 3,
     .expected = SHK_E_ISSUER_NOT_CA},
    {.name = "an authority with a weak key",
     .lower = {.rsa_bits = 768},
     .sent = 3,
     .expected = SHK_E_WEAK_CERTIFICATE},
    {.name = "a leaf with a weak key",
     .leaf = {.rsa_bits = 768},
     .sent = 3,
     .expected = SHK_E_WEAK_CERTIFICATE},
    {.name = "notBefore is no time",
     .leaf = {.not_before = "never"},
     .sent = 3,
     .expected = SHK_E_CERTIFICATE_PARSE},
    {.name = "notAfter is no time",
     .leaf = {.not_after = "always"},
     .sent = 3,
     .expected = SHK_E_CERTIFICATE_PARSE},
    {.name = "a name that the authority may not certify",
     .lower = {.name_limits = "critical,permitted;DNS:other.test"},
     .sent = 3,
     .expected = SHK_E_NAME_CONSTRAINTS},
    {.name = "a wildcard for a name that is excluded",
     .lower = {.name_limits = "critical,excluded;DNS:a.shakedown.test"},
     .leaf = {.names = "DNS:*.shakedown.test"},
     .sent = 3,
     .expected = SHK_E_NAME_CONSTRAINTS},
    {.name = "a wildcard beside a longer name of another domain",
     .lower = {.name_limits = "critical,excluded;DNS:first-label.other.test"},
     .leaf = {.names = "DNS:*.shakedown.test"},
     .sent = 3,
     .expected = SHK_OK},
    {.name = "a host of mail is excluded, and no name",
     .lower = {.name_limits = "critical,excluded;email:a.shakedown.test"},
     .leaf = {.names = "DNS:*.shakedown.test"},
     .sent = 3,
     .expected = SHK_OK},
    {.name = "a mail address that begins as a wildcard does",
     .lower = {.name_limits = "critical,excluded;DNS:a.shakedown.test"},
     .leaf = {.names = "DNS:server.shakedown.test,email:*.shakedown.test"},
     .sent = 3,
     .expected = SHK_OK},
    {.name = "a name that only ends as an excluded one does",
     .lower = {.name_limits = "critical,excluded;DNS:xb.shakedown.test"},
     .leaf = {.names = "DNS:server.shakedown.test,DNS:ab.shakedown.test"},
     .sent = 3,
     .expected = SHK_OK},
    {.name = "an asterisk and a dot alone",
     .lower = {.name_limits = "critical,excluded;DNS:x."},
     .leaf = {.names = "DNS:server.shakedown.test,DNS:*."},
     .sent = 3,
     .expected = SHK_OK},
    {.name = "many extensions", .leaf = {.unknown = 100}, .sent = 3, .expected = SHK_OK},
    {.name = "more extensions than are compared",
     .leaf = {.unknown = 128},
     .sent = 3,
     .expected = SHK_E_CERTIFICATE_PARSE},
};

static void each_flaw_of_a_chain_has_its_error(void **state)
{
    static const certificate_recipe plain = {0};
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    made_certificate other = make_certificate(&plain, "another root", true, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const chain_case *c = &cases[i];
        made_certificate chain[4];
        chain[3] = make_certificate(&c->root, "root", true, NULL);
        chain[2] = make_certificate(&c->upper, "upper", true, &chain[3]);
        chain[1] = make_certificate(&c->lower, "lower", true, &chain[2]);
        chain[0] = make_certificate(&c->leaf, "leaf", false, &chain[1]);
        shk_status status = verify_chain(setup.crypto, chain, c->sent,
                                         (c->other_anchor ? &other : &chain[3])->certificate);
        assert_case_fails(c->name, status, c->expected);
        for (size_t k = 0; k < 4; k++)
            free_certificate(&chain[k]);
    }
    free_certificate(&other);
    test_setup_free(&setup);
}

static void bytes_that_are_no_certificate_have_no_digest(void **state)
{
    test_setup setup;
    uint8_t digest[SHK_MAX_HASH];
    size_t len;
    (void)state;
    test_setup_new(&setup, "p256");
    assert_fails(setup.crypto->certificate_digest(setup.crypto, shk_span_of_text("no certificate"),
                                                  digest, &len),
                 SHK_E_CERTIFICATE_PARSE);
    test_setup_free(&setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_flaw_of_a_chain_has_its_error),
        cmocka_unit_test(bytes_that_are_no_certificate_have_no_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
