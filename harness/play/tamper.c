/* Drawing scripts (play/tamper.h). */
#include "play/tamper.h"

#include <stdio.h>
#include <string.h>

#include "deviate/operation.h"

enum { SCRIPT_SIZE = 2048, OPERATION_SIZE = 512, PATH_SIZE = 256, TRIES = 1000 };

/* What a script is drawn into. */
typedef struct {
    const shk_random *random;
    const shk_sample *sample;
    shk_player_role player;
    uint16_t version;                   /* of the set-up; 0: both */
    unsigned kind;                      /* of the operation */
    const shk_sampled_message *message; /* the last that was drawn, and a field of it; NULL: none */
    const shk_field *field;
    char text[OPERATION_SIZE];
    size_t len;
} draft;

static uint32_t below(const shk_random *random, uint32_t limit)
{
    uint32_t drawn;
    random->fill(random->context, (uint8_t *)&drawn, sizeof drawn);
    return drawn % limit;
}

static bool one_in(const shk_random *random, uint32_t n)
{
    return below(random, n) == 0;
}

static void add(draft *d, const char *text)
{
    const size_t len = strlen(text);
    if (d->len + len + 1 > sizeof d->text)
        return;
    memcpy(d->text + d->len, text, len + 1);
    d->len += len;
}

static void add_number(draft *d, const char *before, uint32_t number)
{
    char text[32];
    snprintf(text, sizeof text, "%s%u", before, number);
    add(d, text);
}

/* Draws a message that such a run has: of the side that deviates, or of either where that is a
 * middle, whose points name it. Hellos come more often. */
static const shk_sampled_message *a_message(const draft *d)
{
    const shk_sampled_message *m;
    bool is_hello, is_sent;
    do {
        m = &d->sample->messages[below(d->random, (uint32_t)d->sample->count)];
        is_sent =
            d->player == SHK_PLAYER_MIDDLE || m->by_server == (d->player == SHK_PLAYER_SERVER);
        is_hello = m->id == SHK_MSG_client_hello || m->id == SHK_MSG_server_hello;
    } while (!is_sent || (!is_hello && one_in(d->random, 2)));
    return m;
}

static void add_message(draft *d, const shk_sampled_message *m)
{
    d->message = m;
    if (d->player == SHK_PLAYER_MIDDLE)
        add(d, m->by_server ? "server/" : "client/");
    add(d, shk_target_name(m->id));
    if (m->time > 1)
        add_number(d, "#", m->time);
}

/* Whether the field is one of those below another, an extension's counting as below the message. */
static bool is_below(const shk_field *list, const shk_field *f, int parent)
{
    if (f->parent == parent)
        return f->name == NULL || strcmp(f->name, "extensions") != 0;
    return parent == SHK_WHOLE_MESSAGE && f->parent > SHK_WHOLE_MESSAGE &&
           list[f->parent].parent == SHK_WHOLE_MESSAGE && list[f->parent].name != NULL &&
           strcmp(list[f->parent].name, "extensions") == 0;
}

/* One of the fields right below another; SHK_NO_FIELD: there is none. */
static int draw_below(const draft *d, const shk_fields *fields, int parent)
{
    int drawn = SHK_NO_FIELD;
    uint32_t count = 0;
    for (size_t i = 1; i < fields->count; i++)
        if (is_below(fields->list, &fields->list[i], parent) && below(d->random, ++count) == 0)
            drawn = (int)i;
    return drawn;
}

/* Whether the operation is for such a field. */
static bool fits(unsigned kind, const shk_field *f)
{
    const bool is_item = f->name == NULL;
    switch (kind) {
    case SHK_OP_INCREASE:
        return f->leaf && f->width > 0;
    case SHK_OP_INSERT:
    case SHK_OP_INSERT_AT:
    case SHK_OP_DUPLICATE:
        return is_item;
    case SHK_OP_LENGTH:
        return f->prefix > 0;
    default:
        return true;
    }
}

/* A field of the message, on a way down that ends at random. SHK_NO_FIELD: it has none. */
static int a_field(const draft *d, const shk_sampled_message *m)
{
    int field = draw_below(d, &m->fields, SHK_WHOLE_MESSAGE);
    int next = field;
    while (field != SHK_NO_FIELD && !one_in(d->random, 4) &&
           (next = draw_below(d, &m->fields, field)) != SHK_NO_FIELD)
        field = next;
    return field;
}

