/* Pre-shared keys of TLS 1.3: offered, bound and selected (RFC 8446 §4.2.11), and imported (RFC
 * 9258). */
#include "handshake/sessions/psk_13.h"

#include <string.h>

#include "crypto/derive.h"
#include "crypto/hash_parts.h"
#include "extensions/pre_shared_key.h"
#include "extensions/psk_key_exchange_modes.h"
#include "handshake/sessions/session_trust.h"
#include "handshake/sessions/ticket.h"
#include "handshake/state/peer.h"
#include "shakedown/errors.h"

enum { PSK_KE = 0, PSK_DHE_KE = 1 };
/* ImportedIdentity (RFC 9258 §5.1): two vectors of up to SHK_MAX_IMPORTED_IDENTITY bytes together,
 * target_protocol and target_kdf. */
enum { MAX_IMPORTED = 2 + 2 + SHK_MAX_IMPORTED_IDENTITY + 2 + 2 };

/* The hashes that a PSK is imported for, and their numbers in the registry of KDFs (RFC 9258 §10).
 */
static const struct {
    shk_hash hash;
    uint16_t kdf;
} targets[] = {{SHK_HASH_SHA256, 1}, {SHK_HASH_SHA384, 2}};
enum { TARGETS = sizeof targets / sizeof targets[0] };

static void put_u16(shk_buf *out, size_t value)
{
    out->data[out->len++] = (uint8_t)(value >> 8);
    out->data[out->len++] = (uint8_t)value;
}

static void put_opaque16(shk_buf *out, shk_span bytes)
{
    put_u16(out, bytes.len);
    if (bytes.len > 0)
        memcpy(out->data + out->len, bytes.data, bytes.len);
    out->len += bytes.len;
}

/* Appends the ImportedIdentity for a target to `out`, which has the room (RFC 9258 §5.1). */
static shk_span imported_identity(const shk_external_psk *external, size_t target, shk_buf *out)
{
    size_t start = out->len;
    put_opaque16(out, external->identity);
    put_opaque16(out, external->import_context);
    put_u16(out, SHK_TLS13);
    put_u16(out, targets[target].kdf);
    return shk_span_of(out->data + start, out->len - start);
}

/* Derives ipskx for psk->identity, an ImportedIdentity of the target (RFC 9258 §5.1). */
static shk_status import_psk(shk_conn *conn, const shk_external_psk *external, size_t target,
                             shk_psk *psk)
{
    const shk_crypto *crypto = conn->crypto;
    shk_hash own = external->hash == SHK_HASH_NONE ? SHK_HASH_SHA256 : external->hash;
    uint8_t extracted[SHK_MAX_HASH], digest[SHK_MAX_HASH];
    psk->hash = targets[target].hash;
    psk->key_len = shk_hash_size(psk->hash);
    psk->origin = SHK_PSK_IMPORTED;
    psk->external = external;
    SHK_TRY(shk_hash_parts(crypto, own, &psk->identity, 1, digest));
    SHK_TRY(shk_hkdf_extract(crypto, own, shk_span_of(NULL, 0), external->key, extracted));
    shk_status status =
        shk_expand_label(crypto, own, extracted, "derived psk",
                         shk_span_of(digest, shk_hash_size(own)), psk->key, psk->key_len);
    shk_wipe(extracted, sizeof extracted);
    return status;
}

static void take_key(shk_psk *psk, shk_span key)
{
    memcpy(psk->key, key.data, key.len);
    psk->key_len = key.len;
}

static void use_external(const shk_external_psk *external, shk_psk *psk)
{
    psk->identity = external->identity;
    psk->hash = external->hash == SHK_HASH_NONE ? SHK_HASH_SHA256 : external->hash;
    psk->origin = SHK_PSK_EXTERNAL;
    psk->external = external;
    take_key(psk, external->key);
}

static bool offers_session(shk_conn *conn)
{
    return conn->handshake->session.version >= SHK_TLS13 && shk_session_offered(conn);
}

static shk_status collect_externals(shk_conn *conn)
{
    shk_handshake *hs = conn->handshake;
    hs->psk.imported.len = 0;
    for (size_t i = 0; i < conn->config->psk_count; i++) {
        const shk_external_psk *external = &conn->config->psks[i];
        if (external->identity.len == 0) /* which PskIdentity cannot hold */
            continue;
        if (!external->import) {
            use_external(external, &hs->psk.list[hs->psk.count++]);
            continue;
        }
        if (hs->psk.imported.cap == 0) /* all at once: spans point into it */
            SHK_TRY(shk_buf_reserve(&hs->psk.imported, SHK_MAX_PSKS * TARGETS * MAX_IMPORTED));
        for (size_t target = 0; target < TARGETS; target++) {
            shk_psk *psk = &hs->psk.list[hs->psk.count++];
            psk->identity = imported_identity(external, target, &hs->psk.imported);
            SHK_TRY(import_psk(conn, external, target, psk));
        }
    }
    return SHK_OK;
}

