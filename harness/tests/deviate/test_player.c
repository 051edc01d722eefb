/* Scripts that are played against other libraries, in memory (deviate/player.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "deviate/player.h"
#include "endpoint/endpoint.h"

enum { MOST_EXCHANGES = 64, PATH = 512, SEED = 7 };

static const shk_endpoint_kind *const kinds[] = {&shk_endpoint_ours, &shk_endpoint_openssl,
                                                 &shk_endpoint_gnutls};

static const shk_crypto *keys_given; /* to the middle */

static const char pki[] = SHK_SOURCE_DIR "/corpora/pki";

/* Of our server, as it plays: also TLS_AES_128_CCM_SHA256, which OpenSSL does not offer by itself.
 */
static const uint16_t suites[] = {0x1302, 0x1301, 0x1304, 0xc02c, 0xc02b};

typedef struct {
    shk_script *script;
    shk_player *player;
    shk_endpoint_setup *setups[2];
    shk_endpoint *ends[2];
    const shk_endpoint_kind *kind[2];
    shk_endpoint_result results[2];
    shk_buf wire[2]; /* of client and server */
} play;

static const char *file(char out[PATH], const char *name)
{
    snprintf(out, PATH, "%s/%s", pki, name);
    return out;
}

/* Sets both ends up; ours, where it plays, with its hooks. */
static void set_up(play *p, uint16_t version)
{
    char cert[PATH], key[PATH], roots[PATH], why[SHK_WHY_SIZE];
    for (int side = 0; side < 2; side++) {
        shk_endpoint_config config = {.server = side == 1,
                                      .min_version = version,
                                      .max_version = version,
                                      .ca_file = side == 0 ? file(roots, "roots.pem") : NULL,
                                      .server_name = side == 0 ? "server.shakedown.test" : NULL};
        if (side == 1) {
            config.certificate_file = file(cert, "ed25519.pem");
            config.key_file = file(key, "ed25519.key");
        }
        bool ours = p->script->player != SHK_PLAYER_MIDDLE &&
                    shk_script_is_server(p->script) == (side == 1);
        if (p->kind[side] == &shk_endpoint_ours && side == 1)
            config.suites = (shk_u16s){suites, sizeof suites / sizeof suites[0]};
        if (ours) {
            config.hooks = shk_player_hooks(p->player);
            config.observer = shk_player_observe;
            config.observer_context = p->player;
        }
        if (!p->kind[side]->setup(&config, &p->setups[side], why))
            fail_msg("%s", why);
        p->ends[side] = p->kind[side]->open(p->setups[side], SEED + (uint64_t)side);
        assert_non_null(p->ends[side]);
    }
}

static void pump(play *p)
{
    shk_buf flight = shk_buf_growing(&shk_libc_allocator);
    shk_buf passed = shk_buf_growing(&shk_libc_allocator);
    p->kind[0]->feed(p->ends[0], shk_span_of(NULL, 0));
    for (int i = 0, silent = 0; silent < 2 && i < MOST_EXCHANGES; i++) {
        int from = i % 2;
        flight.len = passed.len = 0;
        p->kind[from]->take(p->ends[from], &flight);
        assert_true(shk_player_pass(p->player, from == 1, shk_buf_span(&flight), &passed));
        shk_span out = shk_buf_span(&passed);
        silent = out.len > 0 ? 0 : silent + 1;
        if (out.len == 0)
            continue;
        assert_int_equal(shk_buf_append(&p->wire[from], out), SHK_OK);
        p->kind[1 - from]->feed(p->ends[1 - from], out);
    }
    for (int side = 0; side < 2; side++)
        p->kind[side]->result(p->ends[side], &p->results[side]);
    shk_buf_free(&flight);
    shk_buf_free(&passed);
}

static void tear_down(play *p)
{
    for (int side = 0; side < 2; side++) {
        p->kind[side]->close(p->ends[side]);
        p->kind[side]->teardown(p->setups[side]);
        shk_buf_free(&p->wire[side]);
    }
    shk_player_free(p->player);
    shk_script_free(p->script);
}

static shk_span key_log_of(const void *context, bool of_server)
{
    const play *p = (const play *)context;
    return p->kind[of_server]->key_log(p->ends[of_server]);
}

/* Plays the script with a peer of the kind, as far as it can be; tear_down ends it. */
static play try_against(const char *text, const shk_endpoint_kind *peer, uint16_t version)
{
    char why[SHK_WHY_SIZE] = "";
    play p = {.wire = {shk_buf_growing(&shk_libc_allocator), shk_buf_growing(&shk_libc_allocator)}};
    if (!shk_script_parse(shk_span_of_text(text), "test", &p.script, why))
        fail_msg("%s", why);
    p.player = shk_player_new(p.script, pki);
    if (p.script->player == SHK_PLAYER_MIDDLE && keys_given != NULL)
        shk_player_give_keys(p.player, keys_given, key_log_of, &p);
    bool server = shk_script_is_server(p.script);
    p.kind[0] = server ? peer : &shk_endpoint_ours;
    p.kind[1] = server ? &shk_endpoint_ours : peer;
    set_up(&p, version);
    pump(&p);
    return p;
}

