/* What one end has seen (oracle/view.h). */
#include "oracle/view.h"

#include <stdlib.h>
#include <string.h>

#include "keys/key_lines.h"
#include "keys/opener.h"

enum { RECORD_HEADER = 5, MESSAGE_HEADER = 4, RANDOM = 32 };

/* One direction of records, while they are read. */
typedef struct {
    shk_buf record;  /* begun and not whole */
    shk_buf message; /* likewise of the handshake */
    shk_opener opener;
    bool is_protected;
    shk_under under;
    unsigned epoch;
    shk_under message_under; /* where the message began */
    unsigned message_epoch;
} direction;

typedef struct {
    shk_view *view;
    const shk_crypto *crypto;
    shk_secret_source *source;
    const void *context;
    direction directions[2]; /* of client and server */
    shk_buf opened;
    uint16_t version;
    const shk_suite_row *suite;
    uint8_t randoms[2][RANDOM];
    bool encrypt_then_mac;
    unsigned handshake;
    bool has_changed;    /* by ChangeCipherSpec: the keys are those below TLS 1.3 */
    bool hello_seen;     /* a ServerHello, be it one that cannot be read */
    bool hello_answered; /* by a ServerHello: the next ClientHello begins a renegotiation */
} reader;

bool shk_timeline_add(shk_timeline *t, bool sent, shk_span bytes)
{
    if (t->bytes.allocator == NULL)
        t->bytes = shk_buf_growing(&shk_libc_allocator);
    if (t->count == t->cap) {
        const size_t cap = t->cap == 0 ? 16 : 2 * t->cap;
        shk_timeline_piece *more =
            (shk_timeline_piece *)realloc(t->pieces, cap * sizeof *t->pieces);
        if (more == NULL)
            return false;
        t->pieces = more;
        t->cap = cap;
    }
    if (shk_buf_append(&t->bytes, bytes) != SHK_OK)
        return false;
    t->pieces[t->count].len = bytes.len;
    t->pieces[t->count++].sent = sent;
    return true;
}

void shk_timeline_free(shk_timeline *t)
{
    shk_buf_wipe(&t->bytes);
    free(t->pieces);
    memset(t, 0, sizeof *t);
}

static shk_item *add_item(reader *r, bool by_server, uint8_t content, shk_span raw)
{
    shk_view *view = r->view;
    const direction *d = &r->directions[by_server];
    if (view->count == view->cap) {
        const size_t cap = view->cap == 0 ? 32 : 2 * view->cap;
        shk_item *more = (shk_item *)realloc(view->items, cap * sizeof *view->items);
        view->lost = view->lost || more == NULL;
        if (more == NULL)
            return NULL;
        view->items = more;
        view->cap = cap;
    }
    const size_t at = view->arena.len;
    if (shk_buf_append(&view->arena, raw) != SHK_OK) {
        view->lost = true;
        return NULL;
    }
    shk_item *item = &view->items[view->count++];
    *item = (shk_item){.sent = by_server == view->of_server,
                       .by_server = by_server,
                       .opened = true,
                       .content = content,
                       .id = SHK_MSG_COUNT,
                       .under = d->under,
                       .epoch = d->epoch,
                       .handshake = r->handshake,
                       .aligned = true,
                       .at = at,
                       .raw = shk_span_of(NULL, raw.len)};
    return item;
}

static void use_keys(direction *d, shk_under under)
{
    d->is_protected = true;
    d->under = under;
    d->epoch++;
}

/* The keys of one end behind its ChangeCipherSpec: none, where the ServerHello cannot be read or
 * has an unknown suite; but what comes is no plaintext for that. */
static void change_cipher_spec(reader *r, bool by_server)
{
    direction *d = &r->directions[by_server];
    const shk_span randoms[2] = {shk_span_of(r->randoms[0], RANDOM),
                                 shk_span_of(r->randoms[1], RANDOM)};
    uint8_t master[SHK_MAX_KEY_LINE_SECRET];
    if (!r->hello_seen || r->version >= SHK_TLS13)
        return;
    r->has_changed = true;
    shk_opener_free(&d->opener);
    const size_t len = r->source(r->context, "CLIENT_RANDOM", r->randoms[0], master);
    if (len > 0 && r->suite != NULL)
        (void)shk_opener_of_master(&d->opener, r->crypto, r->suite, r->version, r->encrypt_then_mac,
                                   shk_span_of(master, len), randoms, by_server);
    use_keys(d, SHK_UNDER_APPLICATION);
}