/* RFC 8446 §4.2.11.1: the milliseconds since the ticket came. Both times were rounded down, so that
 * their difference can be one more than have passed; a server that counts exactly (GnuTLS) refuses
 * a ticket that is older than it can be. */
static uint32_t ticket_age(shk_conn *conn)
{
    int64_t age = shk_conn_now_ms(conn) - shk_session_ms(conn->handshake->session.start);
    return (uint32_t)(age > 0 ? age - 1 : age);
}

/* From the first byte up, on every machine. */
static uint32_t random_u32(shk_conn *conn)
{
    uint8_t bytes[4];
    conn->random.fill(conn->random.context, bytes, sizeof bytes);
    return (uint32_t)bytes[3] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[1] << 8 | bytes[0];
}

/* Where an outer ClientHello is built, PSKs that nobody has stand in place of those that were
 * collected (RFC 9849 §6.1.2). */
static shk_status replace_by_grease(shk_conn *conn)
{
    shk_handshake *hs = conn->handshake;
    shk_buf *names = &hs->ech.psk_identities;
    size_t len = 0, at = 0;
    if (!hs->ech.building_outer)
        return SHK_OK;
    if (hs->ech.status == SHK_ECH_REJECTED) /* they have done their part */
        hs->psk.count = 0;
    for (size_t i = 0; i < hs->psk.count; i++)
        len += hs->psk.list[i].identity.len;
    if (len == 0)
        return SHK_OK;
    names->len = 0;
    SHK_TRY(shk_buf_reserve(names, len));
    names->len = len;
    conn->random.fill(conn->random.context, names->data, len);
    for (size_t i = 0; i < hs->psk.count; i++) {
        shk_psk *psk = &hs->psk.list[i];
        psk->identity.data = names->data + at;
        at += psk->identity.len;
        conn->random.fill(conn->random.context, psk->key, psk->key_len);
        psk->obfuscated_ticket_age = random_u32(conn);
    }
    return SHK_OK;
}

shk_status shk_collect_psks(shk_conn *conn)
{
    shk_handshake *hs = conn->handshake;
    const shk_session *s = &hs->session;
    memset(hs->psk.list, 0, sizeof hs->psk.list);
    hs->psk.count = 0;
    if (conn->max_version < SHK_TLS13)
        return SHK_OK;
    if (offers_session(conn)) {
        shk_psk *psk = &hs->psk.list[hs->psk.count++];
        psk->identity = s->ticket;
        psk->obfuscated_ticket_age = ticket_age(conn) + s->age_add;
        psk->hash = shk_suite_of(s->suite)->hash;
        take_key(psk, s->secret);
    }
    SHK_TRY(collect_externals(conn));
    size_t kept = 0; /* after a HelloRetryRequest: what fits its suite (§4.1.4) */
    for (size_t i = 0; i < hs->psk.count; i++)
        if (hs->retry.suite == NULL || hs->psk.list[i].hash == hs->retry.suite->hash)
            hs->psk.list[kept++] = hs->psk.list[i];
    hs->psk.count = kept;
    return replace_by_grease(conn);
}

size_t shk_binders_length(const shk_handshake *hs)
{
    size_t len = 2;
    for (size_t i = 0; i < hs->psk.count; i++)
        len += 1 + shk_hash_size(hs->psk.list[i].hash);
    return len;
}

/* A binder (§4.2.11.2, RFC 9258 §5.2): an HMAC over the hash of the messages. `early` and `key`
 * have room for a secret each, which the caller wipes. */
static shk_status compute_binder(const shk_crypto *crypto, const shk_psk *psk,
                                 const uint8_t *transcript, uint8_t *early, uint8_t *key,
                                 uint8_t *out)
{
    static const char *const labels[] = {[SHK_PSK_RESUMPTION] = "res binder",
                                         [SHK_PSK_EXTERNAL] = "ext binder",
                                         [SHK_PSK_IMPORTED] = "imp binder"};
    size_t size = shk_hash_size(psk->hash);
    shk_span none = {NULL, 0};
    SHK_TRY(shk_hkdf_extract(crypto, psk->hash, none, shk_span_of(psk->key, psk->key_len), early));
    SHK_TRY(shk_derive_secret(crypto, psk->hash, early, labels[psk->origin], NULL, key));
    SHK_TRY(shk_expand_label(crypto, psk->hash, key, "finished", none, key, size));
    const shk_span hashed = shk_span_of(transcript, size);
    return crypto->hmac(crypto, psk->hash, shk_span_of(key, size), &hashed, 1, out);
}

