/* Limits of records, messages and early data: those of the set-up, set in GnuTLS, and those of the
 * peer, read from its hellos (gnutls_kind.h). */
#include "endpoint/gnutls/gnutls_kind.h"

/* RFC 8449 §4: in TLS 1.3 the limit counts the type's byte, which GnuTLS does not. */
static size_t limit_for_gnutls(const shk_endpoint_config *config)
{
    const bool tls13 = config->max_version == 0 || config->max_version >= SHK_TLS13;
    return config->record_size_limit - (tls13 ? 1u : 0u);
}

int shk_gnutls_use_limits(const shk_endpoint_setup *setup, gnutls_session_t session,
                          const char **option)
{
    const shk_endpoint_config *config = &setup->config;
    ssize_t status = 0;
    if (config->record_size_limit != 0) {
        *option = "record_size_limit";
        status = gnutls_record_set_max_recv_size(session, limit_for_gnutls(config));
    }
    if (status == 0 && config->max_fragment_length != 0 && !config->server) {
        *option = "max_fragment_length";
        status = gnutls_record_set_max_size(session, config->max_fragment_length);
    }
#if GNUTLS_VERSION_NUMBER >= 0x030704
    if (status == 0 && setup->compression_count > 0) {
        *option = "compress_certificate";
        status = gnutls_compress_certificate_set_methods(session, setup->compressions,
                                                         setup->compression_count);
    }
#endif
    if (status == 0 && config->max_early_data > 0 && config->server) {
        *option = "max_early_data";
        gnutls_anti_replay_enable(session, setup->anti_replay);
        status = gnutls_record_set_max_early_data_size(session, config->max_early_data);
    }
    return (int)status;
}

static int note_extension(void *context, unsigned id, const unsigned char *data, unsigned size)
{
    enum { MAX_FRAGMENT_LENGTH = 1, RECORD_SIZE_LIMIT = 28 };
    shk_endpoint *end = context;
    if (id == MAX_FRAGMENT_LENGTH && size == 1 && data[0] >= 1 && data[0] <= 4)
        end->max_fragment_length = (uint16_t)(1u << (8 + data[0]));
    if (id == RECORD_SIZE_LIMIT && size == 2)
        end->record_size_limit = (uint16_t)(data[0] << 8 | data[1]);
    return 0;
}

void shk_gnutls_note_limits(shk_endpoint *end, unsigned type, const gnutls_datum_t *message)
{
    enum { BEFORE_SESSION_ID = 2 + 32, SUITE_AND_COMPRESSION = 2 + 1 };
    gnutls_datum_t rest = *message;
    unsigned flags = 0;
    size_t skip = 0;
    if (type == GNUTLS_HANDSHAKE_CLIENT_HELLO)
        flags = GNUTLS_EXT_RAW_FLAG_TLS_CLIENT_HELLO;
    else if (type == GNUTLS_HANDSHAKE_SERVER_HELLO && rest.size > BEFORE_SESSION_ID)
        skip = BEFORE_SESSION_ID + 1u + rest.data[BEFORE_SESSION_ID] + SUITE_AND_COMPRESSION;
    else if (type != GNUTLS_HANDSHAKE_ENCRYPTED_EXTENSIONS)
        return;
    if (skip >= rest.size)
        return;
    rest.data += skip;
    rest.size -= (unsigned)skip;
    (void)gnutls_ext_raw_parse(end, note_extension, &rest, flags);
}

/* RFC 8449 §4 and §5: the limit counts the type's byte in TLS 1.3, and takes the place of
 * max_fragment_length. */
uint16_t shk_gnutls_send_limit(const shk_endpoint *end, bool tls13)
{
    enum { UNLIMITED = 16384 };
    const uint16_t limit = (uint16_t)(end->record_size_limit - (tls13 ? 1u : 0u));
    if (end->record_size_limit == 0)
        return end->max_fragment_length;
    return limit < UNLIMITED ? limit : 0;
}
