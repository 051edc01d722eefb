/* What is answered in extensions was offered, and stands where it may (oracle/offer.h). */
#include <string.h>

#include "oracle/cursor.h"
#include "oracle/offer.h"

/* Extensions of one message: answers to `offered`. */
typedef struct {
    const char *message;
    const char *who; /* takes or sends it */
    shk_span block;
    uint16_t place; /* SHK_IN_* */
    shk_span offered;
} answer;

static bool has_type(shk_span block, uint16_t type, size_t *count)
{
    shk_seen_extension seen;
    *count = 0;
    while (shk_raw_extension_next(&block, &seen))
        *count += seen.type == type;
    return *count > 0;
}

/* What comes unasked: a cookie, and renegotiation_info for its signalling suite (RFC 5746 §3.6). */
static bool comes_unasked(const shk_offer *o, shk_extension extension, uint16_t place)
{
    if (extension == SHK_EXT_cookie)
        return place == SHK_IN_HELLO_RETRY_REQUEST;
    return extension == SHK_EXT_renegotiation_info &&
           shk_u16_list_has(o->hello->suites, SHK_TLS_EMPTY_RENEGOTIATION_INFO_SCSV);
}

/* One alarm for a type: of what was not offered it does not matter how often it comes. */
static void judge_type(const shk_offer *o, const answer *a, uint16_t type)
{
    const shk_extension extension = shk_extension_identify(type);
    const char *name = shk_extension_name(type);
    size_t count;
    if (name == NULL)
        name = "unknown";
    if (!has_type(a->offered, type, &count) && !comes_unasked(o, extension, a->place))
        shk_raise(o->c, "RFC 8446 §4.2",
                  "%s the extension 0x%04x (%s) in %s, which was not offered", a->who, type, name,
                  a->message);
    else if (extension != SHK_EXT_COUNT && (shk_extension_rows[extension].places & a->place) == 0)
        shk_raise(o->c, "RFC 8446 §4.2", "%s the extension %s in %s, where it has no place", a->who,
                  name, a->message);
    else if (has_type(a->block, type, &count) && count > 1)
        shk_raise(o->c, "RFC 8446 §4.2", "%s the extension %s in %s %zu times", a->who, name,
                  a->message, count);
}

static void judge_block(const shk_offer *o, const answer *a)
{
    shk_seen_extension seen;
    for (shk_span rest = a->block; shk_raw_extension_next(&rest, &seen);)
        judge_type(o, a, seen.type);
}

/* Exactly one protocol, of those that were offered (RFC 7301 §3.1). */
static void judge_protocol(const shk_offer *o, shk_span block)
{
    const shk_extension alpn = SHK_EXT_application_layer_protocol_negotiation;
    const shk_span answered = shk_extension_of(block, alpn);
    shk_cursor body = shk_cursor_over(answered);
    shk_cursor list = shk_cursor_over(shk_cursor_vector(&body, 2));
    const shk_span name = shk_cursor_vector(&list, 1);
    shk_cursor offer = shk_cursor_over(shk_extension_of(o->hello->extensions, alpn));
    shk_cursor offered = shk_cursor_over(shk_cursor_vector(&offer, 2));
    bool found = false;
    if (answered.data == NULL)
        return;
    while (offered.rest.len > 0 && !offered.failed)
        found = shk_span_equal(shk_cursor_vector(&offered, 1), name) || found;
    if (!found || name.len == 0 || list.rest.len > 0)
        shk_raise(o->c, "RFC 7301 §3.1",
                  "%s a protocol that was not offered, or not exactly one ('%.*s')",
                  shk_offer_answered(o), (int)(name.len < 40 ? name.len : 40),
                  name.data != NULL ? (const char *)name.data : "");
}

/* An answer of one byte: of a list with a length, or the same byte. */
static void judge_byte(const shk_offer *o, shk_span block, shk_extension extension, bool of_list,
                       const char *clause)
{
    const shk_span answered = shk_extension_of(block, extension);
    shk_cursor offer = shk_cursor_over(shk_extension_of(o->hello->extensions, extension));
    const shk_span offered = of_list ? shk_cursor_vector(&offer, 1) : offer.rest;
    if (answered.data == NULL || (answered.len == 1 && offered.len > 0 &&
                                  memchr(offered.data, answered.data[0], offered.len) != NULL))
        return;
    shk_raise(o->c, clause, "%s %s with a value that was not offered", shk_offer_answered(o),
              shk_extension_rows[extension].name);
}