/* A second field is of the same message, as those that are swapped have to be. */
static void add_field(draft *d)
{
    const shk_sampled_message *m = d->message;
    char path[PATH_SIZE];
    int field = SHK_NO_FIELD;
    for (int i = 0; i < TRIES; i++) {
        m = d->message != NULL ? d->message : a_message(d);
        field = a_field(d, m);
        if (field != SHK_NO_FIELD && fits(d->kind, &m->fields.list[field]))
            break;
    }
    add_message(d, m);
    if (field == SHK_NO_FIELD)
        return;
    d->field = &m->fields.list[field];
    shk_sampled_path(m, field, path, sizeof path);
    add(d, ".");
    add(d, path);
}

static const char *a_suite(const draft *d)
{
    const shk_suite_row *row;
    do
        row = &shk_suite_rows[below(d->random, (uint32_t)shk_suite_count)];
    while (d->version != 0 && (d->version < row->min_version || d->version > row->max_version));
    return row->name;
}

/* A number for the field, of those that have names if it is such. */
static void add_number_value(draft *d)
{
    shk_namer *namer = d->field->namer;
    if (namer == shk_suite_name)
        add(d, a_suite(d));
    else if (namer == shk_group_name)
        add(d, shk_group_rows[below(d->random, SHK_GROUP_COUNT)].name);
    else if (namer == shk_signature_scheme_name)
        add(d,
            shk_signature_scheme_rows[below(d->random, (uint32_t)shk_signature_scheme_count)].name);
    else
        add_number(d, "", below(d->random, one_in(d->random, 2) ? 4 : 256));
}

/* Bytes, mostly as many as the field has. */
static void add_value(draft *d)
{
    const uint32_t now = d->field != NULL ? (uint32_t)(d->field->end - d->field->start) : 4;
    const uint32_t len = one_in(d->random, 4) ? below(d->random, 66) : now;
    if (d->field != NULL && d->field->width > 0 && d->field->leaf && !one_in(d->random, 8)) {
        add_number_value(d);
        return;
    }
    switch (below(d->random, 5)) {
    case 0:
    case 1:
        add_number(d, "zeros:", len);
        break;
    case 2:
        add_number(d, "fill:ff*", len);
        break;
    case 3:
        add(d, "\"other.shakedown.test\"");
        break;
    default:
        add(d, "copy:");
        d->message = NULL;
        add_field(d);
        break;
    }
}

static void add_item(draft *d)
{
    switch (below(d->random, 4)) {
    case 0:
        add(d, "change_cipher_spec");
        break;
    case 1:
        add(d, "application_data \"x\"");
        break;
    case 2:
        add(d, "copy ");
        add_message(d, a_message(d));
        break;
    default:
        add(d, shk_message_rows[below(d->random, SHK_MSG_COUNT)].name);
        add(d, " ");
        add_value(d);
        break;
    }
}

static void add_operand(draft *d, const char *word)
{
    static const char *const secrets[] = {"shared", "premaster", "master", "psk", "verify_data"};
    static const char *const keys[] = {"plaintext", "previous", "1", "2"};
    if (strcmp(word, "FIELD") == 0)
        add_field(d);
    else if (strcmp(word, "POINT") == 0)
        add_message(d, a_message(d));
    else if (strcmp(word, "NUMBER") == 0)
        add_number(d, "", below(d->random, one_in(d->random, 4) ? 300 : 4));
    else if (strcmp(word, "VALUE") == 0)
        add_value(d);
    else if (strcmp(word, "ITEM") == 0)
        add_item(d);
    else if (strcmp(word, "SECRET") == 0)
        add(d, secrets[below(d->random, sizeof secrets / sizeof secrets[0])]);
    else if (strcmp(word, "KEYS") == 0)
        add(d, keys[below(d->random, sizeof keys / sizeof keys[0])]);
    else if (strcmp(word, "SCHEME") == 0)
        add(d,
            shk_signature_scheme_rows[below(d->random, (uint32_t)shk_signature_scheme_count)].name);
    else if (strcmp(word, "FILE") == 0)
        add(d, "other");
    else if (strcmp(word, "TEXT") == 0)
        add(d, "\"x\"");
    else
        add(d, word);
}

