/* Scripts: text and bytes, and back (deviate/script.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "deviate/operation.h"
#include "sim/random.h"

enum { RANDOM_SCRIPTS = 20000, MOST_BYTES = 300 };

static shk_script *parse(const char *text)
{
    shk_script *script = NULL;
    char why[SHK_WHY_SIZE] = "";
    if (!shk_script_parse(shk_span_of_text(text), "test", &script, why))
        print_error("%s\nof:\n%s", why, text);
    assert_non_null(script);
    return script;
}

static char *print(const shk_script *script, shk_buf *out)
{
    *out = shk_buf_growing(&shk_libc_allocator);
    assert_true(shk_script_print(script, out));
    assert_int_equal(shk_buf_append(out, shk_span_of("", 1)), SHK_OK);
    return (char *)out->data;
}

/* What every form can be, as it is printed. */
static const char every_form[] =
    "title \"Every form\"\n"
    "player server\n"
    "setup both tls=1.3\n"
    "setup client client_auth=require\n"
    "setup run renegotiate=client\n"
    "second server alpn=h2\n"
    "requires 8446/4.4.3/1\n"
    "clause \"RFC 8446 §4.4\"\n"
    "bug CVE-2022-25640\n"
    "expect refused unexpected_message | closed\n"
    "never resumed\n"
    "set server_hello.cipher_suite = TLS_AES_128_CCM_SHA256\n"
    "set client/client_hello.extensions.key_share.client_shares[1].group = x25519\n"
    "set encrypted_extensions = vec16(u16:0x002b vec16(hex:0304 \"a\\x22b\\\\\") zeros:3 "
    "fill:ff*2)\n"
    "set certificate.certificate_list[0].cert_data = copy:certificate#2.certificate_list[0]\n"
    "increase server_hello.legacy_version by 1\n"
    "flip finished.verify_data bit 7\n"
    "flip finished.verify_data\n"
    "truncate finished.verify_data to 3\n"
    "extend finished.verify_data with hex:00\n"
    "length server_hello.extensions = 3, keep lengths\n"
    "insert client/client_hello.cipher_suites[1] = TLS_AES_128_GCM_SHA256 at 1\n"
    "insert server_hello.extensions.0xfafa = hex:\n"
    "remove server_hello.extensions.key_share\n"
    "duplicate server_hello.extensions[0]\n"
    "swap server_hello.extensions[0] with server_hello.extensions[1]\n"
    "drop certificate_verify\n"
    "repeat key_update#* times 32, keep transcript\n"
    "repeat key_update\n"
    "hold encrypted_extensions until finished\n"
    "before finished send finished zeros:32\n"
    "after server_hello send handshake 99 hex:00\n"
    "instead of finished send record 23 zeros:100\n"
    "after finished send change_cipher_spec\n"
    "after finished send alert fatal close_notify\n"
    "after finished send alert warning 200\n"
    "after finished send application_data \"hello\"\n"
    "after finished send copy client/finished\n"
    "after finished send key_update u8:0 times 100\n"
    "before server_hello send bytes \"GET / HTTP/1.0\"\n"
    "insert encrypted_extensions.extensions.key_share = hex:\n"

    "fragment certificate at 3 and 5\n"
    "fragment certificate every 1\n"
    "join server_hello\n"
    "protect encrypted_extensions with plaintext\n"
    "protect finished with previous\n"
    "protect finished with 1\n"
    "record_type finished = 21\n"
    "record_version server_hello = 771\n"
    "damage finished bit 3\n"
    "cut certificate to 10\n"
    "close before finished\n"
    "close after certificate\n"
    "secret shared = zeros:32\n"
    "sign with key other\n"
    "sign with scheme rsa_pkcs1_sha1\n"
    "sign over hex:00\n"
    "sign in context \"TLS 1.3, client CertificateVerify\"\n"
    "offer session\n"
    "go on after BAD_FINISHED\n"
    "go on\n"
    "wait 1 before certificate\n"
    "update keys after key_update#*\n"
    "drop alert\n"
    "drop record#3\n";

static void a_script_is_printed_as_it_was_read(void **state)
{
    (void)state;
    shk_buf text;
    shk_script *script = parse(every_form);
    assert_string_equal(print(script, &text), every_form);
    shk_buf_free(&text);
    shk_script_free(script);
}

static void every_operation_has_an_example_here(void **state)
{
    (void)state;
    shk_script *script = parse(every_form);
    bool seen[SHK_OPERATIONS] = {false};
    for (size_t i = 0; i < script->operation_count; i++)
        seen[script->operations[i].kind] = true;
    for (unsigned i = 0; i < SHK_OPERATIONS; i++)
        if (!seen[i])
            fail_msg("no line has the form: %s", shk_operation_form(i));
    shk_script_free(script);
}

static void the_binary_form_keeps_all(void **state)
{
    (void)state;
    shk_buf bytes = shk_buf_growing(&shk_libc_allocator), text;
    shk_script *script = parse(every_form);
    assert_true(shk_script_encode(script, &bytes));
    shk_script *again = shk_script_decode(shk_buf_span(&bytes));
    assert_non_null(again);
    assert_string_equal(print(again, &text), every_form);
    shk_buf_free(&text);
    shk_buf_free(&bytes);
    shk_script_free(again);
    shk_script_free(script);
}

