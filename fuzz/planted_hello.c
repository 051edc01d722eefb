/* Faults planted behind the decoder of ClientHello (planted_hello.h). The kinds are those of
 * published ones: lists that do not fit each other, doubles, lengths, extensions together. */
#include "planted_hello.h"

#include <stdio.h>

/* What a server knows of a hello once it has seen its extensions. */
typedef struct {
    shk_span of[SHK_EXT_COUNT]; /* data, NULL: not there */
    unsigned extensions;
    unsigned unknown;
} seen_hello;

static void take_extension(void *context, uint16_t type, uint16_t place, shk_span data)
{
    seen_hello *hello = (seen_hello *)context;
    shk_extension id = shk_extension_identify(type);
    (void)place;
    hello->extensions++;
    if (id == SHK_EXT_COUNT)
        hello->unknown++;
    else
        hello->of[id] = shk_span_of(data.data, data.len);
}

static size_t number_at(shk_span bytes, size_t at)
{
    return at + 2 <= bytes.len ? (size_t)shk_u16_at(shk_span_of(bytes.data + at, 2), 0) : 0;
}

static bool has(const seen_hello *hello, shk_extension id)
{
    return hello->of[id].data != NULL;
}

/* Items of a list whose length stands in two bytes, from `at` on: each has `before` bytes, and a
 * vector with a prefix of `width`. */
static unsigned items(shk_span list, size_t at, size_t before, unsigned width)
{
    size_t end = at + 2 + number_at(list, at);
    unsigned count = 0;
    for (at += 2; at < end && at + before + width <= list.len; count++) {
        size_t len = width == 1 ? list.data[at + before] : number_at(list, at + before);
        at += before + width + len;
    }
    return count;
}

/* A share whose group the hello does not offer is used all the same (RFC 8446 §4.2.8). */
static bool share_of_no_offered_group(const seen_hello *hello)
{
    shk_span shares = hello->of[SHK_EXT_key_share], groups = hello->of[SHK_EXT_supported_groups];
    if (shares.len < 4 || groups.len < 4)
        return false;
    return !shk_u16_list_has(shk_span_of(groups.data + 2, groups.len - 2),
                             (uint16_t)number_at(shares, 2));
}

/* The second share of a group replaces the first (RFC 8446 §4.2.8). */
static bool two_shares_of_one_group(const seen_hello *hello)
{
    shk_span shares = hello->of[SHK_EXT_key_share];
    size_t second = 2 + 4 + number_at(shares, 4);
    return items(shares, 0, 2, 2) >= 2 && number_at(shares, 2) == number_at(shares, second);
}

/* A binder is read behind the last one (RFC 8446 §4.2.11). */
static bool fewer_binders_than_identities(const seen_hello *hello)
{
    shk_span psk = hello->of[SHK_EXT_pre_shared_key];
    if (psk.len < 4)
        return false;
    unsigned identities = 0;
    for (size_t at = 2; at < 2 + number_at(psk, 0); identities++)
        at += 2 + number_at(psk, at) + 4;
    return items(psk, 2 + number_at(psk, 0), 0, 1) < identities;
}

/* The list of protocols is copied to an array of three (RFC 7301 §3.1). */
static bool four_protocols(const seen_hello *hello)
{
    return items(hello->of[SHK_EXT_application_layer_protocol_negotiation], 0, 0, 1) >= 4;
}

/* The length of a cookie is kept in a byte (RFC 8446 §4.2.2). */
static bool long_cookie(const seen_hello *hello)
{
    return hello->of[SHK_EXT_cookie].len > 2 + UINT8_MAX;
}

/* Early data is taken under a PSK without (EC)DHE though the hello has no share either. */
static bool early_data_under_psk_ke(const seen_hello *hello)
{
    shk_span modes = hello->of[SHK_EXT_psk_key_exchange_modes];
    return has(hello, SHK_EXT_early_data) && has(hello, SHK_EXT_pre_shared_key) && modes.len == 2 &&
           modes.data[1] == 0 && !has(hello, SHK_EXT_key_share);
}

/* A ticket and a PSK are both looked up, and freed by the first. */
static bool ticket_and_psk(const seen_hello *hello)
{
    return hello->of[SHK_EXT_session_ticket].len > 0 && has(hello, SHK_EXT_pre_shared_key);
}

/* An array of 16 extensions is too short. */
static bool many_extensions(const seen_hello *hello)
{
    return hello->extensions > 16;
}

/* An array for unknown ones has room for two. */
static bool three_unknown_extensions(const seen_hello *hello)
{
    return hello->unknown >= 3;
}

/* No version of the list is known, and the one of the header is taken (RFC 8446 §4.2.1). */
static bool no_known_version(const seen_hello *hello)
{
    shk_span versions = hello->of[SHK_EXT_supported_versions];
    bool known = versions.len < 3;
    for (size_t at = 1; at + 2 <= versions.len; at += 2)
        known = known || shk_version_name((uint32_t)number_at(versions, at)) != NULL;
    return !known;
}

/* OCSP is asked for with two responders (RFC 6066 §8). */
static bool two_responders(const seen_hello *hello)
{
    shk_span request = hello->of[SHK_EXT_status_request];
    return request.len > 5 && request.data[0] == 1 && items(request, 1, 0, 2) >= 2;
}

/* The outer ClientHello of ECH has an empty enc, as after a HelloRetryRequest (RFC 9849 §5). */
static bool ech_without_enc(const seen_hello *hello)
{
    shk_span ech = hello->of[SHK_EXT_encrypted_client_hello];
    return ech.len > 8 && ech.data[0] == 0 && number_at(ech, 6) == 0 && has(hello, SHK_EXT_cookie);
}

static const struct {
    const char *name;
    bool (*meets)(const seen_hello *hello);
} faults[] = {
    {"share of no offered group", share_of_no_offered_group},
    {"two shares of one group", two_shares_of_one_group},
    {"fewer binders than identities", fewer_binders_than_identities},
    {"four protocols", four_protocols},
    {"long cookie", long_cookie},
    {"early data under psk_ke", early_data_under_psk_ke},
    {"ticket and PSK", ticket_and_psk},
    {"many extensions", many_extensions},
    {"three unknown extensions", three_unknown_extensions},
    {"no known version", no_known_version},
    {"two responders", two_responders},
    {"ECH without enc", ech_without_enc},
};

void shk_planted_look(shk_span hello)
{
    static bool told[sizeof faults / sizeof faults[0]]; /* libFuzzer hands no context on */
    const shk_message_row *row = &shk_message_rows[SHK_MSG_client_hello];
    seen_hello seen = {.extensions = 0};
    shk_visit_extensions(row->layout->shape, &row->forms->forms[0], hello, take_extension, &seen);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        if (faults[i].meets(&seen) && !told[i]) {
            told[i] = true;
            fprintf(stderr, "planted: %s\n", faults[i].name);
        }
}
