/* The driver's verdict on faulty ends: each is OpenSSL's with one function replaced. */
#include "drive/falsifier.h"
#include "endpoint/facts.h"
#include "pairings.h"

static void forget_flight(shk_endpoint *end, shk_buf *out)
{
    const size_t len = out->len;
    shk_endpoint_openssl.take(end, out);
    out->len = len;
}

static void chatter(shk_endpoint *end, shk_buf *out)
{
    (void)end;
    static const uint8_t empty_record[] = {23, 3, 3, 0, 0};
    assert_int_equal(shk_buf_append(out, shk_span_of(empty_record, sizeof empty_record)), SHK_OK);
}

static void take_no_notice(shk_endpoint *end, shk_span bytes)
{
    (void)end;
    (void)bytes;
}

static size_t read_nothing(shk_endpoint *end, uint8_t *data, size_t cap)
{
    (void)end;
    (void)data;
    (void)cap;
    return 0;
}

static size_t read_with_an_error(shk_endpoint *end, uint8_t *data, size_t cap)
{
    const size_t len = shk_endpoint_openssl.read(end, data, cap);
    if (len > 0)
        data[len - 1] ^= 1;
    return len;
}

static void stay_open(shk_endpoint *end)
{
    (void)end;
}

static bool export_zeros(shk_endpoint *end, const char *label, shk_span context, uint8_t *out,
                         size_t len)
{
    (void)end;
    (void)label;
    (void)context;
    memset(out, 0, len);
    return true;
}

static bool export_nothing(shk_endpoint *end, const char *label, shk_span context, uint8_t *out,
                           size_t len)
{
    (void)end;
    (void)label;
    (void)context;
    (void)out;
    (void)len;
    return false;
}

static size_t bind_to_nothing(shk_endpoint *end, const char *name, uint8_t *out)
{
    (void)end;
    (void)name;
    out[0] = 0;
    return 1;
}

static bool pretend(shk_endpoint *end)
{
    (void)end;
    return true;
}

static shk_endpoint_result honest_result(shk_endpoint *end)
{
    shk_endpoint_result result;
    shk_endpoint_openssl.result(end, &result);
    return result;
}

/* A result of OpenSSL's with one field changed once it is connected. */
#define LIE(name, change)                                                                          \
    static void name(shk_endpoint *end, shk_endpoint_result *out)                                  \
    {                                                                                              \
        *out = honest_result(end);                                                                 \
        if (out->state == SHK_CONNECTED || out->state == SHK_ENDED)                                \
            change;                                                                                \
    }

LIE(lie_about_version, out->version = SHK_TLS12)
LIE(lie_about_suite, out->suite ^= 1)
LIE(forget_suite, out->suite = 0)
LIE(lie_about_group, out->group ^= 1)
LIE(lie_about_scheme, out->scheme ^= 1)
LIE(keep_group_to_itself, (out->group = 0, out->untold[SHK_FACT_group] = "a reason"))
LIE(lie_about_alpn, strcpy(out->alpn, "h2"))
LIE(lie_about_resumption, out->resumed = true)
LIE(lie_about_early_data, out->early_data = true)
LIE(lie_about_retry, out->retried = true)
LIE(lie_about_raw_key, out->raw_public_key = true)
LIE(lie_about_compression, out->certificate_compressed = true)

/* An alert that was sent, but not as the other end received it. */
static void lie_about_alert(shk_endpoint *end, shk_endpoint_result *out)
{
    *out = honest_result(end);
    if (out->alert_sent >= 0)
        out->alert_sent = SHK_ALERT_internal_error;
}

static shk_verdict verdict_with_server(const shk_endpoint_kind *server_kind)
{
    const pairing pair = {&shk_endpoint_openssl, server_kind};
    const shk_endpoint_config client = client_config(0);
    const shk_endpoint_config server = p256_server(0);
    return drive(&pair, &client, &server, NULL);
}

static void expect(const shk_verdict *verdict, shk_verdict_kind kind, const char *why)
{
    if (verdict->kind != kind || strstr(verdict->why, why) == NULL)
        fail_msg("expected %s with '%s', got %s: %s", shk_verdict_name(kind), why,
                 shk_verdict_name(verdict->kind), verdict->why);
}

