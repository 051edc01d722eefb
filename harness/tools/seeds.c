/* `shakedown seeds`: records fuzzing seeds from real handshakes of our end with all three kinds,
 * cut into messages and extensions. What a target's input looks like (a selector byte where a row
 * has several forms): fuzz/driver.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/options.h"
#include "drive/drive.h"
#include "drive/endpoint_kinds.h"
#include "tools/tools_commands.h"

enum {
    MAX_ARGUMENTS = 10,
    MAX_PER_TARGET = 4,
    FIRST_EXTENSION = SHK_MSG_COUNT,
    MAX_TARGETS = FIRST_EXTENSION + SHK_EXT_COUNT,
    MAX_SEED = 4096
};

typedef struct {
    const char *folder;
    const char *pair; /* names of the ends, for the seed's name */
    unsigned written[MAX_TARGETS];
    uint64_t seen[MAX_TARGETS][MAX_PER_TARGET]; /* hashes of the shapes of the seeds there are */
    bool failed;
} seed_writer;

/* Two seeds of the same form and nearly the same length are redundant for a fuzzer. */
static uint64_t shape_of(size_t form, size_t len)
{
    return (uint64_t)form << 32 | (len / 8 + 1);
}

static bool is_new(seed_writer *w, unsigned target, uint64_t shape)
{
    if (w->written[target] == MAX_PER_TARGET)
        return false;
    for (unsigned i = 0; i < w->written[target]; i++)
        if (w->seen[target][i] == shape)
            return false;
    w->seen[target][w->written[target]++] = shape;
    return true;
}

static void write_seed(seed_writer *w, unsigned target, const char *name, const char *form_name,
                       size_t form, size_t forms, shk_span body)
{
    char path[1024];
    if (body.len > MAX_SEED || !is_new(w, target, shape_of(form, body.len)))
        return;
    snprintf(path, sizeof path, "%s/%s", w->folder, name);
    if (mkdir(path, 0777) != 0 && errno != EEXIST) {
        w->failed = true;
        shk_cli_fail("seeds", SHK_EXIT_USAGE, "%s: %s", path, strerror(errno));
        return;
    }
    snprintf(path, sizeof path, "%s/%s/recorded-%s-%s%s%zu", w->folder, name, w->pair,
             form_name != NULL ? form_name : "", form_name != NULL ? "-" : "", body.len);
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        w->failed = true;
        shk_cli_fail("seeds", SHK_EXIT_USAGE, "%s: %s", path, strerror(errno));
        return;
    }
    if (forms > 1)
        fputc((int)form, file);
    fwrite(body.data, 1, body.len, file);
    w->failed |= fclose(file) != 0;
}

/* The number of the form among the row's. */
static size_t form_index(const shk_form_list *forms, const shk_form *form)
{
    for (size_t i = 0; i < forms->count; i++) {
        const shk_form *f = &forms->forms[i];
        bool versions = f->version == 0 || f->version == form->version;
        bool exchanges = f->key_exchange == 0 || f->key_exchange == form->key_exchange;
        bool types = f->certificate_type == form->certificate_type;
        bool lengths = f->verify_length == 0 || f->verify_length == form->verify_length;
        if (versions && exchanges && lengths && types)
            return i;
        if (f->verify_length != 0 && lengths)
            return i;
        if (f->version == SHK_TLS12 && form->version == SHK_TLS13 && f->key_exchange == 0 &&
            f->verify_length == 0)
            return i;
    }
    return 0;
}

/* A ServerHello's extensions may stand in the one of TLS 1.3 or of TLS 1.2: the first that fits is
 * taken. */
static void write_extension(void *context, uint16_t type, uint16_t place, shk_span data)
{
    seed_writer *w = (seed_writer *)context;
    shk_extension id = shk_extension_identify(type);
    size_t count = id == SHK_EXT_COUNT ? 0 : shk_extension_form_count(id);
    for (size_t i = 0; i < count; i++) {
        shk_form form = shk_extension_form(id, i);
        char name[80];
        if ((form.place & place) == 0)
            continue;
        snprintf(name, sizeof name, "ext_%s", shk_extension_rows[id].name);
        write_seed(w, FIRST_EXTENSION + (unsigned)id, name, form.name, i, count, data);
        return;
    }
}