/* Early data go with the first PSK alone (RFC 8446 §4.2.10). */
static void judge_early_data(const shk_offer *o, shk_span block)
{
    shk_cursor psk =
        shk_cursor_over(shk_extension_of(o->first->server.extensions, SHK_EXT_pre_shared_key));
    const uint32_t selected = shk_cursor_number(&psk, 2);
    if (shk_has_extension(block, SHK_EXT_early_data) && (psk.failed || selected != 0))
        shk_raise(o->c, "RFC 8446 §4.2.10", "%s early_data without the first PSK being selected",
                  shk_offer_answered(o));
}

static void judge_values(const shk_offer *o, shk_span block)
{
    judge_protocol(o, block);
    judge_byte(o, block, SHK_EXT_server_certificate_type, true, "RFC 7250 §4.2");
    judge_byte(o, block, SHK_EXT_client_certificate_type, true, "RFC 7250 §4.2");
    judge_byte(o, block, SHK_EXT_max_fragment_length, false, "RFC 6066 §4");
    judge_early_data(o, block);
}

/* The extensions of each certificate answer the ClientHello, or the CertificateRequest (RFC 8446
 * §4.4.2). */
static void judge_certificate(const shk_offer *o, const shk_item *message, shk_span offered)
{
    const char *who = !message->sent       ? (o->side == 0 ? "the client took" : "the server took")
                      : message->by_server ? "the server sent"
                                           : "the client sent";
    shk_cursor body = shk_cursor_over(shk_item_body(message));
    (void)shk_cursor_vector(&body, 1);
    shk_cursor list = shk_cursor_over(shk_cursor_vector(&body, 3));
    while (list.rest.len > 0 && !list.failed) {
        (void)shk_cursor_vector(&list, 3);
        const answer a = {"Certificate", who, shk_cursor_vector(&list, 2), SHK_IN_CERTIFICATE,
                          offered};
        judge_block(o, &a);
    }
}

static shk_span request_block(const shk_item *request)
{
    shk_cursor body =
        shk_cursor_over(request != NULL ? shk_item_body(request) : shk_span_of(NULL, 0));
    (void)shk_cursor_vector(&body, 1);
    return shk_cursor_vector(&body, 2);
}

void shk_judge_offered_extensions(const shk_offer *o)
{
    const shk_first_handshake *f = o->first;
    const bool is_13 = f->version >= SHK_TLS13;
    const shk_span offered = o->hello->extensions;
    if (shk_offer_has(o, f->retry)) {
        const answer a = {"HelloRetryRequest", shk_offer_answered(o), f->retried.extensions,
                          SHK_IN_HELLO_RETRY_REQUEST, f->client[0].extensions};
        judge_block(o, &a);
    }
    if (shk_offer_has(o, f->server_hello)) {
        const answer a = {"ServerHello", shk_offer_answered(o), f->server.extensions,
                          is_13 ? SHK_IN_SERVER_HELLO_13 : SHK_IN_SERVER_HELLO_12, offered};
        judge_block(o, &a);
        if (!is_13)
            judge_values(o, f->server.extensions);
    }
    if (!is_13)
        return;
    if (shk_offer_has(o, f->encrypted_extensions)) {
        shk_cursor body = shk_cursor_over(shk_item_body(f->encrypted_extensions));
        const answer a = {"EncryptedExtensions", shk_offer_answered(o), shk_cursor_vector(&body, 2),
                          SHK_IN_ENCRYPTED_EXTENSIONS, offered};
        judge_block(o, &a);
        judge_values(o, a.block);
    }
    for (size_t side = 0; side < 2; side++) {
        const shk_item *certificate = f->certificates[side];
        if (shk_offer_has(o, certificate) && certificate->id == SHK_MSG_certificate)
            judge_certificate(o, certificate,
                              side == 1 ? offered : request_block(f->certificate_request));
    }
}