static void ends_that_believe_different_things_disagree(void **state)
{
    (void)state;
    static const struct {
        void (*result)(shk_endpoint *, shk_endpoint_result *);
        const char *why;
    } rows[] = {
        {lie_about_version, "differ in version: TLS 1.3 and TLS 1.2"},
        {lie_about_suite, "differ in suite"},
        {forget_suite, "differ in suite"},
        {lie_about_group, "differ in group"},
        {lie_about_scheme, "differ in signature scheme"},
        {lie_about_alpn, "differ in ALPN: '' and 'h2'"},
        {lie_about_resumption, "differ in resumption"},
        {lie_about_early_data, "differ in early data"},
        {lie_about_retry, "differ in HelloRetryRequest"},
        {lie_about_raw_key, "differ in raw public key"},
        {lie_about_compression, "differ in compressed certificate"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        shk_endpoint_kind kind = shk_endpoint_openssl;
        kind.result = rows[i].result;
        const shk_verdict verdict = verdict_with_server(&kind);
        expect(&verdict, SHK_VERDICT_DISAGREED, rows[i].why);
    }
}

static void only_what_a_kind_declares_untold_is_not_compared(void **state)
{
    (void)state;
    shk_endpoint_kind kind = shk_endpoint_openssl;
    kind.result = keep_group_to_itself;
    const shk_verdict verdict = verdict_with_server(&kind);
    expect(&verdict, SHK_VERDICT_GOOD, "");
    assert_false(verdict.compared[SHK_FACT_group]);
    assert_true(verdict.compared[SHK_FACT_scheme]);
}

/* A connection in which one end reports a fact falsely. */
static shk_verdict falsified(const pairing *pair, shk_endpoint_setup *setups[2], int side,
                             shk_fact fact, shk_falsehood how)
{
    const shk_endpoint_kind *kinds[2] = {pair->client, pair->server};
    shk_endpoint *ends[2];
    shk_endpoint *falsifier;
    shk_verdict verdict;
    for (int i = 0; i < 2; i++)
        ends[i] = kinds[i]->open(setups[i], 1 + (uint64_t)i);
    falsifier = shk_falsifier_wrap(kinds[side], ends[side], fact, how);
    assert_non_null(falsifier);
    if (side == 0)
        shk_drive(&shk_endpoint_falsifier, falsifier, kinds[1], ends[1], NULL, &verdict);
    else
        shk_drive(kinds[0], ends[0], &shk_endpoint_falsifier, falsifier, NULL, &verdict);
    shk_endpoint_falsifier.close(falsifier);
    for (int i = 0; i < 2; i++)
        kinds[i]->close(ends[i]);
    return verdict;
}

/* Whether the removed fact was false, 0 or empty before. */
static bool was_nothing(shk_fact fact, const shk_endpoint_result *result)
{
    static const shk_endpoint_result nothing;
    return shk_fact_rows[fact].type < SHK_FACT_TYPE_BYTES && shk_fact_equal(fact, result, &nothing);
}

static void falsify_all(const pairing *pair, shk_endpoint_setup *setups[2])
{
    const shk_verdict good = connect_over(pair, setups, 1, NULL);
    const shk_endpoint_result *const ends[2] = {&good.client, &good.server};
    assert_int_equal(good.kind, SHK_VERDICT_GOOD);
    for (size_t i = 0; i < SHK_FACTS * 2; i++) {
        const shk_fact fact = (shk_fact)(i / 2);
        const int side = (int)(i % 2);
        if (!good.compared[fact])
            continue;
        shk_verdict verdict = falsified(pair, setups, side, fact, SHK_FALSE_CHANGED);
        if (verdict.kind == SHK_VERDICT_GOOD)
            fail_msg("%s, side %d: another %s is not noticed", pair->client->name, side,
                     shk_fact_rows[fact].name);
        verdict = falsified(pair, setups, side, fact, SHK_FALSE_ABSENT);
        if (verdict.kind == SHK_VERDICT_GOOD && !was_nothing(fact, ends[side]))
            fail_msg("%s, side %d: no %s is not noticed", pair->client->name, side,
                     shk_fact_rows[fact].name);
    }
}

static void every_fact_that_is_compared_is_noticed_when_changed_or_absent(void **state)
{
    (void)state;
    const pairing pairs[] = {{&shk_endpoint_ours, &shk_endpoint_openssl},
                             {&shk_endpoint_openssl, &shk_endpoint_gnutls},
                             {&shk_endpoint_gnutls, &shk_endpoint_ours}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0] * VERSIONS; i++) {
        const pairing *pair = &pairs[i / VERSIONS];
        const shk_endpoint_config client = client_config(versions[i % VERSIONS]);
        const shk_endpoint_config server = p256_server(versions[i % VERSIONS]);
        shk_endpoint_setup *setups[2];
        set_up(pair, &client, &server, setups);
        falsify_all(pair, setups);
        tear_down(pair, setups);
    }
}

