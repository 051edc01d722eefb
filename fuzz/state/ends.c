/* The two ends of a stateful target (state/ends.h). */
#include "state/ends.h"

#include <string.h>

#include "shakedown/conn.h"

const shk_state_target shk_state_targets[] = {
#define SHK_STATE_TARGET(name, is_server, is_13) {#name, is_server, is_13},
#include "state/targets.def"
#undef SHK_STATE_TARGET
};
const size_t shk_state_target_count = sizeof shk_state_targets / sizeof shk_state_targets[0];

const shk_state_target *shk_state_target_of(const char *name)
{
    for (size_t i = 0; i < shk_state_target_count; i++)
        if (strcmp(shk_state_targets[i].name, name) == 0)
            return &shk_state_targets[i];
    return NULL;
}

enum {
    TWO_KEYS = 7,                /* row of identities whose key is shown beside the first */
    CLIENT = SHK_STATE_KEYS - 1, /* the client's row */
    DSA_KEY = 4,
    SHORT_MESSAGE = 2048
};

/* The keys of the servers, and of the client. */
static const shk_toy_identity identities[SHK_STATE_KEYS] = {
    {.kind = SHK_KEY_P256, .stapled = true, .with_an_issuer = true},
    {.kind = SHK_KEY_RSA, .stapled = true},
    {.kind = SHK_KEY_ED25519},
    {.kind = SHK_KEY_P384},
    {.kind = SHK_KEY_DSA},
    {.kind = SHK_KEY_RSA_PSS},
    {.kind = SHK_KEY_ED448},
    {.kind = SHK_KEY_RSA, .name = "other.shakedown.test", .number = 1},
    {.kind = SHK_KEY_P256, .name = "client.shakedown.test", .number = 2},
};

static const shk_ticket_key ticket_key = {.name = {1}, .key = {2, 3, 5, 7}};
static const uint8_t psk_bytes[32] = {23, 29, 31, 37};
static const shk_external_psk plain_psks[] = {
    {.identity = {(const uint8_t *)"one", 3}, .key = {psk_bytes, 32}},
    {.identity = {(const uint8_t *)"two", 3}, .key = {psk_bytes, 16}, .hash = SHK_HASH_SHA384}};
static const shk_external_psk imported_psk = {
    .identity = {(const uint8_t *)"one", 3}, .key = {psk_bytes, 32}, .import = true};
static const char *const protocols[] = {"h2", "http/1.1"};
/* keyUsage: digitalSignature (RFC 8446 §4.2.5) */
static const uint8_t signing_filter[12] = {5, 6, 3, 0x55, 0x1d, 0x0f, 0, 4, 3, 2, 7, 0x80};
static const uint16_t compressions[] = {1, 2, 3};
static const uint8_t raw_keys[] = {SHK_CERTIFICATE_RAW_PUBLIC_KEY, SHK_CERTIFICATE_X509};

/* Few, of all kinds of key exchange and protection: a hello with all that there are costs most of
 * an input's time. */
static const uint16_t usual_13[] = {SHK_TLS_AES_128_GCM_SHA256,
                                    SHK_TLS_AES_256_GCM_SHA384,
                                    SHK_TLS_CHACHA20_POLY1305_SHA256,
                                    SHK_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
                                    SHK_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
                                    SHK_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA};
static const uint16_t usual_12[] = {SHK_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
                                    SHK_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
                                    SHK_TLS_DHE_RSA_WITH_AES_128_GCM_SHA256,
                                    SHK_TLS_RSA_WITH_AES_128_GCM_SHA256,
                                    SHK_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
                                    SHK_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
                                    SHK_TLS_RSA_WITH_AES_128_CBC_SHA,
                                    SHK_TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA};
static const uint16_t suites_13[][2] = {
    {0},
    {SHK_TLS_AES_128_GCM_SHA256},
    {SHK_TLS_CHACHA20_POLY1305_SHA256},
    {SHK_TLS_AES_256_GCM_SHA384},
    {SHK_TLS_AES_128_CCM_SHA256},
    {SHK_TLS_AES_128_CCM_8_SHA256},
};
static const uint16_t suites_12[][2] = {
    {0},
    {SHK_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, SHK_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256},
    {SHK_TLS_RSA_WITH_AES_128_GCM_SHA256},
    {SHK_TLS_RSA_WITH_AES_128_CBC_SHA},
    {SHK_TLS_DHE_RSA_WITH_AES_128_GCM_SHA256},
    {SHK_TLS_DHE_DSS_WITH_AES_128_CBC_SHA},
    {SHK_TLS_DH_anon_WITH_AES_128_CBC_SHA},
    {SHK_TLS_ECDH_anon_WITH_AES_128_CBC_SHA},
    {SHK_TLS_PSK_WITH_AES_128_CBC_SHA},
    {SHK_TLS_DHE_PSK_WITH_AES_128_GCM_SHA256},
    {SHK_TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA},
    {SHK_TLS_RSA_PSK_WITH_AES_128_GCM_SHA256},
    {SHK_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
     SHK_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256},
    {SHK_TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8, SHK_TLS_DHE_RSA_WITH_AES_128_CCM_8},
    {SHK_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, SHK_TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA},
    {SHK_TLS_RSA_WITH_NULL_SHA256, SHK_TLS_ECDHE_ECDSA_WITH_NULL_SHA},
};
/* {minimum, maximum} */
static const uint16_t versions_13[][2] = {
    {SHK_TLS13, SHK_TLS13}, {SHK_TLS12, SHK_TLS13}, {SHK_TLS10, SHK_TLS13}, {SHK_TLS13, SHK_TLS13}};
