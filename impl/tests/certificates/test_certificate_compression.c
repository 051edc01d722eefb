/* Compressed certificates (RFC 8879), and the algorithms behind them. */
#include "conn_pair.h"
#include "scripted_random.h"

#include <string.h>

#include "compress/compress.h"
#include "handshake/flow/flow_table.h"
#include "messages/compressed_certificate.h"

static const uint16_t algorithms[] = {SHK_COMPRESSION_ZLIB, SHK_COMPRESSION_BROTLI,
                                      SHK_COMPRESSION_ZSTD};
enum { ALGORITHMS = 3, LONG = 100000 };

static void setup_compression(test_setup *setup)
{
    test_setup_new(setup, "p256");
    setup->client.certificate_compressions = (shk_u16s){algorithms, ALGORITHMS};
    setup->server.certificate_compressions = setup->client.certificate_compressions;
}

/* The algorithm of each CompressedCertificate that an end saw, in order. */
typedef struct {
    uint16_t algorithms[4];
    size_t count;
    size_t plain; /* Certificates that were not compressed */
} seen_compressions;

static void observe(void *context, bool sent, shk_message id, const shk_form *form, shk_span raw)
{
    seen_compressions *seen = (seen_compressions *)context;
    (void)form;
    (void)sent;
    seen->plain += id == SHK_MSG_certificate || id == SHK_MSG_certificate_12;
    if (id != SHK_MSG_compressed_certificate)
        return;
    assert_true(seen->count < 4);
    seen->algorithms[seen->count++] = shk_u16_at(shk_span_of(raw.data + 4, 2), 0);
}

static void each_compression_algorithm_round_trips(void **state)
{
    static uint8_t bytes[LONG];
    static uint8_t back[LONG];
    (void)state;
    for (size_t i = 0; i < LONG; i++)
        bytes[i] = (uint8_t)(i * i >> 7);
    for (size_t a = 0; a < ALGORITHMS; a++)
        for (size_t len = 1; len <= LONG; len += LONG - 1) {
            shk_buf out = shk_buf_growing(&shk_libc_allocator);
            assert_true(shk_has_compression(algorithms[a]));
            assert_int_equal(shk_compress(algorithms[a], shk_span_of(bytes, len), &out), SHK_OK);
            memset(back, 0, sizeof back);
            assert_int_equal(shk_decompress(algorithms[a], shk_buf_span(&out), back, len), SHK_OK);
            assert_memory_equal(back, bytes, len);
            shk_buf_free(&out);
        }
}

/* "hello" in a stored block of RFC 1950 and RFC 1951, of RFC 7932, and of RFC 8478, written by
 * hand.
 */