static void different_exported_keys_disagree(void **state)
{
    (void)state;
    shk_endpoint_kind kind = shk_endpoint_openssl;
    kind.export_keys = export_zeros;
    const shk_verdict verdict = verdict_with_server(&kind);
    expect(&verdict, SHK_VERDICT_DISAGREED, "differ in exported_keys");
}

static void different_channel_bindings_disagree(void **state)
{
    (void)state;
    shk_endpoint_kind kind = shk_endpoint_openssl;
    kind.channel_binding = bind_to_nothing;
    const shk_verdict verdict = verdict_with_server(&kind);
    expect(&verdict, SHK_VERDICT_DISAGREED, "differ in tls-server-end-point");
}

static void early_data_that_nobody_sent_are_broken(void **state)
{
    (void)state;
    shk_endpoint_kind kind = shk_endpoint_openssl;
    kind.result = lie_about_early_data;
    const pairing pair = {&kind, &kind};
    const shk_endpoint_config client = client_config(0);
    const shk_endpoint_config server = p256_server(0);
    const shk_verdict verdict = drive(&pair, &client, &server, NULL);
    expect(&verdict, SHK_VERDICT_BROKEN, "accepted that were never sent");
}

static void early_data_that_were_accepted_and_not_read_are_broken(void **state)
{
    (void)state;
    const shk_drive_options options = {.early_data = 300};
    shk_endpoint_kind without_read = shk_endpoint_openssl;
    without_read.read = read_nothing;
    const pairing first = {&shk_endpoint_openssl, &shk_endpoint_openssl};
    const pairing second = {&shk_endpoint_openssl, &without_read};
    shk_endpoint_config client = client_config(SHK_TLS13);
    shk_endpoint_config server = p256_server(SHK_TLS13);
    shk_endpoint_setup *setups[2];
    client.resume = client.early_data = true;
    server.max_early_data = 300;
    set_up(&first, &client, &server, setups);
    connect_over(&first, setups, 1, NULL);
    const shk_verdict verdict = connect_over(&second, setups, 3, &options);
    tear_down(&first, setups);
    expect(&verdict, SHK_VERDICT_BROKEN, "server got 0 bytes of data of 300");
}

static void a_client_that_was_asked_later_and_said_nothing_is_broken(void **state)
{
    (void)state;
    const shk_drive_options options = {.post_handshake_auth = true};
    shk_endpoint_kind kind = shk_endpoint_openssl;
    kind.request_authentication = pretend;
    const pairing pair = {&shk_endpoint_openssl, &kind};
    const shk_endpoint_config client = client_config(0);
    const shk_endpoint_config server = p256_server(0);
    const shk_verdict verdict = drive(&pair, &client, &server, &options);
    expect(&verdict, SHK_VERDICT_BROKEN, "did not authenticate when asked later");
}

static void a_renegotiation_that_does_not_happen_is_broken(void **state)
{
    (void)state;
    const shk_drive_options options = {.renegotiate = SHK_RENEGOTIATE_BY_SERVER};
    shk_endpoint_kind kind = shk_endpoint_openssl;
    kind.renegotiate = pretend;
    const pairing pair = {&shk_endpoint_openssl, &kind};
    const shk_endpoint_config client = client_config(SHK_TLS12);
    const shk_endpoint_config server = p256_server(SHK_TLS12);
    const shk_verdict verdict = drive(&pair, &client, &server, &options);
    expect(&verdict, SHK_VERDICT_BROKEN, "has renegotiated 0 times, not once");
}

static void an_end_without_an_exporter_disagrees(void **state)
{
    (void)state;
    shk_endpoint_kind kind = shk_endpoint_openssl;
    kind.export_keys = export_nothing;
    const shk_verdict verdict = verdict_with_server(&kind);
    expect(&verdict, SHK_VERDICT_DISAGREED, "the server gives no exported_keys");
}

static void a_handshake_that_stands_still_is_broken(void **state)
{
    (void)state;
    shk_endpoint_kind kind = shk_endpoint_openssl;
    kind.take = forget_flight;
    const shk_verdict verdict = verdict_with_server(&kind);
    expect(&verdict, SHK_VERDICT_BROKEN, "client still handshaking");
}

