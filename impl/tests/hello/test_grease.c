/* GREASE (RFC 8701): where it is sent, that it changes nothing, and that a peer that selects it is
 * refused. */
#include "message_changes.h"
#include "scripted_random.h"
#include "session_setup.h"

#include <string.h>

#include "extensions/application_layer_protocol_negotiation.h"
#include "extensions/extension_block.h"
#include "extensions/key_share.h"
#include "extensions/psk_key_exchange_modes.h"
#include "extensions/signature_algorithms.h"
#include "extensions/signature_algorithms_cert.h"
#include "extensions/supported_groups.h"
#include "extensions/supported_versions.h"
#include "handshake/state/handshake.h"
#include "messages/certificate_request.h"
#include "messages/client_hello.h"
#include "messages/new_session_ticket.h"

/* The last messages of one kind that an end has sent. */
typedef struct {
    shk_message message;
    uint8_t bytes[2][4096];
    size_t len[2];
    size_t count;
} seen_messages;

static void observe(void *context, bool sent, shk_message id, const shk_form *form, shk_span raw)
{
    seen_messages *seen = (seen_messages *)context;
    (void)form;
    if (!sent || id != seen->message)
        return;
    assert_true(seen->count < 2 && raw.len <= sizeof seen->bytes[0]);
    memcpy(seen->bytes[seen->count], raw.data, raw.len);
    seen->len[seen->count++] = raw.len;
}

static void decode(const seen_messages *seen, size_t i, shk_any *out)
{
    shk_form form = {.version = SHK_TLS13};
    assert_true(i < seen->count);
    assert_int_equal(shk_decode(shk_message_rows[seen->message].layout->shape, &form,
                                shk_span_of(seen->bytes[i] + 4, seen->len[i] - 4), out, NULL),
                     SHK_OK);
}

/* A client and a server that send GREASE, the client in every list that can have it. */
static void setup_grease(test_setup *setup, seen_messages *seen)
{
    static const char *const protocols[] = {"h2"};
    test_setup_new(setup, "p256");
    memset(seen, 0, sizeof *seen);
    seen->message = SHK_MSG_client_hello;
    setup->client.grease = setup->server.grease = true;
    setup->client.observer = observe;
    setup->client.observer_context = seen;
    setup->client.protocols = setup->server.protocols = protocols;
    setup->client.protocol_count = setup->server.protocol_count = 1;
    setup->client.chain_schemes = setup->client.schemes;
    setup->client.session_sink = test_keep_session;
}

static size_t grease_in(shk_span list)
{
    size_t count = 0;
    for (size_t i = 0; i < list.len / 2; i++)
        count += shk_is_grease(shk_u16_at(list, i));
    return count;
}

/* Extensions of GREASE in a block: their types, and how many bytes they hold. */
static size_t grease_extensions(const shk_extension_block *block, uint16_t *types, size_t *lengths)
{
    shk_raw_extension e;
    size_t count = 0;
    for (shk_span rest = block->raw; shk_list_next(&rest, NULL, shk_raw_extension_shape, &e);)
        if (shk_is_grease(e.extension_type)) {
            assert_true(count < 2);
            types[count] = e.extension_type;
            lengths[count++] = e.extension_data.len;
        }
    return count;
}

/* Names of two bytes that are GREASE. */
static size_t grease_protocols(shk_span list)
{
    shk_protocol_name name;
    size_t count = 0;
    while (shk_list_next(&list, NULL, shk_protocol_name_shape, &name))
        count += name.name.len == 2 && shk_is_grease(shk_u16_at(name.name, 0));
    return count;
}

static size_t grease_modes(shk_span modes)
{
    static const uint8_t values[] = {0x0b, 0x2a, 0x49, 0x68, 0x87, 0xa6, 0xc5, 0xe4};
    size_t count = 0;
    for (size_t i = 0; i < modes.len; i++)
        count += memchr(values, modes.data[i], sizeof values) != NULL;
    return count;
}

/* Shares of GREASE groups; notes the group. */
static size_t grease_shares(shk_span shares, uint16_t *group)
{
    shk_key_share_entry entry;
    size_t count = 0;
    while (shk_list_next(&shares, NULL, shk_key_share_entry_shape, &entry))
        if (shk_is_grease(entry.group)) {
            *group = entry.group;
            count++;
        }
    return count;
}

