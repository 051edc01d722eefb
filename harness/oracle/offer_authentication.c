/* Schemes, curves and compression of certificates were offered (oracle/offer.h). */
#include "oracle/cursor.h"
#include "oracle/offer.h"
#include "oracle/signatures.h"

/* What a CertificateRequest has of an extension's kind; below TLS 1.3 it has no extensions, but a
 * list of schemes (RFC 5246 §7.4.4). */
static shk_span requested(const shk_first_handshake *f, shk_extension extension)
{
    if (f->certificate_request == NULL)
        return shk_span_of(NULL, 0);
    shk_cursor body = shk_cursor_over(shk_item_body(f->certificate_request));
    (void)shk_cursor_vector(&body, 1);
    if (f->version < SHK_TLS13)
        return extension == SHK_EXT_signature_algorithms ? body.rest : shk_span_of(NULL, 0);
    return shk_extension_of(shk_cursor_vector(&body, 2), extension);
}

/* The offer that a message of the client or the server answers. */
static shk_span offer_to(const shk_offer *o, size_t signer, shk_extension extension)
{
    return signer == 1 ? shk_extension_of(o->hello->extensions, extension)
                       : requested(o->first, extension);
}

static const char *who(const shk_offer *o, size_t signer)
{
    if (o->side == signer)
        return signer == 0 ? "the client sent" : "the server sent";
    return signer == 1 ? "the client took" : "the server took";
}

/* Whether there is an offer to judge by: below TLS 1.3 none means the defaults (RFC 5246
 * §7.4.1.4.1), in TLS 1.3 that nothing may be signed (RFC 8446 §4.2.3). */
static bool is_offer_known(const shk_offer *o, size_t signer, shk_span offered)
{
    if (offered.data != NULL)
        return true;
    return o->first->version >= SHK_TLS13 && (signer == 1 || o->first->certificate_request != NULL);
}

static void judge_scheme(const shk_offer *o, size_t signer, uint16_t scheme, const char *message)
{
    const shk_signature_scheme_row *row = shk_signature_scheme_of(scheme);
    const shk_span offered = offer_to(o, signer, SHK_EXT_signature_algorithms);
    const char *name = row != NULL ? row->name : "unknown";
    if (is_offer_known(o, signer, offered) && !shk_offer_lists(offered, 2, scheme))
        shk_raise(o->c, "RFC 8446 §4.4.3", "%s the scheme 0x%04x (%s) in %s, which was not offered",
                  who(o, signer), scheme, name, message);
    else if (row != NULL &&
             (o->first->version < row->min_version || o->first->version > row->max_version))
        shk_raise(o->c, "RFC 8446 §4.2.3", "%s the scheme %s in %s of version 0x%04x",
                  who(o, signer), name, message, o->first->version);
}

static void judge_compression(const shk_offer *o, size_t signer)
{
    shk_cursor body = shk_cursor_over(shk_item_body(o->first->certificates[signer]));
    const uint16_t algorithm = (uint16_t)shk_cursor_number(&body, 2);
    const shk_span offered = offer_to(o, signer, SHK_EXT_compress_certificate);
    if (!shk_offer_lists(offered, 1, algorithm))
        shk_raise(o->c, "RFC 8879 §4", "%s a certificate compressed by %u, which was not offered",
                  who(o, signer), algorithm);
}

static void judge_key_exchange(const shk_offer *o)
{
    const shk_span groups = shk_extension_of(o->hello->extensions, SHK_EXT_supported_groups);
    shk_seen_key_exchange seen;
    if (!shk_read_server_key_exchange(o->first, &seen))
        return;
    if (seen.curve != 0 && groups.data != NULL && !shk_offer_lists(groups, 2, seen.curve))
        shk_raise(o->c, "RFC 8422 §5.4",
                  "%s a ServerKeyExchange on the curve 0x%04x (%s), which was not offered",
                  shk_offer_answered(o), seen.curve,
                  shk_group_name(seen.curve) != NULL ? shk_group_name(seen.curve) : "unknown");
    if (seen.scheme != 0 && seen.signature.len > 0)
        judge_scheme(o, 1, seen.scheme, "ServerKeyExchange");
}

void shk_judge_offered_authentication(const shk_offer *o)
{
    const shk_first_handshake *f = o->first;
    for (size_t signer = 0; signer < 2; signer++) {
        const shk_item *certificate = f->certificates[signer];
        if (shk_offer_has(o, certificate) && certificate->id == SHK_MSG_compressed_certificate)
            judge_compression(o, signer);
        if (f->version >= SHK_TLS12 && shk_offer_has(o, f->verifies[signer])) {
            shk_cursor body = shk_cursor_over(shk_item_body(f->verifies[signer]));
            judge_scheme(o, signer, (uint16_t)shk_cursor_number(&body, 2), "CertificateVerify");
        }
    }
    if (f->version < SHK_TLS13 && shk_offer_has(o, f->server_key_exchange))
        judge_key_exchange(o);
}
