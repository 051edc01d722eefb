/* Recording a run, and judging it (recorded_run.h). */
#include "recorded_run.h"

#include <stdlib.h>

#include "keys/sealer.h"

static void tell_result(shk_endpoint *end, shk_endpoint_result *out)
{
    *out = end->result;
}

static shk_span tell_keys(const shk_endpoint *end)
{
    return shk_span_of_text(end->key_log);
}

static bool tell_exported(shk_endpoint *end, const char *label, shk_span context, uint8_t *out,
                          size_t len)
{
    (void)label;
    (void)context;
    memcpy(out, end->exported, len);
    return end->has_exported;
}

static size_t tell_binding(shk_endpoint *end, const char *name, uint8_t *out)
{
    (void)name;
    out[0] = end->binding;
    return end->binding != 0 ? 1 : 0;
}

static const shk_endpoint_kind teller = {.name = "recorded",
                                         .result = tell_result,
                                         .key_log = tell_keys,
                                         .export_keys = tell_exported,
                                         .channel_binding = tell_binding};

static void keep_flight(void *context, bool from_server, shk_span bytes)
{
    recorded *r = (recorded *)context;
    assert_true(r->count < MAX_FLIGHTS && bytes.len <= MAX_FLIGHT);
    flight *f = &r->flights[r->count++];
    f->from_server = from_server;
    f->len = bytes.len;
    memcpy(f->sent, bytes.data, bytes.len);
    memcpy(f->got, bytes.data, bytes.len);
}

static void keep_end(const shk_endpoint_kind *kind, struct shk_endpoint *end, shk_endpoint *out)
{
    const shk_span lines = kind->key_log(end);
    assert_true(lines.len < KEY_LOG);
    memcpy(out->key_log, lines.data, lines.len);
    kind->result(end, &out->result);
}

recorded *record(const shk_endpoint_config *client, const shk_endpoint_config *server)
{
    recorded *r = (recorded *)calloc(1, sizeof *r);
    assert_non_null(r);
    const pairing pair = {&shk_endpoint_ours, &shk_endpoint_ours};
    const shk_drive_options options = {.observer = keep_flight, .observer_context = r};
    shk_endpoint_setup *setups[2];
    shk_verdict verdict;
    r->configs[0] = *client;
    r->configs[1] = *server;
    set_up(&pair, client, server, setups);
    struct shk_endpoint *ends[2] = {pair.client->open(setups[0], 1),
                                    pair.server->open(setups[1], 2)};
    shk_drive(pair.client, ends[0], pair.server, ends[1], &options, &verdict);
    assert_int_equal(verdict.kind, SHK_VERDICT_GOOD);
    for (int i = 0; i < 2; i++) {
        keep_end(&shk_endpoint_ours, ends[i], &r->ends[i]);
        shk_endpoint_ours.close(ends[i]);
    }
    tear_down(&pair, setups);
    return r;
}

recorded *record_version(uint16_t version)
{
    const shk_endpoint_config client = client_config(version);
    const shk_endpoint_config server = p256_server(version);
    return record(&client, &server);
}

shk_judgement judge_and_keep(recorded *r, shk_observation **kept, const shk_observation *first,
                             const shk_oracles *oracles)
{
    shk_judgement judgement;
    shk_observed_end ends[2];
    for (int i = 0; i < 2; i++)
        ends[i] = (shk_observed_end){.kind = &teller,
                                     .end = &r->ends[i],
                                     .config = &r->configs[i],
                                     .deviates = r->deviates[i]};
    shk_observation *o = shk_observation_begin(oracles, ends, first);
    assert_non_null(o);
    for (size_t i = 0; i < r->count; i++) {
        const flight *f = &r->flights[i];
        if (!r->altered) {
            shk_observation_flight(o, f->from_server, shk_span_of(f->sent, f->len));
            continue;
        }
        shk_observation_sent(o, f->from_server, shk_span_of(f->sent, f->len));
        shk_observation_received(o, !f->from_server, shk_span_of(f->got, f->len));
    }
    shk_observation_end(o);
    shk_oracles_judge(o, &judgement);
    *kept = o;
    return judgement;
}

