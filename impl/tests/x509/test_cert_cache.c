/* Recently parsed certificates are not parsed again (x509/cert_cache.h). */
#include "pair_setup.h"

#include <string.h>

#include "x509/cert_cache.h"

enum { KEPT = 32 };

/* The bytes of a certificate whose signature ends as `number` says: parsing does not check it. */
typedef struct {
    uint8_t bytes[2048];
    size_t len;
} variant;

static variant certificate_number(uint8_t number)
{
    test_setup setup;
    variant out = {.len = 0};
    test_setup_new(&setup, "p256");
    shk_span der = setup.credential->chain[0];
    assert_true(der.len < sizeof out.bytes);
    memcpy(out.bytes, der.data, der.len);
    out.len = der.len;
    out.bytes[der.len - 1] = number;
    test_setup_free(&setup);
    return out;
}

static X509 *parse(shk_cert_cache *known, const variant *v)
{
    X509 *certificate = shk_cert_cache_parse(known, shk_span_of(v->bytes, v->len));
    assert_non_null(certificate);
    return certificate;
}

static void same_certificate_is_parsed_once(void **state)
{
    shk_cert_cache *known = shk_cert_cache_new();
    variant v = certificate_number(1);
    X509 *first = parse(known, &v), *second = parse(known, &v);
    (void)state;
    assert_ptr_equal(first, second);
    X509_free(first);
    X509_free(second);
    shk_cert_cache_free(known);
}

static void certificate_with_another_signature_is_parsed_again(void **state)
{
    shk_cert_cache *known = shk_cert_cache_new();
    variant one = certificate_number(1), other = certificate_number(2);
    X509 *first = parse(known, &one), *second = parse(known, &other);
    (void)state;
    assert_ptr_not_equal(first, second);
    X509_free(first);
    X509_free(second);
    shk_cert_cache_free(known);
}

static void oldest_cached_certificate_is_evicted(void **state)
{
    shk_cert_cache *known = shk_cert_cache_new();
    variant oldest = certificate_number(0);
    X509 *kept = parse(known, &oldest);
    (void)state;
    for (uint8_t i = 1; i <= KEPT; i++) {
        variant v = certificate_number(i);
        X509_free(parse(known, &v));
    }
    X509 *again = parse(known, &oldest);
    assert_ptr_not_equal(kept, again);
    X509_free(kept);
    X509_free(again);
    shk_cert_cache_free(known);
}

static void trailing_bytes_after_a_certificate_are_refused(void **state)
{
    shk_cert_cache *known = shk_cert_cache_new();
    variant v = certificate_number(1);
    (void)state;
    X509_free(parse(known, &v));
    assert_null(shk_cert_cache_parse(known, shk_span_of(v.bytes, v.len + 1)));
    shk_cert_cache_free(known);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_certificate_is_parsed_once),
        cmocka_unit_test(certificate_with_another_signature_is_parsed_again),
        cmocka_unit_test(oldest_cached_certificate_is_evicted),
        cmocka_unit_test(trailing_bytes_after_a_certificate_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
