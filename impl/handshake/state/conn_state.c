/* What the files of a connection share: its failure, its keys, its clock, and what its version
 * means. */
#include "handshake/state/conn_state.h"

#include "handshake/state/deviating.h"
#include "handshake/state/handshake.h"
#include "shakedown/config.h"
#include "shakedown/errors.h"

void shk_conn_set_read(shk_conn *conn, shk_protection *protection)
{
    shk_protection_free(conn->read);
    conn->read = protection;
}

/* Keeps the keys that were written with, where an end deviates and may go back to them. The oldest
 * go where there is no room. */
static bool keep_write(shk_conn *conn)
{
#ifdef SHK_DEVIATIONS
    if (shk_deviating(conn) == NULL || conn->write == NULL)
        return false;
    if (conn->former_write_count == SHK_FORMER_EPOCHS) {
        shk_protection_free(conn->former_writes[0]);
        conn->former_write_count--;
        for (unsigned i = 0; i < conn->former_write_count; i++)
            conn->former_writes[i] = conn->former_writes[i + 1];
        conn->lost_writes++;
    }
    conn->former_writes[conn->former_write_count++] = conn->write;
    return true;
#else
    (void)conn;
    return false;
#endif
}

void shk_conn_set_write(shk_conn *conn, shk_protection *protection)
{
    if (!keep_write(conn))
        shk_protection_free(conn->write);
    conn->write = protection;
    shk_deviate_keys(conn);
}

shk_status shk_conn_fail_field(shk_conn *conn, const char *field, shk_status status)
{
    conn->failure.fault.field = field;
    return status;
}

shk_status shk_conn_fail_message(shk_conn *conn, shk_message id, shk_status status)
{
    if (status != SHK_OK)
        conn->failure.message = shk_message_rows[id].name;
    return status;
}

shk_status shk_conn_deviation(shk_conn *conn, const char *field, shk_deviation deviation)
{
    if (conn->config->strict)
        return shk_conn_fail_field(conn, field, shk_deviation_error(deviation));
    conn->deviations |= 1U << deviation;
    return SHK_OK;
}

shk_status shk_conn_usable(const shk_conn *conn, bool send)
{
    if (conn->failure.fault.status != SHK_OK || (send && conn->close_sent))
        return SHK_E_CLOSED;
    return conn->connected ? SHK_OK : SHK_E_NOT_CONNECTED;
}

int64_t shk_conn_now_ms(shk_conn *conn)
{
    const shk_clock *clock = &conn->config->clock;
    if (!conn->clock_read)
        conn->now_ms = clock->now_ms(clock->context);
    conn->clock_read = true;
    return conn->now_ms;
}

bool shk_version_enabled(const shk_conn *conn, uint16_t version)
{
    return version >= conn->min_version && version <= conn->max_version;
}

shk_hash shk_prf_hash(const shk_conn *conn)
{
    return conn->version < SHK_TLS12 ? SHK_HASH_MD5_SHA1 : conn->suite->hash;
}

shk_form shk_form_of(const shk_conn *conn)
{
    shk_form form = {.version = conn->version, .verify_length = SHK_VERIFY_DATA_12};
    if (conn->suite == NULL)
        return form;
    form.key_exchange = shk_suite_form(conn->suite);
    if (conn->version >= SHK_TLS13)
        form.verify_length = (uint8_t)shk_hash_size(conn->suite->hash);
    return form;
}