static const char *label_of(bool by_server, shk_under under)
{
    switch (under) {
    case SHK_UNDER_EARLY:
        return by_server ? NULL : "CLIENT_EARLY_TRAFFIC_SECRET";
    case SHK_UNDER_HANDSHAKE:
        return by_server ? "SERVER_HANDSHAKE_TRAFFIC_SECRET" : "CLIENT_HANDSHAKE_TRAFFIC_SECRET";
    default:
        return by_server ? "SERVER_TRAFFIC_SECRET_0" : "CLIENT_TRAFFIC_SECRET_0";
    }
}

/* Tries a suite with the secret of these keys; on success they are in use. */
static bool open_by(reader *r, direction *d, const shk_suite_row *suite, shk_under under,
                    shk_span secret, uint8_t *type, shk_span fragment)
{
    shk_opener opener = {0};
    if (!shk_opener_of_secret(&opener, r->crypto, suite, secret))
        return false;
    if (!shk_opener_open(&opener, type, fragment, &r->opened)) {
        shk_opener_free(&opener);
        return false;
    }
    shk_opener_free(&d->opener);
    d->opener = opener;
    use_keys(d, under);
    return true;
}

/* Before the ServerHello the suite of early data is not known: any whose hash has that size. */
static bool open_early(reader *r, direction *d, shk_span secret, uint8_t *type, shk_span fragment)
{
    for (size_t i = 0; i < shk_suite_count; i++) {
        const shk_suite_row *suite = &shk_suite_rows[i];
        if (suite->min_version >= SHK_TLS13 && shk_hash_size(suite->hash) == secret.len &&
            open_by(r, d, suite, SHK_UNDER_EARLY, secret, type, fragment))
            return true;
    }
    return false;
}

/* By the keys in use, or else the first later ones that open it. */
static bool open_13(reader *r, bool by_server, uint8_t *type, shk_span fragment)
{
    direction *d = &r->directions[by_server];
    uint8_t secret[SHK_MAX_KEY_LINE_SECRET];
    if (d->is_protected && shk_opener_open(&d->opener, type, fragment, &r->opened))
        return true;
    for (unsigned u = d->under + 1; u <= SHK_UNDER_APPLICATION; u++) {
        const shk_under under = (shk_under)u;
        const char *label = label_of(by_server, under);
        const size_t len = label != NULL ? r->source(r->context, label, r->randoms[0], secret) : 0;
        const shk_span span = shk_span_of(secret, len);
        if (len == 0 || (under != SHK_UNDER_EARLY && r->suite == NULL))
            continue;
        if (under == SHK_UNDER_EARLY ? open_early(r, d, span, type, fragment)
                                     : shk_hash_size(r->suite->hash) == len &&
                                           open_by(r, d, r->suite, under, span, type, fragment))
            return true;
    }
    return false;
}

static void note_client_hello(reader *r, shk_item *item, shk_span body)
{
    shk_hello hello;
    if (!shk_hello_of_client(body, &hello))
        return;
    if (r->hello_answered)
        item->handshake = ++r->handshake;
    r->hello_answered = false;
    memcpy(r->randoms[0], hello.random.data, RANDOM);
}

static void note_server_hello(reader *r, shk_span body)
{
    shk_hello hello;
    r->hello_seen = true;
    if (!shk_hello_of_server(body, &hello))
        return;
    r->hello_answered = true;
    r->version = shk_hello_version(&hello);
    r->suite = shk_suite_of(hello.suite);
    r->encrypt_then_mac = shk_has_extension(hello.extensions, SHK_EXT_encrypt_then_mac);
    memcpy(r->randoms[1], hello.random.data, RANDOM);
}

static void note_message(reader *r, shk_item *item, shk_span body)
{
    direction *d = &r->directions[item->by_server];
    if (item->id == SHK_MSG_client_hello && !item->by_server)
        note_client_hello(r, item, body);
    else if (item->id == SHK_MSG_server_hello && item->by_server)
        note_server_hello(r, body);
    else if (item->id == SHK_MSG_key_update && d->under == SHK_UNDER_APPLICATION &&
             shk_opener_update(&d->opener))
        d->epoch++;
}