/* What each list of a ClientHello has of GREASE. */
typedef struct {
    size_t suites, groups, versions, schemes, chain_schemes, protocols, modes, shares, extensions;
} greased;

static greased greased_in(const shk_client_hello *m)
{
    union {
        shk_supported_groups groups;
        shk_supported_versions versions;
        shk_signature_algorithms schemes;
        shk_signature_algorithms_cert chain_schemes;
        shk_application_layer_protocol_negotiation protocols;
        shk_psk_key_exchange_modes modes;
        shk_key_share shares;
    } x;
    uint16_t types[2], group = 0;
    size_t lengths[2];
    const shk_extension_block *e = &m->extensions;
    greased g = {.suites = grease_in(m->cipher_suites)};
    shk_extension_get(e, SHK_EXT_supported_groups, SHK_IN_CLIENT_HELLO, &x);
    g.groups = grease_in(x.groups.named_group_list);
    shk_extension_get(e, SHK_EXT_supported_versions, SHK_IN_CLIENT_HELLO, &x);
    g.versions = grease_in(x.versions.versions);
    shk_extension_get(e, SHK_EXT_signature_algorithms, SHK_IN_CLIENT_HELLO, &x);
    g.schemes = grease_in(x.schemes.supported_signature_algorithms);
    shk_extension_get(e, SHK_EXT_signature_algorithms_cert, SHK_IN_CLIENT_HELLO, &x);
    g.chain_schemes = grease_in(x.chain_schemes.supported_signature_algorithms);
    shk_extension_get(e, SHK_EXT_application_layer_protocol_negotiation, SHK_IN_CLIENT_HELLO, &x);
    g.protocols = grease_protocols(x.protocols.protocol_name_list);
    shk_extension_get(e, SHK_EXT_psk_key_exchange_modes, SHK_IN_CLIENT_HELLO, &x);
    g.modes = grease_modes(x.modes.ke_modes);
    shk_extension_get(e, SHK_EXT_key_share, SHK_IN_CLIENT_HELLO, &x);
    g.shares = grease_shares(x.shares.client_shares, &group);
    g.extensions = grease_extensions(e, types, lengths);
    return g;
}

/* The same of a client that is configured to send GREASE, or not. */
static greased greased_hello(bool grease)
{
    test_setup setup;
    test_pair pair;
    seen_messages seen;
    test_session kept;
    shk_any m;
    setup_grease(&setup, &seen);
    setup.client.session_sink_context = &kept;
    setup.client.grease = setup.server.grease = grease;
    test_pair_connect(&pair, &setup);
    decode(&seen, 0, &m);
    greased found = greased_in((const shk_client_hello *)&m);
    test_pair_close_all(&pair, &setup);
    return found;
}

static void client_hello_has_grease_in_every_list(void **state)
{
    static const greased expected = {1, 1, 1, 1, 1, 1, 1, 1, 2};
    (void)state;
    greased found = greased_hello(true);
    assert_memory_equal(&found, &expected, sizeof expected);
}

static void no_grease_is_sent_by_default(void **state)
{
    static const greased expected = {0};
    (void)state;
    greased found = greased_hello(false);
    assert_memory_equal(&found, &expected, sizeof expected);
}

/* RFC 8701 §5, and §3.1: of varying length. */
static void grease_extensions_differ_and_one_has_a_body(void **state)
{
    (void)state;
    for (int i = 0; i < 64; i++) {
        test_setup setup;
        test_pair pair;
        seen_messages seen;
        shk_any m;
        uint16_t types[2];
        size_t lengths[2];
        setup_grease(&setup, &seen);
        test_pair_start(&pair, &setup);
        decode(&seen, 0, &m);
        grease_extensions(&((const shk_client_hello *)&m)->extensions, types, lengths);
        assert_int_not_equal(types[0], types[1]);
        assert_int_equal(lengths[0], 0);
        assert_int_equal(lengths[1], 1);
        test_pair_close_all(&pair, &setup);
    }
}