static void observe(void *context, bool sent, shk_message id, const shk_form *form, shk_span raw)
{
    seed_writer *w = (seed_writer *)context;
    const shk_message_row *row = &shk_message_rows[id];
    shk_span body = shk_span_of(raw.data + 4, raw.len - 4);
    size_t index = form_index(row->forms, form);
    (void)sent;
    write_seed(w, id, row->name, row->forms->count > 1 ? row->forms->forms[index].name : NULL,
               index, row->forms->count, body);
    shk_visit_extensions(row->layout->shape, form, body, write_extension, w);
}

typedef struct {
    const char *client;
    const char *server;
    const char *arguments[MAX_ARGUMENTS]; /* of both ends: name, value, ...; key, client-key and
                                             status_file name files of the test PKI */
    bool retry;
    bool resume; /* a second connection follows, from the session of the first */
    shk_drive_options drive;
} seed_run;

enum { JUNE_2025 = 1750161600, FILE_NAME = 1024, EARLY_DATA = 4096 };

typedef struct {
    const shk_endpoint_kind *kinds[2];
    shk_cli_end ends[2];
    shk_endpoint_setup *setups[2];
    char files[6][FILE_NAME]; /* that the ends point to */
} seed_pair;

/* Has an end show PKI/NAME.pem; the server then asks the client for it. */
static void show(seed_pair *p, int side, const char *pki, const char *name)
{
    char *certificate = p->files[1 + 2 * side];
    char *key = p->files[2 + 2 * side];
    snprintf(certificate, FILE_NAME, "%s/%s.pem", pki, name);
    snprintf(key, FILE_NAME, "%s/%s.key", pki, name);
    p->ends[side].config.certificate_file = certificate;
    p->ends[side].config.key_file = key;
    if (side == 0) {
        p->ends[1].config.ca_file = p->files[0];
        p->ends[1].config.client_auth = SHK_CLIENT_AUTH_REQUIRE;
    }
}

static bool describe(seed_pair *p, const seed_run *r, const char *pki, char *why)
{
    snprintf(p->files[0], FILE_NAME, "%s/roots.pem", pki);
    for (size_t i = 0; i + 1 < MAX_ARGUMENTS && r->arguments[i] != NULL; i += 2) {
        const char *name = r->arguments[i], *value = r->arguments[i + 1];
        if (strcmp(name, "key") == 0 || strcmp(name, "client-key") == 0) {
            show(p, strcmp(name, "key") == 0 ? 1 : 0, pki, value);
            continue;
        }
        if (strcmp(name, "status_file") == 0) {
            snprintf(p->files[5], FILE_NAME, "%s/%s", pki, value);
            p->ends[0].config.status_request = SHK_STAPLING_DEMAND;
            p->ends[1].config.status_file = p->files[5];
            continue;
        }
        for (int side = 0; side < 2; side++)
            if ((side == 1 || !r->retry || strcmp(name, "groups") != 0) &&
                !shk_cli_set_end(&p->ends[side], name, value, why))
                return false;
    }
    if (!p->ends[0].config.raw_server_key) /* a raw key is not verified by trust anchors */
        p->ends[0].config.ca_file = p->files[0];
    p->ends[0].config.server_name = "server.shakedown.test";
    p->ends[0].config.resume = r->resume;
    p->ends[0].config.early_data = r->drive.early_data > 0;
    p->ends[1].config.max_early_data = r->drive.early_data > 0 ? EARLY_DATA : 0;
    p->ends[1].config.server = true;
    return true;
}

/* An OpenSSL server keeps the protocol through a renegotiation that says nothing of it, and we do
 * not. */
static bool set_up(seed_pair *p, const seed_run *r, seed_writer *w, char *why)
{
    for (int side = 0; side < 2; side++) {
        shk_endpoint_config *config = &p->ends[side].config;
        config->alpn = r->drive.renegotiate == SHK_RENEGOTIATE_NEVER ? "h2,http/1.1" : NULL;
        config->time = JUNE_2025;
        config->ticket_seed = 1;
        config->observer = observe;
        config->observer_context = w;
        if (!p->kinds[side]->setup(config, &p->setups[side], why))
            return false;
    }
    return true;
}

static bool connect_ends(seed_pair *p, const seed_run *r, uint64_t seed, char *why)
{
    shk_endpoint *ends[2] = {p->kinds[0]->open(p->setups[0], seed),
                             p->kinds[1]->open(p->setups[1], seed + 1)};
    shk_drive_options options = r->drive;
    options.key_updates = true;
    shk_verdict verdict = {.kind = SHK_VERDICT_BROKEN, .why = "no memory"};
    if (ends[0] != NULL && ends[1] != NULL)
        shk_drive(p->kinds[0], ends[0], p->kinds[1], ends[1], &options, &verdict);
    for (int side = 0; side < 2; side++)
        if (ends[side] != NULL)
            p->kinds[side]->close(ends[side]);
    memcpy(why, verdict.why, SHK_WHY_SIZE);
    return verdict.kind == SHK_VERDICT_GOOD;
}