/* One binder: over the transcript before, and `truncated`. */
static shk_status binder(shk_conn *conn, const shk_psk *psk, shk_span before, shk_span truncated,
                         uint8_t *out)
{
    const shk_crypto *crypto = conn->crypto;
    const shk_span parts[] = {before, truncated};
    uint8_t early[SHK_MAX_HASH], key[SHK_MAX_HASH], digest[SHK_MAX_HASH];
    SHK_TRY(shk_hash_parts(crypto, psk->hash, parts, 2, digest));
    shk_status status = compute_binder(crypto, psk, digest, early, key, out);
    shk_wipe(early, sizeof early);
    shk_wipe(key, sizeof key);
    return status;
}

shk_status shk_fill_binders(shk_conn *conn, shk_buf *message)
{
    const shk_handshake *hs = conn->handshake;
    if (hs->psk.count == 0)
        return SHK_OK;
    shk_span truncated = shk_span_of(message->data, message->len - shk_binders_length(hs));
    uint8_t *at = message->data + truncated.len + 2;
    for (size_t i = 0; i < hs->psk.count; i++) {
        SHK_TRY(binder(conn, &hs->psk.list[i], shk_transcript_messages(&hs->transcript), truncated,
                       at + 1));
        at += 1 + shk_hash_size(hs->psk.list[i].hash);
    }
    return SHK_OK;
}

/* Takes the PSK into the key schedule. */
static void use_psk(shk_conn *conn, const shk_psk *psk, uint16_t index)
{
    shk_handshake *hs = conn->handshake;
    memcpy(hs->psk.key, psk->key, psk->key_len);
    hs->psk.key_len = psk->key_len;
    hs->psk.index = index;
    conn->negotiated.resumed = psk->origin == SHK_PSK_RESUMPTION;
    if (conn->negotiated.resumed)
        shk_session_restore_peer(conn, &hs->session);
    else
        shk_authenticated_by_psk(conn, psk->external);
}

shk_status shk_accept_psk(shk_conn *conn, uint16_t selected)
{
    shk_handshake *hs = conn->handshake;
    if (selected >= hs->psk.count || hs->psk.list[selected].hash != conn->suite->hash)
        return shk_conn_fail_field(conn, "selected_identity", SHK_E_UNSUPPORTED_SELECTION);
    use_psk(conn, &hs->psk.list[selected], selected);
    return SHK_OK;
}

/* Server: whether an identity is that of the configuration's PSK; fills in the rest of `psk`. */
static shk_status match_external(shk_conn *conn, const shk_external_psk *external, shk_psk *psk,
                                 bool *found)
{
    uint8_t memory[MAX_IMPORTED];
    shk_span identity = psk->identity;
    if (!external->import) {
        *found = shk_span_equal(identity, external->identity);
        if (*found)
            use_external(external, psk);
        return SHK_OK;
    }
    for (size_t target = 0; target < TARGETS && !*found; target++) {
        shk_buf imported = shk_buf_over(memory, sizeof memory);
        *found = shk_span_equal(identity, imported_identity(external, target, &imported));
        if (*found)
            SHK_TRY(import_psk(conn, external, target, psk));
    }
    return SHK_OK;
}

/* Server: whether a ticket resumes to a suite of the hash; fills in the rest of `psk`. The early
 * data that it allows may be on its way, whatever becomes of it. */
static bool recognise_ticket(shk_conn *conn, shk_hash hash, shk_psk *psk)
{
    shk_handshake *hs = conn->handshake;
    const shk_session *s = &hs->session;
    if (!shk_ticket_open(conn, psk->identity, &hs->ticket_bytes, &hs->session))
        return false;
    if (conn->early_data_skip_left > 0 && s->max_early_data > conn->early_data_skip_left)
        conn->early_data_skip_left = s->max_early_data;
    psk->hash = shk_suite_of(s->suite)->hash;
    psk->origin = SHK_PSK_RESUMPTION;
    take_key(psk, s->secret);
    return s->version >= SHK_TLS13 && psk->hash == hash && shk_session_acceptable(conn, s);
}

/* Server: whether an identity is one that we can use with suites of the hash; fills in the rest of
 * `psk`. */
static shk_status recognise(shk_conn *conn, shk_hash hash, shk_psk *psk, bool *found)
{
    const shk_config *config = conn->config;
    *found = false;
    for (size_t i = 0; i < config->psk_count && !*found; i++)
        SHK_TRY(match_external(conn, &config->psks[i], psk, found));
    *found = *found ? psk->hash == hash && !shk_requires_client(conn)
                    : recognise_ticket(conn, hash, psk);
    return SHK_OK;
}