/* Likewise, and sees that all of it was played. */
static play play_against(const char *text, const shk_endpoint_kind *peer, uint16_t version)
{
    char why[SHK_WHY_SIZE] = "";
    play p = try_against(text, peer, version);
    if (!shk_player_played(p.player, why))
        fail_msg("%s: %s", peer->name, why);
    return p;
}

/* What the peer says at the end of the script, with each library. */
static void expect_alert(const char *text, uint16_t version, const int *alerts)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        play p = play_against(text, kinds[i], version);
        const shk_endpoint_result *peer = &p.results[shk_script_is_server(p.script) ? 0 : 1];
        if (peer->alert_sent != alerts[i])
            fail_msg("%s sent alert %d, not %d: %s\n%s", kinds[i]->name, peer->alert_sent,
                     alerts[i], peer->why, text);
        tear_down(&p);
    }
}

static void expect_connected(const char *text, uint16_t version)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        play p = play_against(text, kinds[i], version);
        for (int side = 0; side < 2; side++)
            if (p.results[side].state != SHK_CONNECTED)
                fail_msg("%s: the %s ends with: %s\n%s", kinds[i]->name,
                         side == 0 ? "client" : "server", p.results[side].why, text);
        tear_down(&p);
    }
}

/* An end that has hooks and no operation sends what an honest one does. */
static void a_script_without_operations_changes_nothing(void **state)
{
    (void)state;
    static const char *const players[] = {"player client\n", "player server\n", "player middle\n"};
    static const uint16_t versions[] = {SHK_TLS12, SHK_TLS13};
    for (size_t v = 0; v < 2; v++) {
        play honest = play_against(players[2], &shk_endpoint_ours, versions[v]);
        for (size_t i = 0; i < 2; i++) {
            play p = play_against(players[i], &shk_endpoint_ours, versions[v]);
            for (int side = 0; side < 2; side++)
                assert_true(
                    shk_span_equal(shk_buf_span(&p.wire[side]), shk_buf_span(&honest.wire[side])));
            tear_down(&p);
        }
        assert_int_equal(honest.results[0].state, SHK_CONNECTED);
        tear_down(&honest);
    }
}

static void what_a_server_leaves_out_or_sends_early_is_refused(void **state)
{
    (void)state;
    enum { UNEXPECTED = 10, HANDSHAKE_FAILURE = 40, ILLEGAL = 47 };
    expect_alert("player server\ndrop certificate_verify\n", SHK_TLS13,
                 (const int[]){UNEXPECTED, UNEXPECTED, UNEXPECTED});
    expect_alert("player server\nset server_hello.cipher_suite = TLS_AES_128_CCM_8_SHA256\n",
                 SHK_TLS13, (const int[]){ILLEGAL, ILLEGAL, HANDSHAKE_FAILURE});
}

/* EncryptedExtensions in the clear, in ServerHello's record (RFC 8446 §5.1). GnuTLS 3.7 takes it,
 * which docs/FINDINGS.md tells. */
static void a_message_across_a_key_change_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        play p = play_against("player server\njoin server_hello\n", kinds[i], SHK_TLS13);
        assert_int_equal(p.results[0].alert_sent, SHK_ALERT_unexpected_message);
        tear_down(&p);
    }
}

static void a_signature_by_another_key_is_refused(void **state)
{
    (void)state;
    enum { DECRYPT = 51 };
    expect_alert("player server\nsign with key client-ed25519\n", SHK_TLS13,
                 (const int[]){DECRYPT, DECRYPT, DECRYPT});
    expect_alert("player server\nsign with key other\n", SHK_TLS13,
                 (const int[]){DECRYPT, DECRYPT, DECRYPT});
    expect_alert("player server\nsign with key other\nsign with key other\nsign with key other\n",
                 SHK_TLS13, (const int[]){DECRYPT, DECRYPT, DECRYPT});
    expect_alert("player server\nsign in context \"TLS 1.3, client CertificateVerify\"\n",
                 SHK_TLS13, (const int[]){DECRYPT, DECRYPT, DECRYPT});
}