/* A whole message; `is_last`: nothing of another came with it. */
static bool read_message(reader *r, bool by_server, shk_span raw, bool is_last)
{
    direction *d = &r->directions[by_server];
    const shk_span body = shk_span_of(raw.data + MESSAGE_HEADER, raw.len - MESSAGE_HEADER);
    shk_item *item = add_item(r, by_server, SHK_HANDSHAKE, raw);
    if (item == NULL)
        return false;
    item->id = shk_message_identify(raw.data[0], r->version, body);
    item->aligned = is_last;
    item->across_keys = d->message_epoch != d->epoch;
    item->under = d->message_under;
    const unsigned epoch = d->epoch;
    note_message(r, item, body);
    d->message_under = d->under;
    d->message_epoch = epoch;
    return true;
}

static void read_handshake(reader *r, bool by_server, shk_span content)
{
    size_t at = 0;
    direction *d = &r->directions[by_server];
    if (d->message.len == 0) {
        d->message_under = d->under;
        d->message_epoch = d->epoch;
    }
    if (shk_buf_append(&d->message, content) != SHK_OK) {
        r->view->lost = true;
        return;
    }
    while (d->message.len - at >= MESSAGE_HEADER) {
        const uint8_t *data = d->message.data + at;
        const size_t left = d->message.len - at;
        const size_t len =
            MESSAGE_HEADER + ((size_t)data[1] << 16 | (size_t)data[2] << 8 | data[3]);
        if (left < len || !read_message(r, by_server, shk_span_of(data, len), left == len))
            break;
        at += len;
    }
    shk_buf_drop(&d->message, at);
}

static void read_content(reader *r, bool by_server, uint8_t type, shk_span content)
{
    if (type == SHK_HANDSHAKE) {
        read_handshake(r, by_server, content);
        return;
    }
    shk_item *item = add_item(r, by_server, type, content);
    if (item != NULL && type == SHK_CHANGE_CIPHER_SPEC) {
        item->aligned = r->directions[by_server].message.len == 0; /* not within a message */
        change_cipher_spec(r, by_server);
    }
}

static void read_record(reader *r, bool by_server, uint8_t type, shk_span fragment)
{
    direction *d = &r->directions[by_server];
    /* Where no ServerHello could be read, of the version too. */
    const bool unknown = r->suite == NULL && type == SHK_APPLICATION_DATA && !d->is_protected;
    const bool below_13 =
        !unknown && (r->has_changed || (r->suite != NULL && r->version < SHK_TLS13));
    const bool is_protected = below_13 ? d->is_protected : type == SHK_APPLICATION_DATA;
    const uint8_t outer = type;
    if (!is_protected) {
        const shk_under under = d->under;
        if (!below_13) {
            d->under = SHK_UNDER_NONE; /* plaintext in TLS 1.3 shows itself by its type */
            if (r->suite != NULL && type != SHK_CHANGE_CIPHER_SPEC)
                r->view->mistyped[by_server] = true;
        }
        read_content(r, by_server, type, fragment);
        if (!below_13)
            d->under = under;
        return;
    }
    if (below_13 ? shk_opener_open(&d->opener, &type, fragment, &r->opened)
                 : open_13(r, by_server, &type, fragment)) {
        read_content(r, by_server, type, shk_buf_span(&r->opened));
        return;
    }
    shk_item *item = add_item(r, by_server, outer, fragment);
    if (item != NULL)
        item->opened = false;
}

static void read_bytes(reader *r, bool by_server, shk_span bytes)
{
    direction *d = &r->directions[by_server];
    if (shk_buf_append(&d->record, bytes) != SHK_OK) {
        r->view->lost = true;
        return;
    }
    size_t at = 0;
    while (d->record.len - at >= RECORD_HEADER) {
        const uint8_t *data = d->record.data + at;
        const size_t len = (size_t)data[3] << 8 | data[4];
        if (d->record.len - at < RECORD_HEADER + len)
            break;
        read_record(r, by_server, data[0], shk_span_of(data + RECORD_HEADER, len));
        at += RECORD_HEADER + len;
    }
    shk_buf_drop(&d->record, at);
}

shk_span shk_item_body(const shk_item *item)
{
    return shk_span_of(item->raw.data + MESSAGE_HEADER, item->raw.len - MESSAGE_HEADER);
}

bool shk_item_is(const shk_item *item, shk_message id)
{
    return item->content == SHK_HANDSHAKE && item->opened && item->id == id;
}

shk_span shk_extension_of(shk_span block, shk_extension extension)
{
    shk_seen_extension seen;
    while (shk_raw_extension_next(&block, &seen))
        if (seen.type == shk_extension_rows[extension].value)
            return shk_span_of(seen.body.data != NULL ? seen.body.data : (const uint8_t *)"",
                               seen.body.len);
    return shk_span_of(NULL, 0);
}

