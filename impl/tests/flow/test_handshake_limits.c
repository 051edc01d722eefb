/* Limits of the handshake state that our own handshakes do not reach. */
#include "conn_pair.h"

#include <string.h>

#include "crypto/transcript.h"
#include "handshake/flow/flow_table.h"
#include "handshake/state/handshake.h"
#include "handshake/state/key_exchange.h"
#include "handshake/state/send.h"
#include "messages/certificate_12.h"

/* The codec can encode so many bytes, but the length of a handshake message has 24 bits. */
static void message_over_24_bits_of_length_is_not_sent(void **state)
{
    enum { LIST = 0xffffff, HEAD = 3 };
    uint8_t *list = (uint8_t *)calloc(1, LIST);
    test_setup setup;
    (void)state;
    assert_non_null(list);
    test_setup_new(&setup, "p256");
    shk_conn *conn = test_conn_in(&setup.client, SHK_STATE_c12_wait_certificate);
    memcpy(list, "\xff\xff\xfc", HEAD);
    shk_certificate_12 m = {.certificate_list = {list, LIST}};
    assert_fails(shk_send_message(conn, SHK_MSG_certificate_12, &m), SHK_E_OWN_MESSAGE);
    shk_conn_free(conn);
    test_setup_free(&setup);
    free(list);
}

static void number_of_key_pairs_is_limited(void **state)
{
    test_setup setup;
    (void)state;
    test_setup_new(&setup, "p256");
    shk_conn *conn = test_conn_in(&setup.client, SHK_STATE_c_wait_server_hello);
    for (int i = 1; i < SHK_MAX_KEY_SHARES; i++)
        assert_int_equal(shk_add_key_pair(conn, SHK_x25519), SHK_OK);
    assert_fails(shk_add_key_pair(conn, SHK_x25519), SHK_E_INTERNAL);
    shk_conn_free(conn);
    test_setup_free(&setup);
}

static void transcript_without_a_hash_has_no_digest(void **state)
{
    shk_crypto *crypto = shk_libcrypto_new();
    shk_transcript transcript;
    uint8_t digest[SHK_MAX_HASH];
    (void)state;
    shk_transcript_init(&transcript, crypto, &shk_libc_allocator);
    assert_fails(shk_transcript_digest(&transcript, digest), SHK_E_INTERNAL);
    shk_transcript_free(&transcript);
    shk_libcrypto_free(crypto);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(message_over_24_bits_of_length_is_not_sent),
        cmocka_unit_test(number_of_key_pairs_is_limited),
        cmocka_unit_test(transcript_without_a_hash_has_no_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