static void each_compression_algorithm_reads_its_published_format(void **state)
{
    static const struct {
        uint16_t algorithm;
        const char *stream;
    } rows[] = {
        {SHK_COMPRESSION_ZLIB, "7801 01 0500 faff 68656c6c6f 062c0215"},
        {SHK_COMPRESSION_BROTLI, "400010 68656c6c6f 03"},
        {SHK_COMPRESSION_ZSTD, "28b52ffd 20 05 290000 68656c6c6f"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        test_bytes stream = from_hex(rows[i].stream);
        uint8_t out[5];
        assert_int_equal(shk_decompress(rows[i].algorithm, span_of(&stream), out, sizeof out),
                         SHK_OK);
        assert_memory_equal(out, "hello", sizeof out);
    }
}

/* ASan would report a byte beyond `len`. */
static void decompression_to_another_length_fails(void **state)
{
    static const uint8_t zeros[LONG] = {0};
    (void)state;
    for (size_t a = 0; a < ALGORITHMS; a++) {
        shk_buf out = shk_buf_growing(&shk_libc_allocator);
        uint8_t *room = (uint8_t *)shk_new(&shk_libc_allocator, LONG - 1);
        uint8_t *more = (uint8_t *)shk_new(&shk_libc_allocator, LONG + 1);
        assert_int_equal(shk_compress(algorithms[a], shk_span_of(zeros, LONG), &out), SHK_OK);
        shk_span whole = shk_buf_span(&out);
        assert_fails(shk_decompress(algorithms[a], whole, room, LONG - 1), SHK_E_DECOMPRESSION);
        assert_fails(shk_decompress(algorithms[a], whole, more, LONG + 1), SHK_E_DECOMPRESSION);
        assert_fails(shk_decompress(algorithms[a], whole, more, 0), SHK_E_DECOMPRESSION);
        assert_fails(
            shk_decompress(algorithms[a], shk_span_of(whole.data, whole.len - 1), more, LONG),
            SHK_E_DECOMPRESSION);
        assert_int_equal(shk_buf_append(&out, shk_span_of(zeros, 1)), SHK_OK);
        assert_fails(shk_decompress(algorithms[a], shk_buf_span(&out), more, LONG),
                     SHK_E_DECOMPRESSION);
        shk_delete(&shk_libc_allocator, room, LONG - 1);
        shk_delete(&shk_libc_allocator, more, LONG + 1);
        shk_buf_free(&out);
    }
}

/* The server's first algorithm that the client offers too. */
static void server_certificate_is_compressed_with_a_common_algorithm(void **state)
{
    (void)state;
    for (size_t a = 0; a < ALGORITHMS; a++) {
        test_setup setup;
        test_pair pair;
        seen_compressions seen = {.count = 0};
        setup_compression(&setup);
        setup.client.certificate_compressions = (shk_u16s){&algorithms[a], 1};
        setup.client.observer = observe;
        setup.client.observer_context = &seen;
        test_pair_connect(&pair, &setup);
        assert_true(shk_conn_info_of(pair.client).certificate_compressed);
        assert_true(shk_conn_info_of(pair.server).certificate_compressed);
        assert_true(shk_conn_info_of(pair.client).peer_verified);
        assert_int_equal(seen.count, 1);
        assert_int_equal(seen.algorithms[0], algorithms[a]);
        test_pair_close_all(&pair, &setup);
    }
}

static void raw_key_and_stapled_response_are_compressed(void **state)
{
    static const uint8_t raw[] = {SHK_CERTIFICATE_RAW_PUBLIC_KEY};
    (void)state;
    for (int is_raw = 0; is_raw < 2; is_raw++) {
        test_setup setup;
        test_pair pair;
        setup_compression(&setup);
        shk_buf response = read_source_file("corpora/pki/p256.ocsp");
        assert_int_equal(shk_credential_set_status(setup.credential, shk_buf_span(&response)),
                         SHK_OK);
        setup.client.status_request = SHK_STAPLING_DEMAND;
        setup.client.peer_certificate_types = shk_span_of(raw, is_raw ? 1 : 0);
        setup.server.own_certificate_types = setup.client.peer_certificate_types;
        setup.client.peer_keys = &setup.credential->key_info;
        setup.client.peer_key_count = is_raw ? 1 : 0;
        test_pair_connect(&pair, &setup);
        assert_true(shk_conn_info_of(pair.client).certificate_compressed);
        assert_int_equal(shk_conn_info_of(pair.client).status_verified, !is_raw);
        shk_buf_free(&response);
        test_pair_close_all(&pair, &setup);
    }
}

static void
a_certificate_stays_as_it_is_where_one_end_or_the_version_has_no_compression(void **state)
{
    (void)state;
    for (int who = 0; who < 3; who++) {
        test_setup setup;
        test_pair pair;
        seen_compressions seen = {.count = 0};
        setup_compression(&setup);
        if (who < 2)
            (who == 0 ? &setup.client : &setup.server)->certificate_compressions.count = 0;
        else
            setup.client.max_version = SHK_TLS12;
        setup.client.observer = observe;
        setup.client.observer_context = &seen;
        test_pair_connect(&pair, &setup);
        assert_false(shk_conn_info_of(pair.client).certificate_compressed);
        assert_int_equal(seen.count, 0);
        assert_int_equal(seen.plain, 1);
        test_pair_close_all(&pair, &setup);
    }
}

/* RFC 8879 §3: the extension in CertificateRequest allows it. An empty Certificate is not
 * compressed. */
static void client_certificate_is_compressed(void **state)
{
    (void)state;
    for (int has = 0; has < 2; has++) {
        test_setup setup;
        test_pair pair;
        seen_compressions seen = {.count = 0};
        setup_compression(&setup);
        shk_credential *own = test_credential("client-p256");
        const shk_credential *list[] = {own};
        setup.client.credentials = list;
        setup.client.credential_count = has ? 1 : 0;
        setup.server.client_auth = SHK_CLIENT_AUTH_REQUEST;
        setup.server.trust = setup.trust;
        setup.server.clock = setup.client.clock;
        setup.server.observer = observe;
        setup.server.observer_context = &seen;
        test_pair_connect(&pair, &setup);
        assert_int_equal(shk_conn_info_of(pair.server).peer_verified, has);
        assert_int_equal(seen.count, 1 + has);
        assert_int_equal(seen.plain, 1 - has);
        shk_credential_free(own);
        test_pair_close_all(&pair, &setup);
    }
}

/* The largest block that was asked for. */
static void *watched_resize(void *context, void *old, size_t old_size, size_t new_size)
{
    size_t *largest = (size_t *)context;
    *largest = new_size > *largest ? new_size : *largest;
    return shk_libc_allocator.resize(NULL, old, old_size, new_size);
}

/* RFC 8879 §3: offered to a server that knows it in TLS 1.3, by a client that may do both. */
static void nothing_is_compressed_below_tls_13(void **state)
{
    (void)state;
    for (int which = 0; which < 2; which++) {
        test_setup setup;
        test_pair pair;
        seen_compressions seen = {.count = 0};
        setup_compression(&setup);
        if (which == 0)
            setup.server.max_version = SHK_TLS12;
        else
            setup.client.max_version = SHK_TLS12;
        setup.client.observer = observe;
        setup.client.observer_context = &seen;
        test_pair_connect(&pair, &setup);
        assert_int_equal(seen.count, 0);
        assert_int_equal(seen.plain, 1);
        assert_false(shk_conn_info_of(pair.client).certificate_compressed);
        test_pair_close_all(&pair, &setup);
    }
}

typedef struct {
    const char *name;
    uint16_t algorithm;
    uint32_t plain_len; /* length of the zeros that are compressed; 0: four zeros that are no
                           compressed data */
    uint32_t length;    /* the length that the message claims */
    size_t limit;       /* max_certificate */
    shk_status expected;
} compressed_case;

static void check_compressed(const compressed_case *c, const test_setup *setup)
{
    static const uint8_t zeros[LONG] = {0};
    shk_config config = setup->client;
    size_t largest = 0;
    shk_allocator watched = {watched_resize, &largest};
    shk_buf compressed = shk_buf_growing(&shk_libc_allocator);
    shk_buf body = shk_buf_growing(&shk_libc_allocator);
    if (c->plain_len == 0)
        assert_int_equal(shk_buf_append(&compressed, shk_span_of(zeros, 4)), SHK_OK);
    else
        assert_int_equal(
            shk_compress(SHK_COMPRESSION_ZLIB, shk_span_of(zeros, c->plain_len), &compressed),
            SHK_OK);
    shk_compressed_certificate m = {c->algorithm, c->length, shk_buf_span(&compressed)};
    assert_int_equal(shk_encode(shk_message_rows[SHK_MSG_compressed_certificate].layout->shape,
                                NULL, &m, &body, NULL),
                     SHK_OK);
    test_bytes bytes = {.len = body.len};
    assert_true(body.len <= MAX_VECTOR);
    memcpy(bytes.data, body.data, body.len);
    config.max_certificate = c->limit;
    config.allocator = &watched;
    shk_conn *conn = test_conn_in(&config, SHK_STATE_c13_wait_certificate);
    largest = 0;
    shk_status status = test_message(conn, SHK_MSG_compressed_certificate, &bytes);
    assert_case_fails(c->name, status, c->expected);
    assert_true(largest <= 2 * c->limit + MAX_VECTOR);
    shk_conn_free(conn);
    shk_buf_free(&body);
    shk_buf_free(&compressed);
}

static void inconsistent_compressed_certificate_is_refused(void **state)
{
    static const uint16_t zlib[] = {SHK_COMPRESSION_ZLIB};
    static const compressed_case cases[] = {
        {"an_empty_list", SHK_COMPRESSION_ZLIB, 4, 4, 4096, SHK_E_EMPTY_CERTIFICATE},
        {"longer_than_it_says", SHK_COMPRESSION_ZLIB, LONG, 4, 4096, SHK_E_DECOMPRESSION},
        {"shorter_than_it_says", SHK_COMPRESSION_ZLIB, 4, 5, 4096, SHK_E_DECOMPRESSION},
        {"of_no_length", SHK_COMPRESSION_ZLIB, 4, 0, 4096, SHK_E_DECOMPRESSION},
        {"beyond_the_limit", SHK_COMPRESSION_ZLIB, LONG, LONG, LONG - 1,
         SHK_E_CERTIFICATE_TOO_LONG},
        {"says_16_mebibytes", SHK_COMPRESSION_ZLIB, 4, 0xffffff, 4096, SHK_E_CERTIFICATE_TOO_LONG},
        {"algorithm_not_offered", SHK_COMPRESSION_BROTLI, 4, 4, 4096, SHK_E_UNOFFERED_COMPRESSION},
        {"no_stream_of_zlib", SHK_COMPRESSION_ZLIB, 0, 4, 4096, SHK_E_DECOMPRESSION},
        {"algorithm_unknown", 0x7777, 4, 4, 4096, SHK_E_UNOFFERED_COMPRESSION},
        {"no_certificate_inside", SHK_COMPRESSION_ZLIB, 5, 5, 4096, SHK_E_TRAILING_DATA},
    };
    test_setup setup;
    (void)state;
    setup_compression(&setup);
    setup.client.certificate_compressions = (shk_u16s){zlib, 1};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_compressed(&cases[i], &setup);
    test_setup_free(&setup);
}

static void unsolicited_compressed_certificate_is_unexpected(void **state)
{
    static const uint16_t zlib[] = {SHK_COMPRESSION_ZLIB};
    test_bytes body = from_hex("000100001400000e789c63606060f8e8e742b81b8066");
    static const unsigned states[] = {SHK_STATE_c13_wait_certificate_or_request,
                                      SHK_STATE_c13_wait_certificate,
                                      SHK_STATE_s13_wait_certificate};
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        shk_conn *conn = test_conn_in(i == 2 ? &setup.server : &setup.client, states[i]);
        assert_fails(test_message(conn, SHK_MSG_compressed_certificate, &body),
                     SHK_E_UNEXPECTED_MESSAGE);
        shk_conn_free(conn);
    }
    /* what the ClientHello offered counts, not what the configuration has */
    shk_buf hello = test_first_hello(&setup);
    setup.client.client_hello = shk_buf_span(&hello);
    setup.client.certificate_compressions = (shk_u16s){zlib, 1};
    shk_conn *conn = test_conn_in(&setup.client, SHK_STATE_c13_wait_certificate);
    assert_fails(test_message(conn, SHK_MSG_compressed_certificate, &body),
                 SHK_E_UNEXPECTED_MESSAGE);
    shk_conn_free(conn);
    shk_buf_free(&hello);
    test_setup_free(&setup);
}