static bool wants_mode(const shk_extension_block *block, uint8_t mode)
{
    shk_psk_key_exchange_modes modes;
    shk_extension_get(block, SHK_EXT_psk_key_exchange_modes, SHK_IN_CLIENT_HELLO, &modes);
    for (size_t i = 0; i < modes.ke_modes.len; i++)
        if (modes.ke_modes.data[i] == mode)
            return true;
    return false;
}

/* Which modes both ends take (§4.2.9). */
static void read_modes(shk_conn *conn, const shk_extension_block *block)
{
    shk_handshake *hs = conn->handshake;
    shk_psk_mode ours = conn->config->psk_mode;
    hs->psk.with_dhe = ours != SHK_PSK_KE && wants_mode(block, PSK_DHE_KE);
    hs->psk.without_dhe = ours != SHK_PSK_DHE_KE && wants_mode(block, PSK_KE);
    conn->client_takes_tickets = hs->psk.with_dhe || hs->psk.without_dhe;
}

shk_status shk_find_psk(shk_conn *conn, const shk_client_hello *hello, shk_hash hash)
{
    shk_handshake *hs = conn->handshake;
    shk_psk *psk = &hs->psk.list[0];
    shk_pre_shared_key m;
    shk_psk_identity identity;
    shk_psk_binder offered;
    hs->psk.count = 0;
    read_modes(conn, &hello->extensions);
    if (!shk_extension_get(&hello->extensions, SHK_EXT_pre_shared_key, SHK_IN_CLIENT_HELLO, &m))
        return SHK_OK;
    if (!shk_extension_in(&hello->extensions, SHK_EXT_psk_key_exchange_modes))
        return shk_conn_fail_field(conn, "psk_key_exchange_modes", SHK_E_PSK_KEY_EXCHANGE_MODES);
    hs->psk.binders_len = m.binders.len;
    for (uint16_t index = 0;
         conn->client_takes_tickets && hs->psk.count == 0 &&
         shk_list_next(&m.identities, NULL, shk_psk_identity_shape, &identity) &&
         shk_list_next(&m.binders, NULL, shk_psk_binder_shape, &offered);
         index++) {
        bool found;
        *psk = (shk_psk){.identity = identity.identity,
                         .obfuscated_ticket_age = identity.obfuscated_ticket_age};
        SHK_TRY(recognise(conn, hash, psk, &found));
        hs->psk.index = index;
        hs->psk.binder = offered.binder;
        hs->psk.count = found ? 1 : 0;
    }
    return SHK_OK;
}

/* Checks the binder of the PSK that was found, over the ClientHello up to the binders. */
static shk_status check_binder(shk_conn *conn, const shk_psk *psk)
{
    const shk_handshake *hs = conn->handshake;
    uint8_t expected[SHK_MAX_HASH];
    size_t size = shk_hash_size(psk->hash);
    shk_span raw = shk_transcript_messages(&hs->transcript);
    shk_span truncated = shk_span_of(raw.data, raw.len - 2 - hs->psk.binders_len);
    SHK_TRY(binder(conn, psk, shk_span_of(NULL, 0), truncated, expected));
    return hs->psk.binder.len == size &&
                   shk_equal_constant_time(expected, hs->psk.binder.data, size)
               ? SHK_OK
               : shk_conn_fail_field(conn, "binders", SHK_E_BAD_BINDER);
}

shk_status shk_select_psk(shk_conn *conn)
{
    shk_handshake *hs = conn->handshake;
    const shk_psk *psk = &hs->psk.list[0];
    bool with_dhe = hs->psk.with_dhe && hs->exchange.group != NULL;
    hs->psk.key_len = 0;
    conn->negotiated.resumed = conn->negotiated.external_psk = false;
    conn->negotiated.peer_verified = conn->negotiated.peer_authenticated = false;
    conn->peer = (shk_peer_authentication){0};
    if (hs->psk.count == 0 || !(with_dhe || hs->psk.without_dhe))
        return SHK_OK;
    SHK_TRY(check_binder(conn, psk));
    hs->psk.alone = !with_dhe;
    hs->psk.obfuscated_ticket_age = psk->obfuscated_ticket_age;
    use_psk(conn, psk, hs->psk.index);
    return SHK_OK;
}

#ifdef SHK_DEVIATIONS
shk_status shk_conn_rebind(shk_conn *conn, shk_buf *message)
{
    const shk_handshake *hs = conn->handshake;
    size_t binders = shk_binders_length(hs);
    if (message->len <= binders)
        return SHK_OK;
    const uint8_t *at = message->data + message->len - binders;
    if ((size_t)(at[0] << 8 | at[1]) != binders - 2)
        return SHK_OK;
    return shk_fill_binders(conn, message);
}
#endif
