/* Drawing scripts (play/tamper.h). */
#include "play/tamper.h"

#include <stdio.h>
#include <string.h>

#include "deviate/fields.h"
#include "deviate/operation.h"

enum { SCRIPT_SIZE = 2048, OPERATION_SIZE = 512, PATH_SIZE = 256, TRIES = 1000 };

/* What a script is drawn into. */
typedef struct {
    const shk_random *random;
    shk_player_role player;
    uint16_t version; /* of the set-up; 0: both */
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

/* What each side sends, the more likely the more often it stands here. */
static const shk_message messages[2][14] = {
    {SHK_MSG_client_hello, SHK_MSG_client_hello, SHK_MSG_client_hello, SHK_MSG_client_hello,
     SHK_MSG_client_hello, SHK_MSG_client_hello, SHK_MSG_finished, SHK_MSG_finished,
     SHK_MSG_certificate, SHK_MSG_certificate_12, SHK_MSG_certificate_verify,
     SHK_MSG_client_key_exchange, SHK_MSG_client_key_exchange, SHK_MSG_end_of_early_data},
    {SHK_MSG_server_hello, SHK_MSG_server_hello, SHK_MSG_server_hello, SHK_MSG_server_hello,
     SHK_MSG_hello_retry_request, SHK_MSG_encrypted_extensions, SHK_MSG_certificate,
     SHK_MSG_certificate_12, SHK_MSG_certificate_verify, SHK_MSG_certificate_request,
     SHK_MSG_server_key_exchange, SHK_MSG_server_hello_done, SHK_MSG_finished,
     SHK_MSG_new_session_ticket}};

static bool is_of_version(const draft *d, shk_message id)
{
    const shk_message_row *row = &shk_message_rows[id];
    return d->version == 0 || (d->version >= row->min_version && d->version <= row->max_version);
}

/* A message that is sent in such a run, or now and then any. Points of a middle name the side. */
static unsigned add_target(draft *d)
{
    static const char *const sides[2] = {"client/", "server/"};
    const uint32_t side =
        d->player == SHK_PLAYER_MIDDLE ? below(d->random, 2) : d->player == SHK_PLAYER_SERVER;
    shk_message id;
    do
        id = one_in(d->random, 16) ? (shk_message)below(d->random, SHK_MSG_COUNT)
                                   : messages[side][below(d->random, 14)];
    while (!is_of_version(d, id));
    if (d->player == SHK_PLAYER_MIDDLE)
        add(d, sides[side]);
    add(d, shk_target_name(id));
    return id;
}

static void add_field(draft *d)
{
    const unsigned target = add_target(d);
    const shk_fields *outline = shk_outline_of(target);
    shk_path path = {0, {0}};
    char text[PATH_SIZE];
    if (outline == NULL || outline->count < 2)
        return;
    path.node = (uint16_t)(1 + below(d->random, (uint32_t)outline->count - 1));
    if (one_in(d->random, 4))
        path.indices[0] = 1;
    shk_path_bound(target, &path);
    shk_path_text(target, &path, text, sizeof text);
    add(d, ".");
    add(d, text);
}

/* A name of the tables: of a suite, a group or a scheme. */
static const char *a_name(const shk_random *random)
{
    switch (below(random, 3)) {
    case 0:
        return shk_suite_rows[below(random, (uint32_t)shk_suite_count)].name;
    case 1:
        return shk_group_rows[below(random, SHK_GROUP_COUNT)].name;
    default:
        return shk_signature_scheme_rows[below(random, (uint32_t)shk_signature_scheme_count)].name;
    }
}

static void add_value(draft *d)
{
    static const uint32_t lengths[] = {0, 1, 2, 16, 31, 32, 48, 65};
    const uint32_t len = lengths[below(d->random, sizeof lengths / sizeof lengths[0])];
    switch (below(d->random, 7)) {
    case 0:
        add(d, a_name(d->random));
        break;
    case 1:
        add_number(d, "", below(d->random, 256));
        break;
    case 2:
        add_number(d, "u16:", below(d->random, 65536));
        break;
    case 3:
        add_number(d, "zeros:", len);
        break;
    case 4:
        add_number(d, "fill:ff*", len);
        break;
    case 5:
        add(d, "\"other.shakedown.test\"");
        break;
    default:
        add(d, "copy:");
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
        (void)add_target(d);
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
        (void)add_target(d);
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
    unsigned kind;
    do
        kind = below(d->random, SHK_OPERATIONS);
    while (!alters(kind));
    d->len = 0;
    d->text[0] = 0;
    snprintf(form, sizeof form, "%s", shk_operation_form(kind));
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

/* Honest set-ups. Where there are two connections both have it. */
static const struct {
    uint16_t version;
    const char *text;
} setups[] = {
    {SHK_TLS13, "setup both tls=1.3"},
    {SHK_TLS13, "setup both tls=1.3 alpn=h2\nsetup server client-auth=request"},
    {SHK_TLS13, "setup both tls=1.3\nsetup client groups=x25519,secp256r1 key-shares=1\n"
                "setup server groups=secp256r1"},
    {SHK_TLS12, "setup both tls=1.2"},
    {SHK_TLS12, "setup both tls=1.2\nsetup server session-store=ids"},
    {SHK_TLS12, "setup both tls=1.2 suites=TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"},
    {SHK_TLS12, "setup client max-protocol=1.2"},
    {0, "setup both alpn=h2,http/1.1"},
};

shk_script *shk_tamper_script(const shk_random *random)
{
    static const char *const players[] = {[SHK_PLAYER_CLIENT] = "client",
                                          [SHK_PLAYER_SERVER] = "server",
                                          [SHK_PLAYER_MIDDLE] = "middle"};
    char text[SCRIPT_SIZE];
    char why[SHK_WHY_SIZE];
    shk_script *script = NULL;
    const uint32_t setup = below(random, sizeof setups / sizeof setups[0]);
    const bool second = one_in(random, 2);
    draft d = {.random = random,
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