static void an_end_that_never_stops_talking_is_broken(void **state)
{
    (void)state;
    shk_endpoint_kind kind = shk_endpoint_openssl;
    kind.feed = take_no_notice;
    kind.take = chatter;
    const pairing pair = {&kind, &kind};
    const shk_endpoint_config client = client_config(0);
    const shk_endpoint_config server = p256_server(0);
    const shk_verdict verdict = drive(&pair, &client, &server, NULL);
    expect(&verdict, SHK_VERDICT_BROKEN, "no end after 4096 exchanges");
}

static void data_that_does_not_arrive_is_broken(void **state)
{
    (void)state;
    shk_endpoint_kind kind = shk_endpoint_openssl;
    kind.read = read_nothing;
    const shk_verdict verdict = verdict_with_server(&kind);
    expect(&verdict, SHK_VERDICT_BROKEN, "server got 0 bytes of data of 64");
}

static void data_that_arrives_changed_is_broken(void **state)
{
    (void)state;
    shk_endpoint_kind kind = shk_endpoint_openssl;
    kind.read = read_with_an_error;
    const shk_verdict verdict = verdict_with_server(&kind);
    expect(&verdict, SHK_VERDICT_BROKEN, "byte 63 of 64 that was never sent");
}

static void an_end_without_close_notify_is_broken(void **state)
{
    (void)state;
    shk_endpoint_kind kind = shk_endpoint_openssl;
    kind.shutdown = stay_open;
    const shk_verdict verdict = verdict_with_server(&kind);
    expect(&verdict, SHK_VERDICT_BROKEN, "closing by the server: client connected");
}

static void an_alert_that_arrives_as_another_is_broken(void **state)
{
    (void)state;
    shk_endpoint_kind kind = shk_endpoint_openssl;
    kind.result = lie_about_alert;
    const pairing pair = {&shk_endpoint_openssl, &kind};
    const shk_endpoint_config client = client_config(SHK_TLS12);
    const shk_endpoint_config server = p256_server(SHK_TLS13);
    const shk_verdict verdict = drive(&pair, &client, &server, NULL);
    expect(&verdict, SHK_VERDICT_BROKEN, "server failed (alert sent 80, received -1)");
    assert_int_equal(verdict.alert, -1);
}

typedef struct {
    size_t bytes[2];
    size_t flights;
    bool last_from_server;
} observed;

static void observe(void *context, bool from_server, shk_span bytes)
{
    observed *seen = context;
    seen->bytes[from_server ? 1 : 0] += bytes.len;
    seen->last_from_server = from_server;
    if (seen->flights++ == 0)
        assert_int_equal(bytes.data[5], 1); /* a ClientHello, behind the header of its record */
}

static void the_observer_sees_every_byte_once(void **state)
{
    (void)state;
    for (size_t p = 0; p < PAIRINGS; p++) {
        observed seen = {{0, 0}, 0, false};
        const shk_drive_options options = {
            .chunk = 100, .observer = observe, .observer_context = &seen};
        const shk_endpoint_config client = client_config(0);
        const shk_endpoint_config server = p256_server(0);
        const shk_verdict verdict = drive_good(&pairings[p], &client, &server, &options);
        assert_int_equal(seen.bytes[0], verdict.client_bytes);
        assert_int_equal(seen.bytes[1], verdict.server_bytes);
        assert_true(seen.last_from_server); /* its close_notify */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_that_believe_different_things_disagree),
        cmocka_unit_test(only_what_a_kind_declares_untold_is_not_compared),
        cmocka_unit_test(every_fact_that_is_compared_is_noticed_when_changed_or_absent),
        cmocka_unit_test(different_exported_keys_disagree),
        cmocka_unit_test(different_channel_bindings_disagree),
        cmocka_unit_test(early_data_that_nobody_sent_are_broken),
        cmocka_unit_test(early_data_that_were_accepted_and_not_read_are_broken),
        cmocka_unit_test(a_client_that_was_asked_later_and_said_nothing_is_broken),
        cmocka_unit_test(a_renegotiation_that_does_not_happen_is_broken),
        cmocka_unit_test(an_end_without_an_exporter_disagrees),
        cmocka_unit_test(a_handshake_that_stands_still_is_broken),
        cmocka_unit_test(an_end_that_never_stops_talking_is_broken),
        cmocka_unit_test(data_that_does_not_arrive_is_broken),
        cmocka_unit_test(data_that_arrives_changed_is_broken),
        cmocka_unit_test(an_end_without_close_notify_is_broken),
        cmocka_unit_test(an_alert_that_arrives_as_another_is_broken),
        cmocka_unit_test(the_observer_sees_every_byte_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