static bool run(seed_writer *w, const seed_run *r, const char *pki)
{
    char why[SHK_WHY_SIZE];
    char pair[64];
    seed_pair *p = (seed_pair *)calloc(1, sizeof *p);
    if (p == NULL)
        return false;
    p->kinds[0] = shk_endpoint_kind_named(r->client);
    p->kinds[1] = shk_endpoint_kind_named(r->server);
    snprintf(pair, sizeof pair, "%s-%s", r->client, r->server);
    w->pair = pair;
    bool ok = describe(p, r, pki, why) && set_up(p, r, w, why) && connect_ends(p, r, 1, why) &&
              (!r->resume || connect_ends(p, r, 3, why));
    if (!ok)
        shk_cli_fail("seeds", SHK_EXIT_FAILED, "%s: %s", pair, why);
    for (int side = 0; side < 2; side++)
        if (p->setups[side] != NULL)
            p->kinds[side]->teardown(p->setups[side]);
    free(p);
    return ok;
}

#define PSK(suite)                                                                                 \
    "key", "rsa2048", "tls", "1.2", "suites", suite, "psk_identity", "one", "psk", "00112233"
static const seed_run runs[] = {
    {.client = "openssl", .server = "ours", .arguments = {"key", "p256", "tls", "1.3"}},
    {.client = "gnutls", .server = "ours", .arguments = {"key", "p256", "tls", "1.3"}},
    {.client = "ours", .server = "openssl", .arguments = {"key", "p256", "tls", "1.3"}},
    {.client = "ours", .server = "gnutls", .arguments = {"key", "ed25519", "tls", "1.3"}},
    {.client = "ours", .server = "ours", .arguments = {"key", "rsa2048", "tls", "1.3"}},
    {.client = "ours",
     .server = "openssl",
     .arguments = {"key", "p256", "tls", "1.3", "groups", "secp384r1"},
     .retry = true},
    {.client = "ours",
     .server = "gnutls",
     .arguments = {"key", "p256", "tls", "1.3", "groups", "secp384r1"},
     .retry = true},
    {.client = "gnutls",
     .server = "ours",
     .arguments = {"key", "p256", "tls", "1.3", "suites", "TLS_AES_256_GCM_SHA384"}},
    {.client = "openssl", .server = "ours", .arguments = {"key", "rsa2048", "tls", "1.2"}},
    {.client = "gnutls", .server = "ours", .arguments = {"key", "p256", "tls", "1.2"}},
    {.client = "ours", .server = "openssl", .arguments = {"key", "p384", "tls", "1.2"}},
    {.client = "ours", .server = "gnutls", .arguments = {"key", "rsa2048", "tls", "1.2"}},
    {.client = "ours",
     .server = "openssl",
     .arguments = {"key", "rsa2048", "tls", "1.2", "suites", "TLS_RSA_WITH_AES_128_GCM_SHA256"}},
    {.client = "ours", .server = "ours", .arguments = {"key", "p256", "tls", "1.2"}},
    {.client = "openssl", .server = "ours", .arguments = {"key", "p256"}},
    {.client = "gnutls", .server = "ours", .arguments = {"key", "p256"}},
    {.client = "ours",
     .server = "openssl",
     .arguments = {"key", "p256", "tls", "1.3"},
     .resume = true},
    {.client = "ours",
     .server = "gnutls",
     .arguments = {"key", "p256", "tls", "1.3", "groups", "secp384r1"},
     .retry = true,
     .resume = true},
    {.client = "openssl",
     .server = "ours",
     .arguments = {"key", "p256", "tls", "1.3"},
     .resume = true},
    {.client = "gnutls",
     .server = "ours",
     .arguments = {"key", "p256", "tls", "1.3"},
     .resume = true},
    {.client = "ours",
     .server = "openssl",
     .arguments = {"key", "p256", "tls", "1.2"},
     .resume = true},
    {.client = "openssl",
     .server = "ours",
     .arguments = {"key", "p256", "tls", "1.2"},
     .resume = true},
    {.client = "gnutls",
     .server = "ours",
     .arguments = {"key", "p256", "tls", "1.2", "session_store", "ids"},
     .resume = true},
    {.client = "ours",
     .server = "openssl",
     .arguments = {"key", "p256", "client-key", "client-rsa2048", "tls", "1.3"}},
    {.client = "gnutls",
     .server = "ours",
     .arguments = {"key", "p256", "client-key", "client-p256", "tls", "1.3"}},
    {.client = "ours",
     .server = "gnutls",
     .arguments = {"key", "p256", "client-key", "client-ed25519", "tls", "1.2"}},
    {.client = "openssl",
     .server = "ours",
     .arguments = {"key", "p256", "client-key", "client-rsa2048", "tls", "1.2"}},
    {.client = "ours",
     .server = "ours",
     .arguments = {"key", "p256", "tls", "1.3", "psk_identity", "one", "psk", "00112233"}},
    {.client = "openssl",
     .server = "ours",
     .arguments = {PSK("TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256")}},
    {.client = "ours",
     .server = "openssl",
     .arguments = {PSK("TLS_RSA_PSK_WITH_AES_128_GCM_SHA256")}},
    {.client = "gnutls",
     .server = "ours",
     .arguments = {PSK("TLS_DHE_PSK_WITH_AES_128_GCM_SHA256")}},
    {.client = "ours", .server = "gnutls", .arguments = {PSK("TLS_PSK_WITH_AES_256_GCM_SHA384")}},
    {.client = "openssl",
     .server = "ours",
     .arguments = {"tls", "1.2", "suites", "TLS_DH_anon_WITH_AES_128_GCM_SHA256"}},
    {.client = "ours",
     .server = "openssl",
     .arguments = {"tls", "1.2", "suites", "TLS_ECDH_anon_WITH_AES_128_CBC_SHA"}},
    {.client = "ours",
     .server = "openssl",
     .arguments = {"key", "p256", "tls", "1.3"},
     .resume = true,
     .drive = {.early_data = 64}},
    {.client = "gnutls",
     .server = "ours",
     .arguments = {"key", "p256", "tls", "1.3"},
     .resume = true,
     .drive = {.early_data = 64}},
    {.client = "ours",
     .server = "openssl",
     .arguments = {"key", "p256", "tls", "1.2", "status_file", "p256.ocsp"}},
    {.client = "openssl",
     .server = "ours",
     .arguments = {"key", "p256", "tls", "1.3", "status_file", "p256.ocsp"}},
    {.client = "ours",
     .server = "gnutls",
     .arguments = {"key", "p256", "tls", "1.2", "raw_public_keys", "yes"}},
    {.client = "gnutls",
     .server = "ours",
     .arguments = {"key", "p256", "tls", "1.3", "raw_public_keys", "yes"}},
    {.client = "ours",
     .server = "ours",
     .arguments = {"key", "p256", "tls", "1.3", "cert_comp", "zlib,brotli,zstd"}},
    {.client = "ours",
     .server = "openssl",
     .arguments = {"key", "p256", "tls", "1.2", "renegotiation", "yes"},
     .drive = {.renegotiate = SHK_RENEGOTIATE_BY_CLIENT}},
};