static const uint16_t versions_12[][2] = {
    {SHK_TLS12, SHK_TLS12}, {SHK_TLS11, SHK_TLS11}, {SHK_TLS10, SHK_TLS10}, {SHK_TLS10, SHK_TLS12}};
static const uint16_t dsa_schemes[] = {SHK_dsa_sha256, SHK_ecdsa_secp256r1_sha256,
                                       SHK_rsa_pkcs1_sha256};
static const uint16_t any_group[] = {SHK_x25519, SHK_secp256r1, SHK_ffdhe2048, SHK_X25519MLKEM768};
static const uint16_t other_group[] = {SHK_secp256r1};
static const uint16_t finite_field[] = {SHK_ffdhe2048};
static const uint16_t hybrid[] = {SHK_X25519MLKEM768, SHK_x25519};

static int64_t june_2025(void *context)
{
    (void)context;
    return INT64_C(1750161600000);
}

static void fill(void *context, uint8_t *bytes, size_t len)
{
    shk_state_random *random = (shk_state_random *)context;
    for (size_t done = 0; done < len; done += 8) {
        uint64_t word = random->state += UINT64_C(0x9e3779b97f4a7c15);
        word = (word ^ word >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        memcpy(bytes + done, &word, len - done < 8 ? len - done : 8);
    }
}

shk_random shk_state_random_of(shk_state_random *random, bool is_server)
{
    random->state = is_server ? 2 : 1;
    return (shk_random){fill, random};
}

bool shk_state_ends_new(shk_state_ends *ends, shk_toy_mode mode, const shk_allocator *allocator)
{
    static const shk_ech_settings settings = {.public_name = "public.shakedown.test"};
    shk_state_random drawn;
    const shk_random random = shk_state_random_of(&drawn, true);
    memset(ends, 0, sizeof *ends);
    ends->allocator = allocator;
    ends->lasting = shk_toy_new(mode, &shk_libc_allocator);
    ends->crypto = shk_toy_new(mode, allocator);
    bool ok = ends->lasting != NULL && ends->crypto != NULL;
    for (size_t i = 0; ok && i < SHK_STATE_KEYS; i++) {
        ok = shk_toy_credential_new(ends->lasting, &identities[i], &ends->keys[i]) == SHK_OK;
        ends->shown[i] = ends->keys[i];
    }
    ends->shown[CLIENT] = ends->keys[0]; /* the second of two keys */
    ends->shown[CLIENT + 1] = ends->keys[CLIENT];
    shk_buf configs = shk_buf_over(ends->ech_configs, sizeof ends->ech_configs);
    ok = ok && shk_ech_make_key(ends->lasting, &random, &settings, &configs,
                                ends->ech_key.private_key) == SHK_OK;
    ends->ech_key.configs = shk_buf_span(&configs);
    if (!ok)
        shk_state_ends_free(ends);
    return ok;
}

void shk_state_ends_free(shk_state_ends *ends)
{
    for (size_t i = 0; i < SHK_STATE_KEYS; i++)
        if (ends->keys[i] != NULL)
            shk_toy_credential_free(ends->lasting, ends->keys[i]);
    shk_toy_free(ends->crypto);
    shk_toy_free(ends->lasting);
    memset(ends, 0, sizeof *ends);
}

/* A list of suites that ends at a zero; none is the default. */
static shk_u16s suites_of(const shk_state_settings *s, bool is_13)
{
    size_t rows_13 = sizeof suites_13 / sizeof suites_13[0];
    const uint16_t *row = is_13 ? suites_13[s->suites % rows_13] : suites_12[s->suites];
    if (row[0] == 0)
        return is_13 ? (shk_u16s){usual_13, sizeof usual_13 / 2}
                     : (shk_u16s){usual_12, sizeof usual_12 / 2};
    return (shk_u16s){row, row[1] == 0 ? 1 : 2};
}

static void set_versions(shk_config *c, const shk_state_settings *s, bool is_13)
{
    const uint16_t *row = is_13 ? versions_13[s->versions] : versions_12[s->versions];
    c->min_version = row[0];
    c->max_version = row[1];
    c->suites = suites_of(s, is_13);
    if (s->key == DSA_KEY)
        c->schemes = (shk_u16s){dsa_schemes, 3};
}

static void set_groups(shk_config *c, const shk_state_settings *s)
{
    static const shk_u16s of_server[] = {
        {any_group, 4}, {other_group, 1}, {finite_field, 1}, {hybrid, 1}};
    c->groups = s->groups == 3 && !c->is_server ? (shk_u16s){hybrid, 2}
                : c->is_server                  ? of_server[s->groups]
                                                : of_server[0];
}

static void set_psks(shk_config *c, const shk_state_settings *s)
{
    bool needed = shk_suite_has_psk(shk_suite_of(c->suites.values[0]));
    if (s->psk == 0 && !needed)
        return;
    c->psks = s->psk == 2 ? &imported_psk : plain_psks;
    c->psk_count = s->psk == 3 ? 2 : 1;
    c->psk_mode = (shk_psk_mode)(s->psk_mode % 3);
    c->psk_hint = s->more_extensions ? shk_span_of_text("hint") : c->psk_hint;
}

static void set_credentials(shk_config *c, const shk_state_ends *ends, const shk_state_settings *s)
{
    bool verifies = !s->unverified && (!c->is_server || s->client_auth != 0);
    c->trust = verifies ? shk_toy_trust() : NULL;
    c->clock.now_ms = june_2025;
    if (c->is_server) {
        c->credentials = ends->shown + s->key;
        c->credential_count = s->key == TWO_KEYS ? 2 : 1;
        c->client_auth = (shk_client_auth)(s->client_auth % 3);
        if (s->oid_filters && c->min_version == SHK_TLS13 && !s->raw_keys)
            c->oid_filters = shk_span_of(signing_filter, sizeof signing_filter);
    } else if (s->client_auth != 0) {
        c->credentials = ends->shown + CLIENT + 1;
        c->credential_count = 1;
    }
    c->post_handshake_auth = s->post_handshake_auth;
    if (!s->raw_keys)
        return;
    c->own_certificate_types = c->peer_certificate_types = shk_span_of(raw_keys, sizeof raw_keys);
    if (verifies) {
        c->peer_keys = c->is_server ? &ends->keys[CLIENT]->key_info : &ends->keys[s->key]->key_info;
        c->peer_key_count = 1;
    }
}

static void set_client(shk_config *c, const shk_state_ends *ends, const shk_state_settings *s,
                       bool is_13)
{
    c->server_name = "server.shakedown.test";
    c->status_request = (shk_stapling)(s->stapling % (c->trust != NULL ? 3 : 2));
    c->early_data = s->early_data;
    if (s->ech == 2)
        c->ech_grease = true;
    else if (s->ech == 1 && is_13)
        c->ech_configs = ends->ech_key.configs;
    if (s->limit == 1)
        c->max_fragment_length = 512;
    if (!s->more_extensions)
        return;
    c->request_timestamps = c->name_authorities = true;
    c->chain_schemes = c->schemes;
    c->hello_padding = 1024;
}

static void set_server(shk_config *c, const shk_state_ends *ends, const shk_state_settings *s)
{
    static const uint8_t counts[] = {2, 0, 1, 5};
    c->request_cookie = s->cookie;
    c->ticket_count = counts[s->tickets];
    if (s->resumption != 2) {
        c->ticket_keys = &ticket_key;
        c->ticket_key_count = 1;
    }
    if (s->ech == 1) {
        c->ech_keys = &ends->ech_key;
        c->ech_key_count = 1;
    }
}

shk_config shk_state_config(const shk_state_ends *ends, const shk_state_settings *s, bool is_13,
                            bool is_server)
{
    shk_config c = shk_config_default(is_server, ends->crypto);
    c.allocator = ends->allocator;
    set_versions(&c, s, is_13);
    set_groups(&c, s);
    set_psks(&c, s);
    set_credentials(&c, ends, s);
    if (is_server)
        set_server(&c, ends, s);
    else
        set_client(&c, ends, s, is_13);
    if (s->protocols) {
        c.protocols = protocols;
        c.protocol_count = 2;
    }
    if (s->compression)
        c.certificate_compressions = (shk_u16s){compressions, 3};
    c.renegotiation = s->renegotiation;
    c.grease = s->grease;
    c.no_encrypt_then_mac = s->no_encrypt_then_mac;
    c.no_extended_master_secret = s->no_extended_master_secret;
    c.strict = s->strict;
    c.record_size_limit = s->limit == 2 ? 100 : 0;
    c.record_padding = s->limit == 3 ? 64 : 0;
    if (s->short_messages)
        c.max_message = c.max_certificate = SHORT_MESSAGE;
    if (s->short_keys)
        c.records_per_key = 2;
    return c;
}
