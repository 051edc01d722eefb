/* Both ends drawn from all options, up to three connections over one set-up, against a model of the
 * options: each connects with all facts as they must be, or is refused for a reason that the model
 * gives. SHK_CROSS_SEED, SHK_CROSS_PAIRS and SHK_CROSS_FIRST choose others than the usual pairs. */
#include <stdio.h>
#include <stdlib.h>

#include "cross_draw.h"
#include "cross_model.h"
#include "pairings.h"
#include "shakedown/types.h"

enum { NOON_2025 = 1750161600, USUAL_PAIRS = 300, USUAL_SEED = 1, WHY = 512, REPAIRS = 40 };

typedef struct {
    cross_source source;
    cross_end drawn[CROSS_CONNECTIONS][2]; /* a session keeps pointers into what it is of */
    cross_end *ends;                       /* those of this connection */
    shk_endpoint_setup *setups[2];
    const shk_crypto *crypto;
    cross_session session;
    size_t connection;
    shk_drive_options drive;
    cross_prediction prediction;
    char why[WHY];
} cross_pair;

typedef struct {
    size_t connections;
    size_t good;
    size_t refused;
    size_t resumed;
    size_t failures;
} cross_count;

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
    const char *text = getenv(variable);
    return text != NULL ? strtoull(text, NULL, 10) : otherwise;
}

/* Drops the options that the refusal names, so that the rest can be set up. */
static void repair(cross_pair *pair, bool server, const char *why)
{
    cross_end *end = &pair->ends[server];
    if (!cross_drop_named(end, why))
        cross_draw_end(&pair->source, server, end);
}

/* Sets an end up, with the sessions of the set-up before. */
static bool set_up_end(cross_pair *pair, bool server)
{
    cross_end *end = &pair->ends[server];
    char why[SHK_WHY_SIZE];
    shk_buf saved = shk_buf_growing(&shk_libc_allocator);
    shk_endpoint_setup *before = pair->setups[server];
    bool ok = false;
    if (before != NULL)
        shk_endpoint_ours.save(before, &saved);
    pair->setups[server] = NULL;
    for (size_t i = 0; !ok && i < REPAIRS; i++) {
        ok = cross_configure(&pair->source, server, end, why);
        bool ids = end->end.config.session_store == SHK_SESSIONS_IDS;
        if (ok && (!server || ids))
            end->end.config.saved = shk_buf_span(&saved);
        ok = ok && shk_endpoint_ours.setup(&end->end.config, &pair->setups[server], why);
        if (!ok)
            repair(pair, server, why);
    }
    end->end.config.saved = shk_span_of(NULL, 0);
    shk_endpoint_ours.teardown(before);
    shk_buf_wipe(&saved);
    return ok;
}

static bool differ(cross_pair *pair, const char *what, long said, long expected)
{
    if (said == expected)
        return false;
    snprintf(pair->why, WHY, "%s is %ld, and must be %ld", what, said, expected);
    return true;
}

/* After a renegotiation facts are those of the new handshake, which resumes nothing. */
static bool facts_are_right(cross_pair *pair, const shk_verdict *v)
{
    const cross_prediction *p = &pair->prediction;
    const shk_endpoint_result *c = &v->client;
    bool same_handshake = c->renegotiations == 0;
    size_t alpn_len = strcspn(p->alpn, ",");
    bool later = c->later_authentications > 0;
    if (strlen(c->alpn) != alpn_len || strncmp(c->alpn, p->alpn, alpn_len) != 0) {
        snprintf(pair->why, WHY, "ALPN is '%.100s', and must be '%.*s'", c->alpn, (int)alpn_len,
                 p->alpn);
        return false;
    }
    return !(
        differ(pair, "version", c->version, p->version) ||
        differ(pair, "ems", c->extended_master_secret, p->extended_master_secret) ||
        differ(pair, "retried", c->retried, p->retried) ||
        differ(pair, "ECH", c->ech_accepted, p->ech_accepted) ||
        differ(pair, "client's limit", c->send_limit, p->send_limit[0]) ||
        differ(pair, "server's limit", v->server.send_limit, p->send_limit[1]) ||
        (same_handshake &&
         (differ(pair, "resumed", c->resumed, p->resumed) ||
          differ(pair, "suite", c->suite, p->suite) || differ(pair, "group", c->group, p->group) ||
          differ(pair, "external PSK", c->external_psk, p->external_psk) ||
          differ(pair, "etm", c->encrypt_then_mac, p->encrypt_then_mac) ||
          differ(pair, "early data", c->early_data, p->early_data) ||
          differ(pair, "compressed", c->certificate_compressed, p->certificate_compressed) ||
          differ(pair, "raw key", c->raw_public_key, p->raw_public_key) ||
          differ(pair, "status", c->status_verified, p->status_verified) ||
          differ(pair, "SCTs", c->sct_count, p->sct_count) ||
          (!later && differ(pair, "client authenticated", v->server.client_authenticated,
                            p->client_authenticated)))) ||
        (c->version >= SHK_TLS13 && differ(pair, "tickets", c->tickets, p->tickets)) ||
        differ(pair, "deviations", (long)(c->deviations | v->server.deviations), 0));
}