shk_judgement judge(recorded *r)
{
    shk_observation *o;
    shk_oracles *oracles = shk_oracles_new(&shk_provider_libcrypto);
    const shk_judgement judgement = judge_and_keep(r, &o, NULL, oracles);
    shk_observation_free(o);
    shk_oracles_free(oracles);
    free(r);
    return judgement;
}

void expect_alarm(const shk_judgement *judgement, shk_oracle oracle, const char *words)
{
    for (size_t i = 0; i < judgement->count; i++)
        if (judgement->alarms[i].oracle == oracle &&
            strstr(judgement->alarms[i].words, words) != NULL)
            return;
    for (size_t i = 0; i < judgement->count; i++)
        print_message("  %s: %s\n", shk_oracle_rows[judgement->alarms[i].oracle].name,
                      judgement->alarms[i].words);
    fail_msg("no alarm of %s with '%s'", shk_oracle_rows[oracle].name, words);
}

void expect_none(const shk_judgement *judgement)
{
    if (judgement->count > 0)
        fail_msg("alarm of %s: %s", shk_oracle_rows[judgement->alarms[0].oracle].name,
                 judgement->alarms[0].words);
}

uint8_t *message_of(flight *f, uint8_t type, bool sent)
{
    uint8_t *bytes = sent ? f->sent : f->got;
    for (size_t at = 0; at + 5 <= f->len;) {
        const size_t len = (size_t)bytes[at + 3] << 8 | bytes[at + 4];
        for (size_t i = at + 5; bytes[at] == 22 && i + 4 <= at + 5 + len;) {
            if (bytes[i] == type)
                return bytes + i;
            i += 4 + ((size_t)bytes[i + 1] << 16 | (size_t)bytes[i + 2] << 8 | bytes[i + 3]);
        }
        at += 5 + len;
    }
    return NULL;
}

uint8_t *find(recorded *r, uint8_t type, bool sent)
{
    for (size_t i = 0; i < r->count; i++) {
        uint8_t *found = message_of(&r->flights[i], type, sent);
        if (found != NULL)
            return found;
    }
    fail_msg("there is no message %u", type);
    return NULL;
}

uint8_t *suite_of(uint8_t *server_hello)
{
    return server_hello + 4 + 2 + 32 + 1 + server_hello[4 + 2 + 32];
}

void change_secret(char *key_log, const char *label, char digit)
{
    char *line = strstr(key_log, label);
    assert_non_null(line);
    char *secret = strchr(strchr(line, ' ') + 1, ' ') + 1;
    for (; *secret != '\n'; secret++)
        *secret = digit;
}

void insert(flight *f, size_t at, shk_span bytes)
{
    assert_true(at <= f->len && f->len + bytes.len <= MAX_FLIGHT);
    memmove(f->sent + at + bytes.len, f->sent + at, f->len - at);
    memcpy(f->sent + at, bytes.data, bytes.len);
    f->len += bytes.len;
}

void seal_data(shk_span traffic_secret, shk_buf *out)
{
    shk_crypto *crypto = shk_libcrypto_new();
    const uint16_t suite = traffic_secret.len == shk_hash_size(SHK_HASH_SHA256)
                               ? SHK_TLS_AES_128_GCM_SHA256
                               : SHK_TLS_AES_256_GCM_SHA384;
    shk_opener opener = {0};
    shk_sealer sealer = {0};
    assert_true(shk_opener_of_secret(&opener, crypto, shk_suite_of(suite), traffic_secret));
    assert_true(shk_sealer_of(&sealer, &opener, 0));
    assert_true(shk_sealer_seal(&sealer, SHK_APPLICATION_DATA, shk_span_of_text("data"), out));
    shk_sealer_free(&sealer);
    shk_opener_free(&opener);
    shk_libcrypto_free(crypto);
}
