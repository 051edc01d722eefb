/* Secrets are wiped: in each kind of handshake, every block that connections and libcrypto free is
 * kept as it was, and none may contain a secret. Secrets are the keys that the provider is given
 * and the shared secrets that it returns. */
#include "handshake_kinds.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_KEPT = 32 << 20,
    MAX_SECRETS = 256,
    MAX_SECRET = 64,
    MIN_SECRET = 12,
    MAX_BLOCKS = 1 << 16
};

static struct {
    bool watching;
    uint8_t *bytes; /* of the freed blocks, one after another */
    size_t len;
    size_t blocks[MAX_BLOCKS]; /* where each ends */
    size_t block_count;
    uint8_t secrets[MAX_SECRETS][MAX_SECRET];
    size_t lengths[MAX_SECRETS];
    const char *names[MAX_SECRETS];
    size_t secret_count;
    const shk_crypto *real;
} watched;

static void freed(const void *block, size_t size)
{
    if (!watched.watching || block == NULL)
        return;
    assert_true(watched.len + size <= MAX_KEPT && watched.block_count < MAX_BLOCKS);
    memcpy(watched.bytes + watched.len, block, size);
    watched.len += size;
    watched.blocks[watched.block_count++] = watched.len;
}

/* Two allocators that keep what is freed. A block that grows always moves. */

static void *resize(void *context, void *old, size_t old_size, size_t new_size)
{
    (void)context;
    uint8_t *grown = new_size == 0 ? NULL : (uint8_t *)malloc(new_size);
    if (new_size > 0 && old != NULL)
        memcpy(grown, old, old_size < new_size ? old_size : new_size);
    freed(old, old_size);
    free(old);
    return grown;
}

typedef union {
    size_t size;
    max_align_t align;
} block_head;

static void *take(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    block_head *head = (block_head *)malloc(sizeof *head + size);
    if (head == NULL || size == 0)
        return free(head), (void *)NULL;
    head->size = size;
    return head + 1;
}

static void give_back(void *old, const char *file, int line)
{
    (void)file;
    (void)line;
    if (old == NULL)
        return;
    block_head *head = (block_head *)old - 1;
    freed(old, head->size);
    free(head);
}

static void *change(void *old, size_t size, const char *file, int line)
{
    void *grown = take(size, file, line);
    if (grown != NULL && old != NULL) {
        size_t before = ((block_head *)old - 1)->size;
        memcpy(grown, old, before < size ? before : size);
    }
    give_back(old, file, line);
    return grown;
}

/* A provider that notes secrets. */

static void note(const char *name, const uint8_t *bytes, size_t len)
{
    static const uint8_t zeros[MAX_SECRET];
    size_t kept = len < MAX_SECRET ? len : MAX_SECRET;
    if (!watched.watching || kept < MIN_SECRET || memcmp(bytes, zeros, kept) == 0)
        return;
    for (size_t i = 0; i < watched.secret_count; i++)
        if (watched.lengths[i] == kept && memcmp(watched.secrets[i], bytes, kept) == 0)
            return;
    assert_true(watched.secret_count < MAX_SECRETS);
    memcpy(watched.secrets[watched.secret_count], bytes, kept);
    watched.names[watched.secret_count] = name;
    watched.lengths[watched.secret_count++] = kept;
}

static shk_status hmac(const shk_crypto *crypto, shk_hash hash, shk_span key, const shk_span *parts,
                       size_t count, uint8_t *out)
{
    note("key of HMAC", key.data, key.len);
    return watched.real->hmac(crypto, hash, key, parts, count, out);
}

static shk_status cipher_new(const shk_crypto *crypto, shk_cipher cipher, const uint8_t *key,
                             bool seal, shk_cipher_key **out)
{
    note("key of a cipher", key, shk_cipher_of(cipher)->key);
    return watched.real->cipher_new(crypto, cipher, key, seal, out);
}

static shk_status agree(shk_ephemeral *ephemeral, shk_span peer, uint8_t *secret)
{
    shk_status status = watched.real->ephemeral_agree(ephemeral, peer, secret);
    if (status == SHK_OK)
        note("agreement", secret, 32);
    return status;
}

static const char private_value[] = "private value";