/* What alters nothing by itself: our own end only goes on, and has not read what it needs then. */
static bool alters(unsigned kind)
{
    return kind != SHK_OP_GO_ON && kind != SHK_OP_GO_ON_AFTER && kind != SHK_OP_WAIT;
}

/* Fills the form of an operation in; what is in brackets is left out, or taken. */
static void draw_operation(draft *d)
{
    char form[OPERATION_SIZE];
    char *rest;
    bool skips = false;
    do /* half of them on fields, which come first in the table */
        d->kind = below(d->random, one_in(d->random, 2) ? SHK_OP_DROP : SHK_OPERATIONS);
    while (!alters(d->kind));
    d->message = NULL;
    d->field = NULL;
    d->len = 0;
    d->text[0] = 0;
    snprintf(form, sizeof form, "%s", shk_operation_form(d->kind));
    for (char *word = strtok_r(form, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        const size_t len = strlen(word);
        const bool ends = word[len - 1] == ']';
        if (word[0] == '[')
            skips = one_in(d->random, 2);
        if (ends)
            word[len - 1] = 0;
        if (!skips) {
            add(d, d->len > 0 ? " " : "");
            add_operand(d, word[0] == '[' ? word + 1 : word);
        }
        skips = skips && !ends;
    }
    if (one_in(d->random, 8))
        add(d, ", keep lengths");
}

/* Honest set-ups. Both connections of a run have it. */
static const struct {
    uint16_t version;
    const char *text;
} setups[SHK_TAMPER_SETUPS] = {
    {SHK_TLS13, "setup both tls=1.3"},
    {SHK_TLS13, "setup both tls=1.3 suites=TLS_AES_128_GCM_SHA256"},
    {SHK_TLS13, "setup both tls=1.3 alpn=h2\nsetup server client-auth=request"},
    {SHK_TLS13, "setup both tls=1.3\nsetup client groups=x25519,secp256r1 key-shares=1\n"
                "setup server groups=secp256r1"},
    {SHK_TLS12, "setup both tls=1.2"},
    {SHK_TLS12, "setup both tls=1.2\nsetup server session-store=ids"},
    {SHK_TLS12, "setup both tls=1.2 suites=TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"},
    {SHK_TLS12, "setup client max-protocol=1.2"},
    {0, "setup both alpn=h2,http/1.1"},
};

bool shk_tamper_begin(shk_tamper *tamper)
{
    char text[SCRIPT_SIZE];
    char why[SHK_WHY_SIZE];
    bool ok = true;
    memset(tamper, 0, sizeof *tamper);
    for (size_t i = 0; ok && i < SHK_TAMPER_SETUPS; i++) {
        shk_script *script = NULL;
        snprintf(text, sizeof text, "player client\n%s\nsecond\n", setups[i].text);
        ok = shk_script_parse(shk_span_of_text(text), "honest run", &script, why) &&
             shk_sample_take(script, tamper->samples[i]);
        shk_script_free(script);
    }
    return ok;
}

void shk_tamper_free(shk_tamper *tamper)
{
    for (size_t i = 0; i < SHK_TAMPER_SETUPS; i++)
        for (size_t k = 0; k < 2; k++)
            shk_sample_free(&tamper->samples[i][k]);
}

shk_script *shk_tamper_script(const shk_tamper *tamper, const shk_random *random)
{
    static const char *const players[] = {[SHK_PLAYER_CLIENT] = "client",
                                          [SHK_PLAYER_SERVER] = "server",
                                          [SHK_PLAYER_MIDDLE] = "middle"};
    char text[SCRIPT_SIZE];
    char why[SHK_WHY_SIZE];
    shk_script *script = NULL;
    const uint32_t setup = below(random, SHK_TAMPER_SETUPS);
    const bool second = one_in(random, 2);
    draft d = {.random = random,
               .sample = &tamper->samples[setup][second],
               .player = (shk_player_role)below(random, 3),
               .version = setups[setup].version};
    for (int i = 0; i < TRIES; i++) {
        draw_operation(&d);
        snprintf(text, sizeof text, "player %s\n%s\n%s%s\n", players[d.player], setups[setup].text,
                 second ? "second\n" : "", d.text);
        if (shk_script_parse(shk_span_of_text(text), "", &script, why))
            return script;
    }
    return NULL;
}
