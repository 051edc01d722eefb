/* Buffers, and the lengths that the codec checks in both directions. */
#include "extensions/extension_block.h"
#include "vectors.h"

#include <string.h>

static void reserving_more_than_memory_is_no_memory(void **state)
{
    shk_buf buf = shk_buf_growing(&shk_libc_allocator);
    (void)state;
    assert_fails(shk_buf_reserve(&buf, SIZE_MAX), SHK_E_NO_MEMORY);
    shk_buf_free(&buf);
}

static void freeing_a_buffer_over_memory_only_empties_it(void **state)
{
    uint8_t memory[4] = {1, 2, 3, 4};
    shk_buf buf = shk_buf_over(memory, sizeof memory);
    (void)state;
    buf.len = 4;
    shk_buf_free(&buf);
    assert_int_equal(buf.len, 0);
    assert_int_equal(memory[0], 1);
}

/* Shapes whose struct is a span. */
static void empty_shape(shk_codec *c, void *m)
{
    (void)c;
    (void)m;
}

static void list_of_empty_shape(shk_codec *c, void *m)
{
    uint8_t scratch[1];
    shk_list8(c, "nothings", (shk_span *)m, 0, 255, empty_shape, scratch);
}

static void two_to_four_shape(shk_codec *c, void *m)
{
    shk_opaque8(c, "two_to_four", (shk_span *)m, 2, 4);
}

static void three_shape(shk_codec *c, void *m)
{
    shk_fixed(c, "three", (shk_span *)m, 3);
}

static void numbers_shape(shk_codec *c, void *m)
{
    shk_u16_list8(c, "numbers", (shk_span *)m, 2, 8, shk_group_name);
}

static shk_status encode(shk_shape *shape, size_t len)
{
    static const uint8_t zeros[8];
    uint8_t memory[16];
    shk_buf out = shk_buf_over(memory, sizeof memory);
    shk_span span = shk_span_of(zeros, len);
    return shk_encode(shape, NULL, &span, &out, NULL);
}

static void encoder_checks_vector_lengths(void **state)
{
    (void)state;
    assert_int_equal(encode(two_to_four_shape, 2), SHK_OK);
    assert_int_equal(encode(two_to_four_shape, 4), SHK_OK);
    assert_fails(encode(two_to_four_shape, 1), SHK_E_VECTOR_LENGTH);
    assert_fails(encode(two_to_four_shape, 5), SHK_E_VECTOR_LENGTH);
    assert_int_equal(encode(three_shape, 3), SHK_OK);
    assert_fails(encode(three_shape, 4), SHK_E_VECTOR_LENGTH);
    assert_int_equal(encode(numbers_shape, 4), SHK_OK);
    assert_fails(encode(numbers_shape, 3), SHK_E_VECTOR_LENGTH);
}

/* A block that was checked ends with an extension; another may not be read beyond its end. */
static void a_cut_extension_is_not_read(void **state)
{
    static const uint8_t bytes[] = {0, 23, 0, 0, 0, 10, 0, 3, 0xaa, 0xbb};
    shk_span block = shk_span_of(bytes, sizeof bytes);
    shk_raw_extension extension;
    (void)state;
    assert_true(shk_extension_next(&block, &extension));
    assert_int_equal(extension.extension_type, 23);
    assert_false(shk_extension_next(&block, &extension));
}

static shk_status decode(shk_shape *shape, const char *hex)
{
    test_bytes bytes = from_hex(hex);
    shk_span span;
    return shk_decode(shape, NULL, span_of(&bytes), &span, NULL);
}

static void decoder_checks_vector_lengths(void **state)
{
    (void)state;
    assert_int_equal(decode(two_to_four_shape, "020000"), SHK_OK);
    assert_fails(decode(two_to_four_shape, "0100"), SHK_E_VECTOR_LENGTH);
    assert_fails(decode(two_to_four_shape, "050000000000"), SHK_E_VECTOR_LENGTH);
    assert_fails(decode(two_to_four_shape, "0300"), SHK_E_TRUNCATED);
    assert_fails(decode(two_to_four_shape, "02000000"), SHK_E_TRAILING_DATA);
}

/* A list of them would have no end. */
static void list_element_of_no_bytes_is_refused(void **state)
{
    uint8_t scratch[1];
    shk_span list = shk_span_of_text("x");
    (void)state;
    assert_fails(decode(list_of_empty_shape, "0100"), SHK_E_TRUNCATED);
    assert_false(shk_list_next(&list, NULL, empty_shape, scratch));
}

static void count(void *context, uint16_t type, uint16_t place, shk_span data)
{
    (void)type;
    (void)place;
    (void)data;
    ++*(unsigned *)context;
}

/* server_name, and supported_groups whose list has an odd length. */
static void malformed_extension_is_not_visited(void **state)
{
    unsigned seen = 0;
    test_bytes hello = from_hex("0303"
                                "0000000000000000000000000000000000000000000000000000000000000000"
                                "00"
                                "00021301"
                                "0100"
                                "0011"
                                "00000006000400000161"
                                "000a00030001ff");
    (void)state;
    assert_fails(shk_visit_extensions(shk_message_rows[SHK_MSG_client_hello].layout->shape, NULL,
                                      span_of(&hello), count, &seen),
                 SHK_E_VECTOR_LENGTH);
    assert_int_equal(seen, 1);
}

/* No handshake reaches these: a ServerHello with the random of a HelloRetryRequest is read as one,
 * and an undecodable CertificateStatus is refused before. */
static void errors_that_only_shapes_can_raise(void **state)
{
    uint8_t hello[40] = {3, 3};
    static const uint8_t status[] = {2, 0, 0, 1, 0xaa};
    shk_any body;
    (void)state;
    memcpy(hello + 2, shk_retry_random, 32);
    assert_fails(shk_decode(shk_message_rows[SHK_MSG_server_hello].layout->shape, NULL,
                            shk_span_of(hello, sizeof hello), &body, NULL),
                 SHK_E_RETRY_RANDOM);
    hello[2] ^= 1;
    assert_fails(shk_decode(shk_message_rows[SHK_MSG_hello_retry_request].layout->shape, NULL,
                            shk_span_of(hello, sizeof hello), &body, NULL),
                 SHK_E_RETRY_RANDOM);
    assert_fails(shk_decode(shk_message_rows[SHK_MSG_certificate_status].layout->shape, NULL,
                            shk_span_of(status, sizeof status), &body, NULL),
                 SHK_E_STATUS_TYPE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reserving_more_than_memory_is_no_memory),
        cmocka_unit_test(freeing_a_buffer_over_memory_only_empties_it),
        cmocka_unit_test(encoder_checks_vector_lengths),
        cmocka_unit_test(a_cut_extension_is_not_read),
        cmocka_unit_test(decoder_checks_vector_lengths),
        cmocka_unit_test(list_element_of_no_bytes_is_refused),
        cmocka_unit_test(malformed_extension_is_not_visited),
        cmocka_unit_test(errors_that_only_shapes_can_raise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