/* Transcript and binders follow what goes out, so that what has no effect can complete. */
static void what_a_peer_ignores_completes(void **state)
{
    (void)state;
    expect_connected("player client\ninsert client_hello.extensions.0xfafa = hex:0102\n",
                     SHK_TLS13);
    expect_connected("player client\ninsert client_hello.extensions.0xfafa = hex:0102 at 0\n"
                     "insert client_hello.cipher_suites[0] = u16:0x2a2a\n",
                     SHK_TLS12);
    expect_connected("player client\nset client_hello.random = fill:ab*32\n", SHK_TLS12);
    expect_connected("player client\nswap client_hello.extensions[0] with "
                     "client_hello.extensions[1]\n",
                     SHK_TLS13);
    expect_connected("player server\nfragment certificate at 3 and 5\n", SHK_TLS13);
    expect_connected("player server\nfragment finished every 1\n", SHK_TLS13);
    expect_connected("player client\nrecord_version client_hello = 0x0301\n", SHK_TLS13);
    expect_connected("player client\nbefore finished send change_cipher_spec\n", SHK_TLS13);
    expect_connected("player client\nafter finished send key_update u8:0 times 3\n"
                     "update keys after key_update#*\n",
                     SHK_TLS13);
    expect_connected("player middle\nfragment client_hello at 10\n", SHK_TLS13);
    expect_connected("player middle\nfragment server_hello every 7\n", SHK_TLS12);
}

static void a_middle_that_alters_is_noticed(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "player middle\nremove client_hello.cipher_suites[0]\n",
        "player middle\nflip client_hello.random bit 9\n",
        "player middle\nflip server_hello.random bit 9\n",
        "player middle\ndrop client/record#3\n",
        "player middle\ndamage server/record#3 bit 20\n",
        "player middle\ndrop server_hello\n",
    };
    for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++)
        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
            for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
                play p = play_against(texts[t], kinds[i], version);
                if (p.results[0].state == SHK_CONNECTED && p.results[1].state == SHK_CONNECTED)
                    fail_msg("%s, %x: %s", kinds[i]->name, version, texts[t]);
                assert_true(p.results[0].state != SHK_CONNECTED ||
                            p.results[1].state != SHK_CONNECTED);
                tear_down(&p);
            }
}

/* With the keys of the ends, what is protected is altered and sealed again: only what the
 * handshake itself protects notices it. */
static void a_middle_with_keys_alters_what_is_protected(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint16_t version;
        bool from_client; /* who refuses */
        int alert;
    } cases[] = {
        {"player middle\nflip server/finished.verify_data\n", SHK_TLS13, true,
         SHK_ALERT_decrypt_error},
        {"player middle\ndrop server/certificate_verify\n", SHK_TLS13, true,
         SHK_ALERT_unexpected_message},
        {"player middle\nflip client/finished.verify_data bit 3\n", SHK_TLS13, false,
         SHK_ALERT_decrypt_error},
        {"player middle\nflip client/finished.verify_data\n", SHK_TLS12, false,
         SHK_ALERT_decrypt_error},
        {"player middle\nbefore server/finished send key_update u8:2\n", SHK_TLS13, true,
         SHK_ALERT_unexpected_message},
    };
    shk_crypto *crypto = shk_libcrypto_new();
    keys_given = crypto;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (size_t k = 0; k < 2; k++) {
            play p = play_against(cases[i].text, kinds[k], cases[i].version);
            const shk_endpoint_result *by = &p.results[cases[i].from_client ? 0 : 1];
            if (by->alert_sent != cases[i].alert)
                fail_msg("%s: alert %d: %s\n%s", kinds[k]->name, by->alert_sent, by->why,
                         cases[i].text);
            tear_down(&p);
        }
    expect_connected("player middle\nfragment server/certificate every 100\n", SHK_TLS13);
    expect_connected("player middle\nfragment client/finished at 1\n", SHK_TLS12);
    keys_given = NULL;
    shk_libcrypto_free(crypto);
}

/* Our end reads something else than what came, and answers that with keys of its own. */
static void an_end_can_claim_that_something_was_offered(void **state)
{
    (void)state;
    play p =
        play_against("player server\nset client_hello.cipher_suites = TLS_AES_128_CCM_SHA256\n",
                     &shk_endpoint_openssl, SHK_TLS13);
    assert_int_equal(p.results[0].alert_sent, SHK_ALERT_illegal_parameter);
    assert_int_equal(p.results[1].suite, 0x1304);
    tear_down(&p);
}

static void an_end_can_wait_or_close(void **state)
{
    (void)state;
    play p = play_against("player client\nwait 100000 before finished\n", &shk_endpoint_openssl,
                          SHK_TLS13);
    assert_int_equal(p.results[1].state, SHK_HANDSHAKING);
    tear_down(&p);
    p = play_against("player client\nwait 100 before finished\n", &shk_endpoint_openssl, SHK_TLS13);
    assert_int_equal(p.results[1].state, SHK_CONNECTED);
    tear_down(&p);
    p = play_against("player client\ncut client_hello to 20\n", &shk_endpoint_openssl, SHK_TLS13);
    assert_int_equal(p.wire[0].len, 20);
    assert_true(shk_player_closes(p.player, false));
    tear_down(&p);
}