/* The first suite, which is GREASE, of a client whose randomness starts at the seed. */
static uint16_t first_suite(test_setup *setup, seen_messages *seen, uint64_t seed)
{
    shk_random random = counting(&seed);
    shk_conn *conn;
    shk_any m;
    seen->count = 0;
    assert_int_equal(shk_conn_new(&setup->client, &random, &conn), SHK_OK);
    assert_int_equal(shk_conn_start(conn), SHK_OK);
    decode(seen, 0, &m);
    shk_conn_free(conn);
    return shk_u16_at(((const shk_client_hello *)&m)->cipher_suites, 0);
}

static void same_seed_gives_the_same_grease(void **state)
{
    test_setup setup;
    seen_messages seen;
    bool differ = false;
    (void)state;
    setup_grease(&setup, &seen);
    uint16_t first = first_suite(&setup, &seen, 1);
    assert_true(shk_is_grease(first));
    assert_int_equal(first_suite(&setup, &seen, 1), first);
    for (uint64_t seed = 2; seed < 10; seed++)
        differ |= first_suite(&setup, &seen, seed) != first;
    assert_true(differ);
    test_setup_free(&setup);
}

/* RFC 8446 §4.1.2. Our server compares the two as well. */
static void second_client_hello_has_the_same_grease(void **state)
{
    static const uint16_t p384[] = {SHK_secp384r1};
    static const greased expected = {1, 1, 1, 1, 1, 1, 1, 0, 2};
    test_setup setup;
    test_pair pair;
    seen_messages seen;
    test_session kept;
    shk_any first, second;
    (void)state;
    setup_grease(&setup, &seen);
    setup.client.session_sink_context = &kept;
    setup.server.groups = (shk_u16s){p384, 1};
    test_pair_connect(&pair, &setup);
    decode(&seen, 0, &first);
    decode(&seen, 1, &second);
    const shk_client_hello *a = (const shk_client_hello *)&first;
    const shk_client_hello *b = (const shk_client_hello *)&second;
    greased found = greased_in(b);
    assert_memory_equal(&found, &expected, sizeof expected);
    assert_true(shk_span_equal(a->cipher_suites, b->cipher_suites));
    assert_memory_equal(a->extensions.raw.data, b->extensions.raw.data, 4 + 5); /* both of them */
    test_pair_close_all(&pair, &setup);
}

static void grease_changes_nothing_in_any_version(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS10; version <= SHK_TLS13; version++) {
        test_setup setup;
        test_pair pair;
        seen_messages seen;
        test_session kept;
        setup_grease(&setup, &seen);
        setup.client.session_sink_context = &kept;
        setup.client.min_version = setup.server.min_version = SHK_TLS10;
        setup.server.max_version = version;
        test_pair_connect(&pair, &setup);
        assert_int_equal(shk_conn_info_of(pair.client).version, version);
        test_pair_close_all(&pair, &setup);
    }
}

static void certificate_request_with_grease_is_answered(void **state)
{
    test_setup setup;
    test_pair pair;
    seen_messages seen;
    shk_any m;
    shk_signature_algorithms schemes;
    uint16_t types[2];
    size_t lengths[2];
    (void)state;
    setup_grease(&setup, &seen);
    setup.client.observer = NULL;
    setup.client.session_sink = NULL;
    seen.message = SHK_MSG_certificate_request;
    setup.server.observer = observe;
    setup.server.observer_context = &seen;
    test_with_client_certificate(&setup, "client-p256");
    test_pair_connect(&pair, &setup);
    assert_true(shk_conn_info_of(pair.server).peer_authenticated);
    decode(&seen, 0, &m);
    const shk_extension_block *block = &((const shk_certificate_request *)&m)->extensions;
    assert_int_equal(grease_extensions(block, types, lengths), 1);
    shk_extension_get(block, SHK_EXT_signature_algorithms, SHK_IN_CERTIFICATE_REQUEST, &schemes);
    assert_int_equal(grease_in(schemes.supported_signature_algorithms), 1);
    test_pair_close_all(&pair, &setup);
}