static void compress_certificate_in_an_answer_is_refused(void **state)
{
    test_bytes body = from_hex("0007001b0003020001");
    test_setup setup;
    (void)state;
    setup_compression(&setup);
    shk_conn *conn = test_conn_in(&setup.client, SHK_STATE_c13_wait_encrypted_extensions);
    assert_fails(test_message(conn, SHK_MSG_encrypted_extensions, &body), SHK_E_EXTENSION_PLACE);
    shk_conn_free(conn);
    test_setup_free(&setup);
}

static void unknown_compression_algorithm_is_refused_in_configuration(void **state)
{
    static const uint16_t unknown[] = {4};
    test_setup setup;
    uint64_t seed = 1;
    shk_random random = counting(&seed);
    shk_conn *conn = NULL;
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.certificate_compressions = (shk_u16s){unknown, 1};
    assert_fails(shk_conn_new(&setup.client, &random, &conn), SHK_E_CONFIG);
    test_setup_free(&setup);
}

static void missing_compression_algorithm_is_an_error(void **state)
{
    shk_buf out = shk_buf_growing(&shk_libc_allocator);
    uint8_t back[4];
    (void)state;
    assert_false(shk_has_compression(4));
    assert_fails(shk_compress(4, shk_span_of("text", 4), &out), SHK_E_INTERNAL);
    assert_fails(shk_decompress(4, shk_span_of("text", 4), back, 4), SHK_E_INTERNAL);
    shk_buf_free(&out);
}