/* What any bytes are can be printed, and what is printed is the same script. */
static void any_bytes_are_a_script(void **state)
{
    (void)state;
    shk_sim_random stream;
    shk_random random = shk_sim_random_from(&stream, 20261128);
    size_t operations = 0;
    for (int i = 0; i < RANDOM_SCRIPTS; i++) {
        uint8_t bytes[MOST_BYTES], len[2];
        shk_buf first, second, coded = shk_buf_growing(&shk_libc_allocator);
        random.fill(random.context, len, 2);
        random.fill(random.context, bytes, sizeof bytes);
        bytes[1] = 0;
        bytes[2] = (uint8_t)(i % 4 == 0 ? bytes[2] % 16 : 0);
        shk_script *script =
            shk_script_decode(shk_span_of(bytes, (size_t)(len[0] | len[1] << 8) % sizeof bytes));
        assert_non_null(script);
        operations += script->operation_count;
        shk_script *again = parse(print(script, &first));
        assert_string_equal(print(again, &second), (char *)first.data);
        assert_true(shk_script_encode(script, &coded));
        shk_script *decoded = shk_script_decode(shk_buf_span(&coded));
        shk_buf_free(&second);
        assert_string_equal(print(decoded, &second), (char *)first.data);
        shk_buf_free(&first);
        shk_buf_free(&second);
        shk_buf_free(&coded);
        shk_script_free(decoded);
        shk_script_free(again);
        shk_script_free(script);
    }
    assert_true(operations > RANDOM_SCRIPTS);
}

static void an_error_names_line_and_near_match(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *why;
    } cases[] = {
        {"player sever\n", "test:1: 'sever' is neither client, server nor middle"},
        {"\n# nothing\n", "test: there is no line `player`"},
        {"drop finished\n", "test:1: 'drop finished' stands before `player client`, `player "
                            "server` or `player middle`"},
        {"player client\ndorp finished\n", "test:2: 'dorp' is no operation; there is drop"},
        {"player client\ndrop finnished\n", "test:2: 'finnished' is no message; there is finished"},
        {"player client\ndrop\n", "test:2: '' is no message"},
        {"player client\nset client_hello.cipher_suits = hex:00\n",
         "test:2: 'cipher_suits' is no field there; there is cipher_suites"},
        {"player client\nset client_hello.random[1] = hex:00\n",
         "test:2: '[1] = hex:00': it is no list"},
        {"player client\nset client_hello.cipher_suites[0] = TLS_AES_129_GCM_SHA256\n",
         "test:2: 'TLS_AES_129_GCM_SHA256' is no value; there is TLS_AES_128_GCM_SHA256"},
        {"player client\nset client_hello.random = 1\n",
         "test:2: '1' has no width here: say u8:, u16:, u24: or u32: before it"},
        {"player client\nset client_hello.legacy_version = 70000\n",
         "test:2: '70000' is too large, or no number"},
        {"player client\nset client_hello.random = hex:0\n",
         "test:2: '0' is not hexadecimal, in pairs of small digits"},
        {"player client\nset client_hello.random = vec8(zeros:1\n", "test:2: 'vec(' is not closed"},
        {"player client\ndrop finished now\n", "test:2: 'now' is left over at the end"},
        {"player client\nhold finished before certificate\n",
         "test:2: 'before certificate' stands where 'until' should"},
        {"player client\ndrop finished.verify_data\n",
         "test:2: 'finished.verify_data' is a field; a whole message is wanted"},
        {"player middle\ndrop finished\n",
         "test:2: both ends send finished: say client/finished or server/finished"},
        {"player client\nexpect refusd\n", "test:2: 'refusd' is no answer; there is refused"},
        {"player client\nexpect refused decode_eror\n",
         "test:2: 'decode_eror' is no alert; there is decode_error"},
        {"player client\nsetup both tsl=1.3\n",
         "test:2: 'tsl' is no option of an end; there is tls"},
        {"player client\nsetup all tls=1.3\n",
         "test:2: 'all tls=1.3' is neither client, server, both, own, peer nor run"},
        {"player client\nrequires 8446/99/1\n",
         "test:2: '8446/99/1' is no row of the requirement table (shakedown requirements)"},
        {"player client\nnever resumd\n", "test:2: 'resumd' is no fact; there is resumed"},
        {"player client\ngo on after BAD_FINISH\n",
         "test:2: 'BAD_FINISH' is not known; there is BAD_FINISHED"},
        {"player client\nafter finished send alert fatal decode_eror\n",
         "test:2: 'decode_eror' is no alert; there is decode_error"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char why[SHK_WHY_SIZE] = "";
        shk_script *script = NULL;
        assert_false(shk_script_parse(shk_span_of_text(cases[i].text), "test", &script, why));
        assert_null(script);
        assert_string_equal(why, cases[i].why);
    }
}

/* What has two names is printed by one; who sends a message need not be said where it is clear. */
static void short_forms_are_understood(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"player client\nsetup peer client-auth=require\n",
         "player client\nsetup server client_auth=require\n"},
        {"player client\nsecond\n", "player client\nsecond\n"},
        {"player server\ndrop finished\n", "player server\ndrop finished\n"},
        {"player server\nset client_hello.legacy_version = TLS1.2\n",
         "player server\nset client/client_hello.legacy_version = TLS1.2\n"},
        {"player middle\ndrop server_hello # a comment\n",
         "player middle\ndrop server/server_hello\n"},
        {"player client\n  drop   finished  \n", "player client\ndrop finished\n"},
        {"player client\nset client_hello.legacy_version = 0x0304\n",
         "player client\nset client_hello.legacy_version = TLS1.3\n"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        shk_buf text;
        if (pairs[i][1] == NULL)
            continue;
        shk_script *script = parse(pairs[i][0]);
        assert_string_equal(print(script, &text), pairs[i][1]);
        shk_buf_free(&text);
        shk_script_free(script);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_script_is_printed_as_it_was_read),
        cmocka_unit_test(every_operation_has_an_example_here),
        cmocka_unit_test(the_binary_form_keeps_all),
        cmocka_unit_test(any_bytes_are_a_script),
        cmocka_unit_test(an_error_names_line_and_near_match),
        cmocka_unit_test(short_forms_are_understood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