static void tickets_with_grease_resume(void **state)
{
    test_setup setup;
    seen_messages seen = {.message = SHK_MSG_new_session_ticket};
    test_session kept;
    shk_any m;
    uint16_t types[2];
    size_t lengths[2];
    (void)state;
    test_setup_tickets(&setup, &kept, SHK_TLS13);
    setup.server.grease = true;
    setup.server.observer = observe;
    setup.server.observer_context = &seen;
    assert_false(test_resumes(&setup));
    decode(&seen, 0, &m);
    assert_int_equal(
        grease_extensions(&((const shk_new_session_ticket *)&m)->extensions, types, lengths), 1);
    setup.server.observer = NULL;
    test_offer_session(&setup, &kept);
    assert_true(test_resumes(&setup));
    test_setup_free(&setup);
}

typedef struct {
    const char *name;
    uint16_t version;
    test_change change;
    shk_status expected;
} selection_case;

/* Bytes of a ServerHello whose session id has 32 bytes, or none. */
enum { SUITE_13 = 2 + 32 + 33, SUITE_12 = 2 + 32 + 1 };

/* The client's values are 0x0a0a throughout, but for the second extension's 0x1a1a. */
static void run_selections(const test_setup *setup, const selection_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        test_setup one = *setup;
        test_pair pair;
        one.client.min_version = one.server.min_version = cases[i].version;
        one.server.max_version = cases[i].version;
        test_change_messages(&cases[i].change);
        test_pair_open(&pair, &one);
        memset(pair.client->grease, 0, sizeof pair.client->grease);
        test_pair_run(&pair);
        assert_true(test_change_was_made());
        assert_refused(cases[i].name, pair.client, cases[i].expected);
        test_pair_close(&pair);
    }
}

/* RFC 8701 §3.1: offered or not, none may be selected. */
static void tls_13_server_that_selects_grease_is_refused(void **state)
{
    static const selection_case cases[] = {
        {"suite_13",
         SHK_TLS13,
         {SHK_MSG_server_hello, 0, SUITE_13, 2, "0a0a"},
         SHK_E_UNOFFERED_SUITE},
        {"version_13",
         SHK_TLS13,
         {SHK_MSG_server_hello, 0, -2, 2, "0a0a"},
         SHK_E_UNOFFERED_VERSION},
        {"share",
         SHK_TLS13,
         {SHK_MSG_server_hello, 0, SUITE_13 + 9, 2, "0a0a"},
         SHK_E_KEY_SHARE_UNOFFERED_GROUP},
        {"server_hello_extension",
         SHK_TLS13,
         {SHK_MSG_server_hello, 0, SUITE_13 + 3, 2, "00320a0a0000"},
         SHK_E_UNSOLICITED_EXTENSION},
        {"encrypted_extension",
         SHK_TLS13,
         {SHK_MSG_encrypted_extensions, 0, 0, ALL, "00040a0a0000"},
         SHK_E_UNSOLICITED_EXTENSION},
        {"protocol",
         SHK_TLS13,
         {SHK_MSG_encrypted_extensions, 0, 0, ALL, "0009 00100005 0003 020a0a"},
         SHK_E_UNOFFERED_PROTOCOL},
        {"certificate_extension",
         SHK_TLS13,
         {SHK_MSG_certificate, 0, 0, ALL, "0000000a000001aa00040a0a0000"},
         SHK_E_UNSOLICITED_EXTENSION},
        {"certificate_verify",
         SHK_TLS13,
         {SHK_MSG_certificate_verify, 0, 0, 2, "0a0a"},
         SHK_E_UNOFFERED_SIGNATURE_SCHEME},
    };
    test_setup setup;
    seen_messages seen;
    (void)state;
    setup_grease(&setup, &seen);
    setup.client.observer = NULL;
    setup.client.session_sink = NULL;
    run_selections(&setup, cases, sizeof cases / sizeof cases[0]);
    test_setup_free(&setup);
}