bool shk_has_extension(shk_span block, shk_extension extension)
{
    return shk_extension_of(block, extension).data != NULL;
}

const shk_hello *shk_last_client_hello(const shk_first_handshake *first)
{
    if (first->client_hellos[1] != NULL)
        return &first->client[1];
    return first->client_hellos[0] != NULL ? &first->client[0] : NULL;
}

static void note_once(const shk_item **at, const shk_item *item)
{
    if (*at == NULL)
        *at = item;
}

static void note_hello(shk_first_handshake *f, const shk_item *item)
{
    const shk_span body = shk_item_body(item);
    const size_t n = f->client_hellos[0] != NULL;
    if (item->id == SHK_MSG_client_hello && !item->by_server && f->client_hellos[n] == NULL &&
        shk_hello_of_client(body, &f->client[n]))
        f->client_hellos[n] = item;
    if (item->id == SHK_MSG_hello_retry_request && item->by_server && f->retry == NULL &&
        f->server_hello == NULL && shk_hello_of_server(body, &f->retried))
        f->retry = item;
    if (item->id == SHK_MSG_server_hello && item->by_server && f->server_hello == NULL &&
        shk_hello_of_server(body, &f->server)) {
        f->server_hello = item;
        f->version = shk_hello_version(&f->server);
        f->suite = shk_suite_of(f->server.suite);
    }
}

static void note_first(shk_first_handshake *f, const shk_item *item)
{
    const size_t side = item->by_server;
    if (item->content != SHK_HANDSHAKE || !item->opened)
        return;
    note_hello(f, item);
    if (f->finished[0] != NULL && f->finished[1] != NULL)
        return; /* what comes after the handshake */
    switch (item->id) {
    case SHK_MSG_encrypted_extensions:
        note_once(&f->encrypted_extensions, item);
        break;
    case SHK_MSG_certificate:
    case SHK_MSG_certificate_12:
    case SHK_MSG_compressed_certificate:
        note_once(&f->certificates[side], item);
        break;
    case SHK_MSG_certificate_request:
    case SHK_MSG_certificate_request_12:
        note_once(&f->certificate_request, item);
        break;
    case SHK_MSG_certificate_verify:
        note_once(&f->verifies[side], item);
        break;
    case SHK_MSG_server_key_exchange:
        note_once(&f->server_key_exchange, item);
        break;
    case SHK_MSG_finished:
        note_once(&f->finished[side], item);
        break;
    default:
        break;
    }
}

static void finish(reader *r)
{
    shk_view *view = r->view;
    for (size_t i = 0; i < view->count; i++)
        if (view->items[i].raw.len > 0)
            view->items[i].raw.data = view->arena.data + view->items[i].at;
    for (size_t i = 0; i < view->count; i++)
        if (view->items[i].handshake == 0)
            note_first(&view->first, &view->items[i]);
    for (size_t i = 0; i < 2; i++) {
        shk_buf_free(&r->directions[i].record);
        shk_buf_wipe(&r->directions[i].message);
        shk_opener_free(&r->directions[i].opener);
    }
    shk_buf_wipe(&r->opened);
}

void shk_view_read(shk_view *view, const shk_timeline *timeline, bool of_server,
                   const shk_crypto *crypto, shk_secret_source *source, const void *context)
{
    reader r = {.view = view, .crypto = crypto, .source = source, .context = context};
    size_t at = 0;
    view->of_server = of_server;
    view->arena = shk_buf_growing(&shk_libc_allocator);
    r.opened = shk_buf_growing(&shk_libc_allocator);
    for (size_t i = 0; i < 2; i++) {
        r.directions[i].record = shk_buf_growing(&shk_libc_allocator);
        r.directions[i].message = shk_buf_growing(&shk_libc_allocator);
    }
    for (size_t i = 0; i < timeline->count; i++) {
        const shk_timeline_piece *piece = &timeline->pieces[i];
        if (piece->len == 0)
            continue;
        read_bytes(&r, piece->sent == of_server,
                   shk_span_of(timeline->bytes.data + at, piece->len));
        at += piece->len;
    }
    finish(&r);
}

void shk_view_free(shk_view *view)
{
    shk_buf_wipe(&view->arena);
    free(view->items);
    memset(view, 0, sizeof *view);
}