static void draw(void *context, uint8_t *bytes, size_t len)
{
    const shk_random *random = (const shk_random *)context;
    uint8_t reversed[MAX_SECRET];
    random->fill(random->context, bytes, len);
    if (len < MIN_SECRET + 2 || len > MAX_SECRET)
        return;
    for (size_t i = 0; i < len; i++)
        reversed[i] = bytes[len - 1 - i];
    note(private_value, bytes + 1,
         len - 2); /* its first and last byte change when it becomes a scalar */
    note(private_value, reversed + 1, len - 2);
}

static shk_status ephemeral_new(const shk_crypto *crypto, uint16_t group, const shk_random *random,
                                shk_ephemeral **out, uint8_t *share)
{
    shk_random drawing = *random;
    shk_random noting = {draw, &drawing};
    return watched.real->ephemeral_new(crypto, group, &noting, out, share);
}

/* libcrypto's multiplication of a point of P-256 frees its copy of the scalar as it is: 33 bytes,
 * which nobody else can overwrite. */
static bool is_scalar_of_p256(size_t block, size_t secret)
{
    return block == 33 && strcmp(watched.names[secret], private_value) == 0;
}

static void expect_no_secret(const char *kind)
{
    for (size_t b = 0; b < watched.block_count; b++) {
        size_t start = b == 0 ? 0 : watched.blocks[b - 1];
        size_t len = watched.blocks[b] - start;
        for (size_t i = 0; i < watched.secret_count; i++)
            if (!is_scalar_of_p256(len, i) &&
                test_contains(shk_span_of(watched.bytes + start, len),
                              shk_span_of(watched.secrets[i], watched.lengths[i])))
                fail_msg("%s: a freed block of %zu bytes holds a secret of %zu: %s", kind, len,
                         watched.lengths[i], watched.names[i]);
    }
}

static void start_watching(void)
{
    watched.len = watched.block_count = watched.secret_count = 0;
    watched.watching = true;
}

static void no_freed_block_holds_a_secret(void **state)
{
    static const shk_allocator allocator = {resize, NULL};
    (void)state;
    for (size_t i = 0; i < test_kind_count; i++) {
        test_kind_state ends;
        shk_status statuses[2];
        test_kind_new(&ends, &test_kinds[i]);
        watched.real = ends.setup.crypto;
        shk_crypto noting = *watched.real;
        noting.hmac = hmac;
        noting.cipher_new = cipher_new;
        noting.ephemeral_new = ephemeral_new;
        noting.ephemeral_agree = agree;
        ends.setup.client.crypto = ends.setup.server.crypto = &noting;
        ends.setup.client.allocator = ends.setup.server.allocator = &allocator;
        start_watching();
        assert_true(test_kind_run(&ends, statuses));
        watched.watching = false;
        assert_int_equal(ends.resumed, test_kinds[i].resumption != TEST_FULL);
        assert_int_equal(ends.early, test_kinds[i].early_data);
        assert_false(ends.encrypt_then_mac && test_kinds[i].no_encrypt_then_mac);
        assert_int_equal(ends.extended_master_secret, test_kinds[i].version < SHK_TLS13 &&
                                                          !test_kinds[i].no_extended_master_secret);
        assert_true(test_kinds[i].tickets == 0 || ends.given == test_kinds[i].tickets);
        assert_true(watched.secret_count >= 3 && watched.block_count > 20);
        expect_no_secret(test_kinds[i].name);
        test_kind_free(&ends);
    }
}

/* The check itself can fail. */
static void check_finds_a_secret_in_a_freed_block(void **state)
{
    static const uint8_t secret[32] = {1, 2, 3};
    uint8_t *block = (uint8_t *)resize(NULL, NULL, 0, 100);
    (void)state;
    start_watching();
    memcpy(block + 50, secret, sizeof secret);
    resize(NULL, block, 100, 0);
    watched.watching = false;
    assert_true(
        test_contains(shk_span_of(watched.bytes, watched.len), shk_span_of(secret, sizeof secret)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_finds_a_secret_in_a_freed_block),
        cmocka_unit_test(no_freed_block_holds_a_secret),
    };
    watched.bytes = (uint8_t *)malloc(MAX_KEPT);
    if (watched.bytes == NULL || CRYPTO_set_mem_functions(take, change, give_back) != 1)
        return 3;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(watched.bytes);
    return failed;
}