static bool has_reason(const cross_pair *pair, bool by_server, int alert)
{
    for (size_t i = 0; i < pair->prediction.reason_count; i++)
        if (pair->prediction.reasons[i].by_server == by_server &&
            pair->prediction.reasons[i].alert == alert)
            return true;
    return false;
}

/* Each end has a reason, and their alerts cross. */
static bool both_refuse(const cross_pair *pair, const shk_verdict *v)
{
    return v->kind == SHK_VERDICT_BROKEN && v->client.state == SHK_FAILED &&
           v->server.state == SHK_FAILED && has_reason(pair, false, v->client.alert_sent) &&
           has_reason(pair, true, v->server.alert_sent);
}

static bool refusal_is_right(cross_pair *pair, const shk_verdict *v)
{
    if (has_reason(pair, v->alert_from_server, v->alert))
        return true;
    snprintf(pair->why, WHY, "no reason for: %s", v->why);
    return false;
}

static bool is_right(cross_pair *pair, const shk_verdict *v)
{
    const cross_prediction *p = &pair->prediction;
    if (v->kind == SHK_VERDICT_GOOD && p->reason_count > 0)
        snprintf(pair->why, WHY, "connected, but must be refused: %s", p->reasons[0].words);
    else if (v->kind == SHK_VERDICT_GOOD)
        return facts_are_right(pair, v);
    else if (v->kind == SHK_VERDICT_REFUSED)
        return refusal_is_right(pair, v);
    else if (both_refuse(pair, v))
        return true;
    else
        snprintf(pair->why, WHY, "%s: %s", shk_verdict_name(v->kind), v->why);
    return false;
}

/* Restricts what was drawn to what the options allow. */
static void settle_drive(cross_pair *pair)
{
    const cross_prediction *p = &pair->prediction;
    bool is_13 = p->version >= SHK_TLS13;
    pair->drive.key_updates &= is_13;
    pair->drive.post_handshake_auth &= p->may_authenticate_later;
    if (is_13 || !p->may_renegotiate)
        pair->drive.renegotiate = SHK_RENEGOTIATE_NEVER;
}

/* A renegotiation resumes nothing: behind a resumed handshake it may be refused for what that one
 * did without. */
static void predict_renegotiation(cross_pair *pair)
{
    const cross_session none = {0};
    cross_prediction *p = &pair->prediction;
    cross_prediction full;
    if (!p->resumed || p->reason_count > 0 || pair->drive.renegotiate == SHK_RENEGOTIATE_NEVER)
        return;
    cross_predict(pair->crypto, &pair->ends[0].end.config, &pair->ends[1].end.config, &none, &full);
    memcpy(p->reasons, full.reasons, sizeof p->reasons);
    p->reason_count = full.reason_count;
}

static void report(cross_pair *pair, uint64_t seed, uint64_t number)
{
    fprintf(stderr,
            "SHK_CROSS_SEED=%llu SHK_CROSS_FIRST=%llu SHK_CROSS_PAIRS=1, connection %zu: %s\n"
            "  shakedown pair --chunk %zu --data %zu --send-early %zu%s%s%s",
            (unsigned long long)seed, (unsigned long long)number, pair->connection, pair->why,
            pair->drive.chunk, pair->drive.data, pair->drive.early_data,
            pair->drive.key_updates ? " --key-updates" : "",
            pair->drive.post_handshake_auth ? " --post-handshake-auth" : "",
            pair->drive.renegotiate == SHK_RENEGOTIATE_NEVER       ? ""
            : pair->drive.renegotiate == SHK_RENEGOTIATE_BY_CLIENT ? " --renegotiate client"
                                                                   : " --renegotiate server");
    for (cross_end *ends = pair->drawn[0]; ends <= pair->ends; ends += 2) {
        if (ends > pair->drawn[0])
            fprintf(stderr, "\n  then");
        if (ends > pair->drawn[0] && ends[0].option_count == 0)
            continue; /* as before */
        cross_print_end(stderr, false, &ends[0]);
        cross_print_end(stderr, true, &ends[1]);
    }
    fprintf(stderr, " ours ours\n");
}

