/* Encrypted ClientHello (RFC 9849) between two of our ends: accepted, and GREASE. */
#include "ech_setup.h"

#include <string.h>

#include "crypto/hpke.h"
#include "extensions/encrypted_client_hello.h"
#include "extensions/extension_block.h"
#include "extensions/pre_shared_key.h"
#include "handshake/state/session_content.h"
#include "messages/client_hello.h"

/* GREASE */

static void grease_ech_looks_like_real_ech(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.ech_grease = true;
    test_pair_start(&pair, &setup);
    shk_client_hello hello = waiting_hello(pair.client);
    shk_encrypted_client_hello m = ech_of(&hello);
    assert_int_equal(m.type, SHK_ECH_OUTER);
    assert_int_equal(m.enc.len, 32);
    assert_int_equal(m.payload.len % 32, SHK_HPKE_TAG);
    test_pair_pump(&pair);
    assert_ech_outcome(&pair, false);
    test_pair_close_all(&pair, &setup);
}

static void grease_ech_is_repeated_in_second_client_hello(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.ech_grease = true;
    setup.client.no_middlebox_compatibility = true;
    setup.server.request_cookie = true;
    test_pair_start(&pair, &setup);
    shk_client_hello first = waiting_hello(pair.client);
    shk_encrypted_client_hello m = ech_of(&first);
    uint8_t payload[512];
    size_t len = m.payload.len;
    memcpy(payload, m.payload.data, len);
    assert_int_equal(test_move_output(pair.client, pair.server), SHK_OK);
    assert_int_equal(test_move_output(pair.server, pair.client), SHK_OK);
    shk_client_hello second = waiting_hello(pair.client);
    m = ech_of(&second);
    assert_int_equal(m.enc.len, 32);
    assert_int_equal(m.payload.len, len);
    assert_memory_equal(m.payload.data, payload, len);
    test_pair_pump(&pair);
    assert_ech_outcome(&pair, false);
    test_pair_close_all(&pair, &setup);
}

/* retry_configs in response to GREASE are ignored (§6.2). */
static void server_with_ech_keys_ignores_grease_ech(void **state)
{
    ech_setup s;
    test_pair pair;
    (void)state;
    setup_ech(&s);
    s.setup.client.ech_configs = shk_span_of(NULL, 0);
    s.setup.client.ech_grease = true;
    test_pair_connect(&pair, &s.setup);
    assert_ech_outcome(&pair, false);
    assert_int_equal(shk_conn_info_of(pair.client).ech_retry_configs.len, 0);
    test_pair_close_all(&pair, &s.setup);
}

static void grease_ech_is_not_sent_below_tls_13(void **state)
{
    test_setup setup;
    test_pair pair;
    (void)state;
    test_setup_new(&setup, "p256");
    setup.client.ech_grease = true;
    setup.client.max_version = SHK_TLS12;
    test_pair_start(&pair, &setup);
    shk_client_hello hello = waiting_hello(pair.client);
    assert_false(shk_extension_in(&hello.extensions, SHK_EXT_encrypted_client_hello));
    test_pair_close_all(&pair, &setup);
}

/* Accepted */

static void outer_client_hello_has_the_public_name_only(void **state)
{
    ech_setup s;
    test_pair pair;
    (void)state;
    setup_ech(&s);
    test_pair_start(&pair, &s.setup);
    assert_false(
        test_contains(shk_conn_output(pair.client), shk_span_of_text(s.setup.client.server_name)));
    assert_true(test_contains(shk_conn_output(pair.client), shk_span_of_text(test_public_name)));
    test_pair_pump(&pair);
    assert_ech_outcome(&pair, true);
    assert_server_name(pair.server, s.setup.client.server_name);
    test_pair_close_all(&pair, &s.setup);
}

static void server_without_ech_keys_does_not_learn_the_name(void **state)
{
    ech_setup s;
    test_pair pair;
    (void)state;
    setup_ech(&s);
    s.setup.server.ech_key_count = 0;
    test_pair_open_and_run(&pair, &s.setup);
    assert_refused(NULL, pair.client, SHK_E_ECH_REJECTED);
    assert_server_name(pair.server, test_public_name);
    assert_int_equal(shk_conn_info_of(pair.client).ech_retry_configs.len, 0);
    test_pair_close_all(&pair, &s.setup);
}

static size_t payload_length(ech_setup *s, const char *name)
{
    test_pair pair;
    s->setup.client.server_name = name;
    test_pair_start(&pair, &s->setup);
    shk_client_hello hello = waiting_hello(pair.client);
    size_t len = ech_of(&hello).payload.len;
    test_pair_close(&pair);
    return len;
}

