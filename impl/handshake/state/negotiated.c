/* What may be negotiated by the configuration and the provider, and what has been. */
#include "handshake/state/negotiated.h"

#include <string.h>

#include "handshake/state/conn_state.h"
#include "shakedown/errors.h"

void shk_set_suite(shk_conn *conn, const shk_suite_row *suite)
{
    conn->suite = suite;
}

bool shk_suite_usable(const shk_conn *conn, uint16_t suite, uint16_t min, uint16_t max)
{
    const shk_suite_row *row = shk_suite_of(suite);
    return row->min_version <= max && row->max_version >= min &&
           (!shk_suite_has_psk(row) || conn->config->psk_count > 0) &&
           conn->crypto->has_cipher(conn->crypto, row->cipher);
}

bool shk_group_usable(const shk_conn *conn, uint16_t group, uint16_t min, uint16_t max)
{
    const shk_group_row *row = shk_group_of(group);
    return row->min_version <= max && row->max_version >= min &&
           conn->crypto->has_group(conn->crypto, group);
}

bool shk_has_certificate_type(shk_span types, uint8_t type)
{
    return types.len > 0 && memchr(types.data, type, types.len) != NULL;
}

bool shk_type_enabled(shk_span configured, uint8_t type)
{
    return configured.len == 0 ? type == SHK_CERTIFICATE_X509
                               : shk_has_certificate_type(configured, type);
}

bool shk_offers_protocol(const shk_config *config, shk_span name)
{
    for (size_t i = 0; i < config->protocol_count; i++)
        if (shk_span_equal(name, shk_span_of_text(config->protocols[i])))
            return true;
    return false;
}

shk_status shk_check_etm_unchanged(shk_conn *conn)
{
    bool cbc = shk_cipher_of(conn->suite->cipher)->kind == SHK_KIND_CBC;
    conn->encrypt_then_mac_once |= conn->negotiated.encrypt_then_mac;
    return conn->encrypt_then_mac_once && cbc && !conn->negotiated.encrypt_then_mac
               ? shk_conn_fail_field(conn, "encrypt_then_mac", SHK_E_ENCRYPT_THEN_MAC_LOST)
               : SHK_OK;
}

shk_status shk_check_ems_unchanged(shk_conn *conn)
{
    bool had = conn->extended_master_secret_once;
    conn->extended_master_secret_once |= conn->negotiated.extended_master_secret;
    return had && !conn->negotiated.extended_master_secret && !conn->config->renegotiation_changes
               ? shk_conn_fail_field(conn, "extended_master_secret",
                                     SHK_E_EXTENDED_MASTER_SECRET_LOST)
               : SHK_OK;
}