static void tls_12_server_that_selects_grease_is_refused(void **state)
{
    static const selection_case cases[] = {
        {"suite_12",
         SHK_TLS12,
         {SHK_MSG_server_hello, 0, SUITE_12, 2, "0a0a"},
         SHK_E_UNOFFERED_SUITE},
        {"legacy_version",
         SHK_TLS12,
         {SHK_MSG_server_hello, 0, 0, 2, "0a0a"},
         SHK_E_UNSUPPORTED_SERVER_VERSION},
        {"server_hello_extension_12",
         SHK_TLS12,
         {SHK_MSG_server_hello, 0, SUITE_12 + 3, ALL, "00051a1a000100"},
         SHK_E_UNSOLICITED_EXTENSION},
        {"named_curve",
         SHK_TLS12,
         {SHK_MSG_server_key_exchange, 0, 1, 2, "0a0a"},
         SHK_E_UNOFFERED_GROUP},
        {"signature",
         SHK_TLS12,
         {SHK_MSG_server_key_exchange, 1, 4 + 32, 2, "0a0a"},
         SHK_E_UNOFFERED_SIGNATURE_SCHEME},
    };
    test_setup setup;
    seen_messages seen;
    (void)state;
    setup_grease(&setup, &seen);
    setup.client.observer = NULL;
    setup.client.session_sink = NULL;
    run_selections(&setup, cases, sizeof cases / sizeof cases[0]);
    test_setup_free(&setup);
}

static void hello_retry_request_that_selects_grease_is_refused(void **state)
{
    static const uint16_t p384[] = {SHK_secp384r1};
    static const selection_case cases[] = {
        {"suite",
         SHK_TLS13,
         {SHK_MSG_hello_retry_request, 0, SUITE_13, 2, "0a0a"},
         SHK_E_UNOFFERED_SUITE},
        {"version",
         SHK_TLS13,
         {SHK_MSG_hello_retry_request, 0, -2, 2, "0a0a"},
         SHK_E_UNOFFERED_VERSION},
        {"group",
         SHK_TLS13,
         {SHK_MSG_hello_retry_request, 0, SUITE_13 + 9, 2, "0a0a"},
         SHK_E_RETRY_GROUP},
        {"extension",
         SHK_TLS13,
         {SHK_MSG_hello_retry_request, 0, SUITE_13 + 3, 2, "00100a0a0000"},
         SHK_E_UNSOLICITED_EXTENSION},
    };
    test_setup setup;
    seen_messages seen;
    (void)state;
    setup_grease(&setup, &seen);
    setup.client.observer = NULL;
    setup.client.session_sink = NULL;
    setup.server.groups = (shk_u16s){p384, 1};
    run_selections(&setup, cases, sizeof cases / sizeof cases[0]);
    test_setup_free(&setup);
}

/* RFC 8701 §4.1. */
static void client_that_selects_grease_is_refused(void **state)
{
    static const struct {
        test_change change;
        shk_status expected;
    } cases[] = {
        {{SHK_MSG_certificate, 1, 0, ALL, "0000000a000001aa00040a0a0000"},
         SHK_E_UNSOLICITED_EXTENSION},
        {{SHK_MSG_certificate_verify, 1, 0, 2, "0a0a"}, SHK_E_UNOFFERED_SIGNATURE_SCHEME},
    };
    test_setup setup;
    seen_messages seen;
    (void)state;
    setup_grease(&setup, &seen);
    setup.client.observer = NULL;
    setup.client.session_sink = NULL;
    test_with_client_certificate(&setup, "client-p256");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        test_pair pair;
        test_change_messages(&cases[i].change);
        test_pair_open(&pair, &setup);
        memset(pair.server->grease, 0, sizeof pair.server->grease);
        test_pair_run(&pair);
        assert_refused(NULL, pair.server, cases[i].expected);
        test_pair_close(&pair);
    }
    test_setup_free(&setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_hello_has_grease_in_every_list),
        cmocka_unit_test(no_grease_is_sent_by_default),
        cmocka_unit_test(grease_extensions_differ_and_one_has_a_body),
        cmocka_unit_test(same_seed_gives_the_same_grease),
        cmocka_unit_test(second_client_hello_has_the_same_grease),
        cmocka_unit_test(grease_changes_nothing_in_any_version),
        cmocka_unit_test(certificate_request_with_grease_is_answered),
        cmocka_unit_test(tickets_with_grease_resume),
        cmocka_unit_test(tls_13_server_that_selects_grease_is_refused),
        cmocka_unit_test(tls_12_server_that_selects_grease_is_refused),
        cmocka_unit_test(hello_retry_request_that_selects_grease_is_refused),
        cmocka_unit_test(client_that_selects_grease_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