/* No message has zero bytes. */
static void zero_bytes_are_not_decompressed(void **state)
{
    uint8_t back[1];
    (void)state;
    for (size_t a = 0; a < ALGORITHMS; a++) {
        shk_buf out = shk_buf_growing(&shk_libc_allocator);
        assert_int_equal(shk_compress(algorithms[a], shk_span_of(back, 0), &out), SHK_OK);
        assert_fails(shk_decompress(algorithms[a], shk_buf_span(&out), back, 0),
                     SHK_E_DECOMPRESSION);
        shk_buf_free(&out);
    }
}

/* The linker's --wrap: what our own code asks malloc for. */
static size_t largest;
static bool no_memory;
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
    largest = size > largest ? size : largest;
    return no_memory ? NULL : __real_malloc(size);
}

/* A window of 16 MiB and the header of a block that would fill it, without that block (RFC 7932
 * §9.1, §9.2). */
static void brotli_window_without_memory_fails(void **state)
{
    static const uint8_t stream[] = {0xcf, 0xff, 0xff, 0xff, 'x'};
    uint8_t back[100];
    (void)state;
    for (int i = 0; i < 2; i++) {
        largest = 0;
        no_memory = i == 1;
        assert_fails(shk_decompress(SHK_COMPRESSION_BROTLI, shk_span_of(stream, sizeof stream),
                                    back, sizeof back),
                     SHK_E_DECOMPRESSION);
        no_memory = false;
        assert_in_range(largest, 1, 2 * 1024 * 1024);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_compression_algorithm_round_trips),
        cmocka_unit_test(decompression_to_another_length_fails),
        cmocka_unit_test(server_certificate_is_compressed_with_a_common_algorithm),
        cmocka_unit_test(raw_key_and_stapled_response_are_compressed),
        cmocka_unit_test(
            a_certificate_stays_as_it_is_where_one_end_or_the_version_has_no_compression),
        cmocka_unit_test(client_certificate_is_compressed),
        cmocka_unit_test(inconsistent_compressed_certificate_is_refused),
        cmocka_unit_test(unsolicited_compressed_certificate_is_unexpected),
        cmocka_unit_test(compress_certificate_in_an_answer_is_refused),
        cmocka_unit_test(unknown_compression_algorithm_is_refused_in_configuration),
        cmocka_unit_test(missing_compression_algorithm_is_an_error),
        cmocka_unit_test(zero_bytes_are_not_decompressed),
        cmocka_unit_test(brotli_window_without_memory_fails),
        cmocka_unit_test(each_compression_algorithm_reads_its_published_format),
        cmocka_unit_test(nothing_is_compressed_below_tls_13),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
