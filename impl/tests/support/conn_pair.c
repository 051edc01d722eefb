/* A client and a server in memory (support/conn_pair.h). */
#include "conn_pair.h"

#include <string.h>

#include "scripted_random.h"

#include "crypto/transcript.h"
#include "extensions/extension_block.h"
#include "handshake/flow/flow_table.h"
#include "handshake/state/handshake.h"
#include "handshake/state/output.h"

/* How the running test moves output. */
static struct {
    test_cut cut;
    uint64_t seed;
    shk_buf *moved; /* NULL: not kept */
} moving;

void test_pair_open(test_pair *pair, const test_setup *setup)
{
    memset(pair, 0, sizeof *pair);
    static uint64_t opened; /* no two pairs of a program draw the same */
    pair->client_state = 2 * ++opened;
    pair->server_state = pair->client_state + 1;
    shk_random client = counting(&pair->client_state);
    shk_random server = counting(&pair->server_state);
    assert_int_equal(shk_conn_new(&setup->client, &client, &pair->client), SHK_OK);
    assert_int_equal(shk_conn_new(&setup->server, &server, &pair->server), SHK_OK);
}

void test_pair_close(test_pair *pair)
{
    shk_conn_free(pair->client);
    shk_conn_free(pair->server);
}

void test_pair_close_all(test_pair *pair, test_setup *setup)
{
    test_pair_close(pair);
    test_setup_free(setup);
}

size_t test_records_in(const shk_conn *conn, uint8_t type, size_t *longest)
{
    shk_span out = shk_conn_output(conn);
    size_t count = 0;
    *longest = 0;
    for (size_t at = 0, len; at < out.len; at += 5 + len) {
        len = (size_t)out.data[at + 3] << 8 | out.data[at + 4];
        count += out.data[at] == type;
        if (out.data[at] == type && len > *longest)
            *longest = len;
    }
    return count;
}

void test_cut_output(test_cut cut, uint64_t seed, shk_buf *moved)
{
    moving.cut = cut;
    moving.seed = seed;
    moving.moved = moved;
}

/* Mostly a few bytes, sometimes many records. */
static size_t piece_of(size_t len)
{
    uint8_t drawn[2];
    shk_random random = counting(&moving.seed);
    random.fill(random.context, drawn, sizeof drawn);
    size_t piece = moving.cut == TEST_WHOLE ? len
                   : moving.cut == TEST_BYTES
                       ? 1
                       : 1 + (drawn[0] < 64 ? drawn[1] * 16u : drawn[1] % 8u);
    return piece < len ? piece : len;
}

shk_status test_move_output(shk_conn *from, shk_conn *to)
{
    shk_span out = shk_conn_output(from);
    shk_status status = SHK_OK;
    if (moving.moved != NULL)
        assert_int_equal(shk_buf_append(moving.moved, out), SHK_OK);
    for (size_t at = 0, len; at < out.len && status == SHK_OK; at += len) {
        len = piece_of(out.len - at);
        status = shk_conn_feed(to, out.data + at, len);
    }
    shk_conn_sent(from, out.len);
    return status;
}

void test_pair_start(test_pair *pair, const test_setup *setup)
{
    test_pair_open(pair, setup);
    assert_int_equal(shk_conn_start(pair->client), SHK_OK);
}

void test_pair_send_hello(test_pair *pair, const test_setup *setup)
{
    test_pair_start(pair, setup);
    assert_int_equal(test_move_output(pair->client, pair->server), SHK_OK);
}

void test_pair_run(test_pair *pair)
{
    assert_int_equal(shk_conn_start(pair->client), SHK_OK);
    test_pair_pump(pair);
}

void test_pair_pump(test_pair *pair)
{
    for (int i = 0; i < 32; i++) {
        bool waiting =
            shk_conn_output(pair->client).len > 0 || shk_conn_output(pair->server).len > 0;
        test_move_output(pair->client, pair->server);
        test_move_output(pair->server, pair->client);
        if (!waiting)
            return;
    }
    fail_msg("the two ends do not stop sending");
}

void test_pair_open_and_run(test_pair *pair, const test_setup *setup)
{
    test_pair_open(pair, setup);
    test_pair_run(pair);
}

void assert_connected(const test_pair *pair)
{
    char client[256], server[256];
    shk_conn_describe(pair->client, client, sizeof client);
    shk_conn_describe(pair->server, server, sizeof server);
    if (!shk_conn_info_of(pair->client).connected || !shk_conn_info_of(pair->server).connected)
        fail_msg("client: %s; server: %s", client, server);
}

shk_conn *test_conn_in(const shk_config *config, unsigned state)
{
    static uint64_t seed = 1;
    const char *name = shk_state_name((shk_state)state);
    bool tls13 = strncmp(name + 1, "13", 2) == 0;
    shk_random random = counting(&seed);
    shk_conn *conn = NULL;
    assert_int_equal(shk_conn_new(config, &random, &conn), SHK_OK);
    assert_int_equal(shk_conn_start(conn), SHK_OK);
    conn->state = state;
    conn->version = tls13 ? SHK_TLS13 : strncmp(name + 1, "12", 2) == 0 ? SHK_TLS12 : 0;
    conn->suite = shk_suite_of(tls13 ? SHK_TLS_AES_128_GCM_SHA256
                                     : SHK_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256);
    assert_int_equal(shk_transcript_choose(&conn->handshake->transcript, conn->suite->hash),
                     SHK_OK);
    return conn;
}

shk_status test_message(shk_conn *conn, shk_message id, const test_bytes *body)
{
    test_bytes message = {.len = 4 + body->len};
    assert_true(message.len <= MAX_VECTOR);
    message.data[0] = shk_message_rows[id].value;
    message.data[2] = (uint8_t)(body->len >> 8);
    message.data[3] = (uint8_t)body->len;
    memcpy(message.data + 4, body->data, body->len);
    return shk_flow_message(conn, span_of(&message));
}

shk_buf test_first_hello(const test_setup *setup)
{
    test_pair pair;
    shk_buf out = shk_buf_growing(&shk_libc_allocator);
    test_pair_open(&pair, setup);
    assert_int_equal(shk_conn_start(pair.client), SHK_OK);
    shk_span sent = shk_conn_output(pair.client);
    assert_int_equal(shk_buf_append(&out, shk_span_of(sent.data + 5, sent.len - 5)), SHK_OK);
    test_pair_close(&pair);
    return out;
}

void test_pair_connect(test_pair *pair, const test_setup *setup)
{
    test_pair_open_and_run(pair, setup);
    assert_connected(pair);
}

bool test_client_offers(const test_setup *setup, shk_extension extension)
{
    test_pair pair;
    test_pair_start(&pair, setup);
    bool offered = shk_extension_in(&pair.client->handshake->offered.extensions, extension);
    test_pair_close(&pair);
    return offered;
}

void test_send_hex(shk_conn *from, uint8_t type, const char *hex)
{
    test_bytes bytes = from_hex(hex);
    assert_int_equal(shk_conn_send(from, type, span_of(&bytes)), SHK_OK);
}