int shk_tools_seeds(int argc, char **argv)
{
    shk_cli_command command = {
        .name = "seeds",
        .positional = "PKI-FOLDER SEED-FOLDER",
        .help =
            "Writes SEED-FOLDER/TARGET/recorded-... from handshakes of our end with all kinds.\n"
            "Exit: 0 written, 1 a handshake failed, or a file cannot be written, 2 wrong use, 3 no "
            "memory.\n"
            "Example: shakedown seeds corpora/pki FOLDER"};
    int first;
    bool ok = true;
    int code = shk_cli_parse(&command, argc, argv, &first);
    if (code >= 0)
        return code;
    if (argc - first != 2)
        return shk_cli_fail("seeds", SHK_EXIT_USAGE, "two folders are needed, not %d",
                            argc - first);
    seed_writer *w = (seed_writer *)calloc(1, sizeof *w);
    if (w == NULL)
        return shk_cli_fail("seeds", SHK_EXIT_ENVIRONMENT, "no memory");
    w->folder = argv[first + 1];
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++)
        ok &= run(w, &runs[i], argv[first]);
    unsigned count = 0;
    for (size_t i = 0; i < MAX_TARGETS; i++)
        count += w->written[i];
    ok &= !w->failed;
    free(w);
    printf("%u seeds recorded in %s\n", count, argv[first + 1]);
    return ok ? SHK_EXIT_GOOD : SHK_EXIT_FAILED;
}
