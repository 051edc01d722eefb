/* Ends of one version, and how many records their data takes (support/record_size_setup.h). */
#include "record_size_setup.h"

#include "handshake/state/handshake.h"

const uint16_t all_versions[VERSION_COUNT] = {SHK_TLS10, SHK_TLS11, SHK_TLS12, SHK_TLS13};

void setup_version(test_setup *setup, uint16_t version)
{
    test_setup_new(setup, "p256");
    setup->client.min_version = setup->server.min_version = version;
    setup->client.max_version = setup->server.max_version = version;
}

/* The byte that goes alone before other data, in TLS 1.0. */
static size_t split_of(const shk_conn *conn)
{
    return conn->version <= SHK_TLS10 ? 1 : 0;
}

size_t records_of(shk_conn *conn, size_t len)
{
    static const uint8_t data[MUCH_DATA + 1] = {0};
    size_t longest;
    assert_int_equal(shk_conn_write(conn, data, split_of(conn) + len), SHK_OK);
    return test_records_in(conn, SHK_APPLICATION_DATA, &longest) - split_of(conn);
}

void assert_carried(shk_conn *from, shk_conn *to, size_t content)
{
    static uint8_t got[MUCH_DATA + 1];
    assert_int_equal(records_of(from, MUCH_DATA), (MUCH_DATA + content - 1) / content);
    assert_int_equal(test_move_output(from, to), SHK_OK);
    assert_int_equal(shk_conn_read(to, got, sizeof got), MUCH_DATA + split_of(from));
}

void assert_overflow(shk_conn *from, shk_conn *to, size_t len)
{
    from->fragment_limit = 0;
    from->peer_size_limit = 0;
    assert_int_equal(records_of(from, len), 1);
    assert_fails(test_move_output(from, to), SHK_E_RECORD_OVERFLOW);
    assert_refused(NULL, to, SHK_E_RECORD_OVERFLOW);
}