/* Another connection is over the same set-ups, or over changed ones that know the sessions. */
static void change(cross_pair *pair)
{
    cross_end *before = pair->ends;
    static const int64_t later[] = {0, 0, 1, 61, 100, 7300};
    cross_source *source = &pair->source;
    if (cross_below(source, 2) == 0)
        return;
    pair->ends = pair->drawn[pair->connection];
    int64_t passed = later[cross_below(source, sizeof later / sizeof later[0])];
    uint32_t per_cent = 5 * cross_below(source, 4);
    for (size_t i = 0; i < 2; i++) {
        memcpy(pair->ends[i].drawn, before[i].drawn, sizeof before[i].drawn);
        pair->ends[i].time = before[i].time + passed;
        pair->ends[i].ticket_seed = before[i].ticket_seed;
        cross_change_end(source, i == 1, per_cent, &pair->ends[i]);
    }
    if (cross_below(source, 10) == 0)
        pair->ends[1].ticket_seed++;
    assert_true(set_up_end(pair, false) && set_up_end(pair, true));
}

static bool connect(cross_pair *pair, cross_count *count)
{
    static const pairing ours = {&shk_endpoint_ours, &shk_endpoint_ours};
    const shk_endpoint_config *client = &pair->ends[0].end.config;
    const shk_endpoint_config *server = &pair->ends[1].end.config;
    cross_draw_drive(&pair->source, &pair->drive);
    cross_predict(pair->crypto, client, server, &pair->session, &pair->prediction);
    settle_drive(pair);
    predict_renegotiation(pair);
    uint64_t seed = 1 + cross_below(&pair->source, 1u << 30);
    const shk_verdict verdict = connect_over(&ours, pair->setups, seed, &pair->drive);
    bool right = is_right(pair, &verdict);
    cross_session_after(client, server, &verdict, &pair->session);
    count->connections++;
    count->good += verdict.kind == SHK_VERDICT_GOOD;
    count->refused += verdict.kind == SHK_VERDICT_REFUSED;
    count->resumed += verdict.kind == SHK_VERDICT_GOOD && verdict.client.resumed;
    return right;
}

static void run_pair(cross_pair *pair, uint64_t seed, uint64_t number, cross_count *count)
{
    assert_true(cross_source_new(&pair->source, seed * 1000003 + number));
    pair->setups[0] = pair->setups[1] = NULL;
    pair->session = (cross_session){.exists = false};
    pair->ends = pair->drawn[0];
    for (size_t i = 0; i < CROSS_CONNECTIONS; i++)
        pair->drawn[i][0].option_count = pair->drawn[i][1].option_count = 0;
    for (size_t i = 0; i < 2; i++) {
        pair->ends[i].time = NOON_2025;
        pair->ends[i].ticket_seed = 1;
        cross_draw_end(&pair->source, i == 1, &pair->ends[i]);
        assert_true(set_up_end(pair, i == 1));
    }
    size_t connections = 1 + cross_below(&pair->source, CROSS_CONNECTIONS);
    for (pair->connection = 0; pair->connection < connections; pair->connection++) {
        if (pair->connection > 0)
            change(pair);
        if (!connect(pair, count)) {
            report(pair, seed, number);
            count->failures++;
            break; /* its further state is unknown */
        }
    }
    shk_endpoint_ours.teardown(pair->setups[0]);
    shk_endpoint_ours.teardown(pair->setups[1]);
}

static void every_pair_connects_or_is_refused_as_the_options_say(void **state)
{
    (void)state;
    const uint64_t seed = number_from("SHK_CROSS_SEED", USUAL_SEED);
    const uint64_t first = number_from("SHK_CROSS_FIRST", 0);
    const uint64_t pairs = number_from("SHK_CROSS_PAIRS", USUAL_PAIRS);
    cross_count count = {0};
    cross_pair *pair = (cross_pair *)calloc(1, sizeof *pair);
    shk_crypto *crypto = shk_libcrypto_new();
    assert_non_null(pair);
    assert_non_null(crypto);
    pair->crypto = crypto;
    for (uint64_t i = first; i < first + pairs; i++)
        run_pair(pair, seed, i, &count);
    shk_libcrypto_free(crypto);
    free(pair);
    print_message("seed %llu: %zu connections, %zu good (%zu resumed), %zu refused, %zu wrong\n",
                  (unsigned long long)seed, count.connections, count.good, count.resumed,
                  count.refused, count.failures);
    assert_int_equal(count.failures, 0);
    assert_true(pairs < 100 || (count.good > pairs / 3 && count.resumed > pairs / 20));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_connects_or_is_refused_as_the_options_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