static void ech_payload_length_is_independent_of_the_name(void **state)
{
    ech_setup s;
    (void)state;
    setup_ech(&s);
    size_t len = payload_length(&s, "a.test");
    assert_int_equal(len % 32, SHK_HPKE_TAG);
    assert_int_equal(payload_length(&s, "a-very-long-name.of-some-subdomain.shakedown.test"), len);
    assert_int_equal(payload_length(&s, NULL), len);
    test_setup_free(&s.setup);
}

static void mutual_authentication_works_with_ech(void **state)
{
    ech_setup s;
    test_pair pair;
    (void)state;
    setup_ech(&s);
    test_with_client_certificate(&s.setup, "client-p256");
    s.setup.client.grease = s.setup.server.grease = true;
    s.setup.client.hello_padding = 1024;
    test_pair_connect(&pair, &s.setup);
    assert_ech_outcome(&pair, true);
    assert_true(shk_conn_info_of(pair.server).peer_authenticated);
    test_pair_close_all(&pair, &s.setup);
}

static void second_client_hello_is_encrypted_too(void **state)
{
    ech_setup s;
    test_pair pair;
    (void)state;
    setup_ech(&s);
    s.setup.server.request_cookie = true;
    s.setup.client.no_middlebox_compatibility = true;
    test_pair_send_hello(&pair, &s.setup);
    assert_int_equal(test_move_output(pair.server, pair.client), SHK_OK);
    assert_false(
        test_contains(shk_conn_output(pair.client), shk_span_of_text(s.setup.client.server_name)));
    shk_client_hello second = waiting_hello(pair.client);
    assert_int_equal(ech_of(&second).enc.len, 0);
    test_pair_pump(&pair);
    assert_ech_outcome(&pair, true);
    assert_true(shk_conn_info_of(pair.client).retried);
    assert_server_name(pair.server, s.setup.client.server_name);
    test_pair_close_all(&pair, &s.setup);
}

static void session_is_resumed_only_in_the_inner_client_hello(void **state)
{
    ech_setup s;
    test_session kept;
    test_pair pair;
    shk_session session;
    (void)state;
    setup_ech_sessions(&s, &kept);
    assert_false(test_resumes(&s.setup));
    test_offer_session(&s.setup, &kept);
    assert_true(shk_session_read(s.setup.client.session, &session));
    test_pair_start(&pair, &s.setup);
    shk_client_hello outer = waiting_hello(pair.client);
    shk_pre_shared_key psks;
    shk_psk_identity identity;
    assert_true(
        shk_extension_get(&outer.extensions, SHK_EXT_pre_shared_key, SHK_IN_CLIENT_HELLO, &psks));
    assert_true(shk_list_next(&psks.identities, NULL, shk_psk_identity_shape, &identity));
    assert_int_equal(identity.identity.len, session.ticket.len);
    assert_memory_not_equal(identity.identity.data, session.ticket.data, session.ticket.len);
    test_pair_pump(&pair);
    assert_ech_outcome(&pair, true);
    assert_true(shk_conn_info_of(pair.server).resumed);
    test_pair_close(&pair);
    s.setup.server.request_cookie = true;
    assert_true(test_resumes(&s.setup));
    test_setup_free(&s.setup);
}

static void early_data_is_accepted_with_ech(void **state)
{
    ech_setup s;
    test_session kept;
    test_pair pair;
    uint8_t got[8];
    (void)state;
    setup_ech_sessions(&s, &kept);
    shk_replay_guard *guard = shk_replay_guard_new(&shk_libc_allocator, 4);
    s.setup.server.replay_guard = guard;
    s.setup.server.max_early_data = 100;
    s.setup.client.early_data = true;
    assert_false(test_resumes(&s.setup));
    test_offer_session(&s.setup, &kept);
    test_pair_start(&pair, &s.setup);
    assert_int_equal(shk_conn_write_early(pair.client, (const uint8_t *)"early", 5), SHK_OK);
    test_pair_pump(&pair);
    assert_ech_outcome(&pair, true);
    assert_true(shk_conn_info_of(pair.client).early_data);
    assert_int_equal(shk_conn_read(pair.server, got, sizeof got), 5);
    test_pair_close(&pair);
    shk_replay_guard_free(guard);
    test_setup_free(&s.setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grease_ech_looks_like_real_ech),
        cmocka_unit_test(grease_ech_is_repeated_in_second_client_hello),
        cmocka_unit_test(server_with_ech_keys_ignores_grease_ech),
        cmocka_unit_test(grease_ech_is_not_sent_below_tls_13),
        cmocka_unit_test(outer_client_hello_has_the_public_name_only),
        cmocka_unit_test(server_without_ech_keys_does_not_learn_the_name),
        cmocka_unit_test(ech_payload_length_is_independent_of_the_name),
        cmocka_unit_test(mutual_authentication_works_with_ech),
        cmocka_unit_test(second_client_hello_is_encrypted_too),
        cmocka_unit_test(session_is_resumed_only_in_the_inner_client_hello),
        cmocka_unit_test(early_data_is_accepted_with_ech),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