static void expect_not_played(const char *text, const char *reason)
{
    char why[SHK_WHY_SIZE] = "";
    play p = try_against(text, &shk_endpoint_ours, SHK_TLS13);
    if (shk_player_played(p.player, why))
        fail_msg("played: %s", text);
    assert_string_equal(why, reason);
    tear_down(&p);
}

static void an_operation_that_meets_nothing_is_told(void **state)
{
    (void)state;
    expect_not_played("player client\ndrop certificate_verify\n",
                      "met nothing to be applied to: drop certificate_verify");
    expect_not_played("player server\nupdate keys after server_hello\n",
                      "met nothing to be applied to: update keys after server_hello");
    expect_not_played("player server\nprotect certificate with 9\n",
                      "met nothing to be applied to: protect certificate with 9");
    expect_not_played(
        "player server\ninsert certificate.certificate_list[7].extensions.status_request = hex:\n",
        "met nothing to be applied to: insert "
        "certificate.certificate_list[7].extensions.status_request = hex:");
}

/* Where a message cannot be read any more its fields are those that there were. */
static void a_field_that_was_replaced_is_not_found_any_more(void **state)
{
    (void)state;
    expect_not_played("player client\nlength client_hello.extensions = 1\n"
                      "set client_hello.extensions.key_share = hex:\n"
                      "flip client_hello.extensions.key_share.client_shares[0].key_exchange\n",
                      "met nothing to be applied to: flip "
                      "client_hello.extensions.key_share.client_shares[0].key_exchange");
}

static void an_empty_field_goes_with_its_length(void **state)
{
    (void)state;
    char why[SHK_WHY_SIZE] = "";
    play p = try_against("player client\nset client_key_exchange.ecdh_Yc = hex:\n"
                         "truncate client_key_exchange to 0\n"
                         "extend client_key_exchange.ecdh_Yc with hex:00\n",
                         &shk_endpoint_ours, SHK_TLS12);
    assert_false(shk_player_played(p.player, why));
    assert_string_equal(why, "met nothing to be applied to: "
                             "extend client_key_exchange.ecdh_Yc with hex:00");
    tear_down(&p);
}

static void what_is_kept_back_for_good_is_told(void **state)
{
    (void)state;
    expect_not_played("player server\nhold certificate until server_hello\n",
                      "nothing came that it would be sent behind: "
                      "hold certificate until server_hello");
    expect_not_played("player client\njoin finished\n",
                      "nothing came that it would be joined with: join finished");
}

static void more_than_a_run_can_take_is_told(void **state)
{
    (void)state;
    expect_not_played("player client\nbefore finished send bytes zeros:60000 times 1000\n",
                      "would send too much: before finished send bytes zeros:60000 times 1000");
    expect_not_played("player client\nrepeat finished times 200000\n",
                      "would send too much: repeat finished times 200000");
}

/* Until something that is no message of the handshake. */
static void what_is_held_goes_out_behind_a_record(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "player middle\nhold server/record#3 until server/record#4\n",
        "player server\nhold server_hello until change_cipher_spec\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        play p = play_against(texts[i], &shk_endpoint_openssl, SHK_TLS13);
        tear_down(&p);
    }
}

static void secrets_can_be_replaced(void **state)
{
    (void)state;
    for (uint16_t version = SHK_TLS12; version <= SHK_TLS13; version++) {
        play p = play_against("player client\nsecret shared = zeros:32\n", &shk_endpoint_openssl,
                              version);
        assert_int_not_equal(p.results[1].state, SHK_CONNECTED);
        tear_down(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_script_without_operations_changes_nothing),
        cmocka_unit_test(what_a_server_leaves_out_or_sends_early_is_refused),
        cmocka_unit_test(a_message_across_a_key_change_is_refused),
        cmocka_unit_test(a_signature_by_another_key_is_refused),
        cmocka_unit_test(what_a_peer_ignores_completes),
        cmocka_unit_test(a_middle_that_alters_is_noticed),
        cmocka_unit_test(a_middle_with_keys_alters_what_is_protected),
        cmocka_unit_test(an_end_can_claim_that_something_was_offered),
        cmocka_unit_test(an_end_can_wait_or_close),
        cmocka_unit_test(an_operation_that_meets_nothing_is_told),
        cmocka_unit_test(a_field_that_was_replaced_is_not_found_any_more),
        cmocka_unit_test(an_empty_field_goes_with_its_length),
        cmocka_unit_test(what_is_kept_back_for_good_is_told),
        cmocka_unit_test(more_than_a_run_can_take_is_told),
        cmocka_unit_test(what_is_held_goes_out_behind_a_record),
        cmocka_unit_test(secrets_can_be_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
