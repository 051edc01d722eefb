/* Values that everybody knows, and whether an end uses one as its secret (oracle/secrecy.h). */
#include "oracle/secrecy.h"

#include <string.h>

#include "keys/opener.h"
#include "oracle/cursor.h"

bool shk_holds(shk_span bytes, shk_span secret)
{
    const uint8_t *at;
    while (secret.len > 0 && bytes.len >= secret.len &&
           (at = memchr(bytes.data, secret.data[0], bytes.len - secret.len + 1)) != NULL) {
        if (memcmp(at, secret.data, secret.len) == 0)
            return true;
        const size_t behind = (size_t)(at - bytes.data) + 1;
        bytes = shk_span_of(at + 1, bytes.len - behind);
    }
    return false;
}

static void guess(shk_guesses *g, const char *words, shk_span bytes)
{
    if (g->count < SHK_MAX_GUESSES && bytes.len <= SHK_MAX_GUESS)
        g->guesses[g->count++] = (shk_guess){words, bytes};
}

void shk_guess_constants(shk_guesses *g, size_t len)
{
    static const char *const words[4] = {"zeros", "bytes 0xff", "the number 1",
                                         "the number 1, little-endian"};
    g->count = 0;
    memset(g->constants, 0, sizeof g->constants);
    if (len == 0 || len > SHK_MAX_GUESS)
        return;
    memset(g->constants[1], 0xff, len);
    g->constants[2][len - 1] = 1;
    g->constants[3][0] = 1;
    for (size_t i = 0; i < 4; i++)
        guess(g, words[i], shk_span_of(g->constants[i], len));
    guess(g, "the empty value", shk_span_of("", 0)); /* which to HMAC is as zeros */
}

/* A point's x coordinate follows its first byte. */
static void guess_share(shk_guesses *g, const char *words, const char *words_x, shk_span share)
{
    if (share.len == 0)
        return;
    guess(g, words, share);
    if (share.len % 2 == 1 && share.data[0] == 4)
        guess(g, words_x, shk_span_of(share.data + 1, share.len / 2));
}

static shk_span first_share(shk_span key_share, bool of_client)
{
    shk_cursor body = shk_cursor_over(key_share);
    if (of_client)
        body = shk_cursor_over(shk_cursor_vector(&body, 2));
    (void)shk_cursor_number(&body, 2);
    return shk_cursor_vector(&body, 2);
}

void shk_guess_public(shk_guesses *g, const shk_target *target)
{
    const shk_first_handshake *f = &target->end->view.first;
    const bool honest =
        !target->c->seen->altered && shk_is_judged(&target->c->seen->ends[1 - target->side]);
    const shk_hello *client = shk_last_client_hello(f);
    guess(g, "the client's random", client->random);
    guess(g, "the server's random", f->server.random);
    if (client->session_id.len > 0)
        guess(g, "the session id", client->session_id);
    if (honest || target->side == 1)
        guess_share(g, "the client's key share", "the x of the client's key share",
                    first_share(shk_extension_of(client->extensions, SHK_EXT_key_share), true));
    if (honest || target->side == 0)
        guess_share(g, "the server's key share", "the x of the server's key share",
                    first_share(shk_extension_of(f->server.extensions, SHK_EXT_key_share), false));
}

/* Whether some record of these keys was opened, by what the other end tells. */
static bool has_opened(const shk_observed *end, bool by_server)
{
    for (size_t i = 0; i < end->view.count; i++) {
        const shk_item *item = &end->view.items[i];
        if (item->by_server == by_server && item->opened && item->under != SHK_UNDER_NONE)
            return true;
    }
    return false;
}

static const shk_item *first_unopened(const shk_observed *end, bool by_server)
{
    for (size_t i = 0; i < end->view.count; i++)
        if (end->view.items[i].by_server == by_server && !end->view.items[i].opened)
            return &end->view.items[i];
    return NULL;
}

/* Opens the first record that nobody's keys opened. */
static bool opens(const shk_target *t, shk_span secret)
{
    const bool by_server = t->side == 1;
    const shk_first_handshake *f = &t->end->view.first;
    const shk_item *item = first_unopened(t->end, by_server);
    const shk_hello *client = shk_last_client_hello(f);
    const shk_span randoms[2] = {client->random, f->server.random};
    shk_opener opener = {0};
    shk_buf out = shk_buf_growing(&shk_libc_allocator);
    if (item == NULL || f->suite == NULL)
        return false;
    uint8_t type = item->content;
    const bool is_13 = f->version >= SHK_TLS13;
    const bool etm = shk_has_extension(f->server.extensions, SHK_EXT_encrypt_then_mac);
    bool ok = is_13 ? shk_opener_of_secret(&opener, t->c->seen->crypto, f->suite, secret)
                    : shk_opener_of_master(&opener, t->c->seen->crypto, f->suite, f->version, etm,
                                           secret, randoms, by_server);
    ok = ok && shk_opener_open(&opener, &type, item->raw, &out);
    shk_opener_free(&opener);
    shk_buf_wipe(&out);
    return ok;
}

/* Whether the log has the line, and `*same`: with that secret. */
static bool is_in_log(const shk_observed *end, const char *label, const uint8_t *random,
                      shk_span secret, bool *same)
{
    shk_key_line line;
    if (!shk_key_line_find(shk_buf_span(&end->key_log), label, random, &line))
        return false;
    *same = shk_span_equal(shk_span_of(line.secret, line.len), secret);
    return true;
}

bool shk_target_has_secret(const shk_target *t, const char *label, shk_span secret)
{
    const uint8_t *random = shk_last_client_hello(&t->end->view.first)->random.data;
    const shk_observed *other = &t->c->seen->ends[1 - t->side];
    const bool by_server = t->side == 1;
    const bool tells = t->end->key_log.len > 0;
    bool same;
    if (is_in_log(t->end, label, random, secret, &same))
        return same;
    if (!tells && has_opened(t->end, by_server) && is_in_log(other, label, random, secret, &same))
        return same;
    if (!tells && first_unopened(t->end, by_server) == NULL)
        shk_unseen(t->c, "an end tells no secret, and sent no record that a guess could open");
    return opens(t, secret);
}
