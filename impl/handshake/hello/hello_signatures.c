/* Which signature schemes and certificate authorities are accepted: signature_algorithms and
 * signature_algorithms_cert (RFC 8446 §4.2.3), certificate_authorities (§4.2.4). */
#include "handshake/hello/hello_signatures.h"

#include "extensions/certificate_authorities.h"
#include "extensions/signature_algorithms.h"
#include "extensions/signature_algorithms_cert.h"
#include "handshake/hello/hello_extensions.h"
#include "handshake/state/grease.h"
#include "shakedown/errors.h"
#include "wire/u16_list.h"

enum { MOST_AUTHORITIES = 65535 };

static bool is_sha1(uint16_t scheme)
{
    const shk_signature_scheme_row *row = shk_signature_scheme_of(scheme);
    return row != NULL && row->hash == SHK_HASH_SHA1;
}

/* Whether a scheme says anything in the versions. In TLS 1.3 those of TLS 1.2 stand for signatures
 * in certificates, but for DSA's, which it does without. */
static bool is_listed(const shk_signature_scheme_row *row, uint16_t min, uint16_t max)
{
    return row->max_version >= SHK_TLS12 && row->min_version <= max &&
           (row->max_version >= min || row->key != SHK_KEY_DSA);
}

/* The schemes with SHA-1 come last (§4.2.3). */
shk_status shk_append_schemes(shk_buf *out, const shk_u16s *schemes, uint16_t min, uint16_t max)
{
    for (int sha1 = 0; sha1 < 2; sha1++)
        for (size_t i = 0; i < schemes->count; i++)
            if (is_sha1(schemes->values[i]) == (sha1 == 1) &&
                is_listed(shk_signature_scheme_of(schemes->values[i]), min, max))
                SHK_TRY(shk_append_u16(out, schemes->values[i]));
    return SHK_OK;
}

static shk_status offer_signature_algorithms(shk_conn *conn, shk_draft *out)
{
    SHK_TRY(shk_grease_u16(conn, SHK_GREASE_SCHEME, out->pieces));
    SHK_TRY(shk_append_schemes(out->pieces, &conn->config->schemes, conn->min_version,
                               conn->max_version));
    SHK_EXTENSION_BODY(out, signature_algorithms)->supported_signature_algorithms =
        shk_buf_span(out->pieces);
    out->send = conn->max_version >= SHK_TLS12;
    return SHK_OK;
}

static shk_status offer_signature_algorithms_cert(shk_conn *conn, shk_draft *out)
{
    SHK_TRY(shk_grease_u16(conn, SHK_GREASE_SCHEME, out->pieces));
    SHK_TRY(shk_append_schemes(out->pieces, &conn->config->chain_schemes, conn->min_version,
                               conn->max_version));
    SHK_EXTENSION_BODY(out, signature_algorithms_cert)->supported_signature_algorithms =
        shk_buf_span(out->pieces);
    out->send = conn->max_version >= SHK_TLS12 && conn->config->chain_schemes.count > 0;
    return SHK_OK;
}

static shk_status offer_certificate_authorities(shk_conn *conn, shk_draft *out)
{
    shk_span names = shk_our_authorities(conn);
    SHK_EXTENSION_BODY(out, certificate_authorities)->authorities = names;
    out->send = conn->config->name_authorities && names.len > 0 && conn->max_version >= SHK_TLS13;
    return SHK_OK;
}

const shk_hello_extension shk_hello_signature_algorithms = {
    .offer = offer_signature_algorithms,
};

const shk_hello_extension shk_hello_signature_algorithms_cert = {
    .offer = offer_signature_algorithms_cert,
};

const shk_hello_extension shk_hello_certificate_authorities = {
    .offer = offer_certificate_authorities,
};

shk_span shk_our_authorities(const shk_conn *conn)
{
    const shk_trust *trust = conn->config->trust;
    shk_span names = trust != NULL ? conn->crypto->trust_names(trust) : shk_span_of(NULL, 0);
    return names.len <= MOST_AUTHORITIES ? names : shk_span_of(NULL, 0);
}
