/* The engine that runs the extensions of the hellos (handshake/hello/hello_extensions.h). */
#include "handshake/hello/hello_extensions.h"

#include "handshake/state/grease.h"
#include "handshake/state/handshake.h"
#include "shakedown/errors.h"

typedef struct {
    shk_extension extension;
    const shk_hello_extension *does;
} hello_row;

static const hello_row rows[] = {
#define SHK_HELLO_EXTENSION(name) {SHK_EXT_##name, &shk_hello_##name},
#include "handshake/hello/hello_extensions.def"
#undef SHK_HELLO_EXTENSION
};
enum { ROWS = sizeof rows / sizeof rows[0] };

/* Has one extension drafted, and appends it if it is to be sent. */
static shk_status add(shk_conn *conn, const hello_row *row,
                      shk_status (*draft)(shk_conn *conn, shk_draft *out), uint16_t place,
                      shk_flight *flight)
{
    shk_any body = {{0}};
    shk_draft out = {row->extension, &body, place, &flight->pieces, false};
    flight->pieces.len = 0;
    if (draft == NULL)
        return SHK_OK;
    SHK_TRY(draft(conn, &out));
    if (!out.send)
        return SHK_OK;
    shk_status status = shk_extension_add(&flight->extensions, row->extension, place, &body);
    return status != SHK_E_VECTOR_LENGTH
               ? status
               : shk_conn_fail_field(conn, shk_extension_rows[row->extension].name,
                                     SHK_E_OWN_MESSAGE);
}

shk_status shk_offer_extensions(shk_conn *conn, shk_flight *flight)
{
    static const uint8_t zero[1] = {0};
    shk_buf *raw = &flight->extensions;
    SHK_TRY(shk_grease_extension(conn, SHK_GREASE_EXTENSION_1, shk_span_of(NULL, 0), raw));
    SHK_TRY(shk_grease_extension(conn, SHK_GREASE_EXTENSION_2, shk_span_of(zero, 1), raw));
    for (size_t i = 0; i < ROWS; i++)
        SHK_TRY(add(conn, &rows[i], rows[i].does->offer, SHK_IN_CLIENT_HELLO, flight));
    return SHK_OK;
}

/* renegotiation_info is also answered to the SCSV that stands for it (RFC 5746 §3.6). */
static bool asked_for(const shk_handshake *hs, shk_extension extension)
{
    return shk_extension_in(&hs->offered.extensions, extension) ||
           (extension == SHK_EXT_renegotiation_info &&
            shk_u16_list_has(hs->offered.cipher_suites, SHK_TLS_EMPTY_RENEGOTIATION_INFO_SCSV));
}

shk_status shk_answer_extensions(shk_conn *conn, uint16_t place, shk_flight *flight)
{
    for (size_t i = 0; i < ROWS; i++)
        if ((shk_extension_rows[rows[i].extension].places & place) != 0 &&
            asked_for(conn->handshake, rows[i].extension))
            SHK_TRY(add(conn, &rows[i], rows[i].does->answer, place, flight));
    return SHK_OK;
}

shk_status shk_accept_extensions(shk_conn *conn, const shk_extension_block *block, uint16_t place)
{
    const shk_handshake *hs = conn->handshake;
    shk_raw_extension e;
    shk_any body;
    for (shk_span rest = block->raw; shk_extension_next(&rest, &e);) {
        shk_extension id = shk_extension_identify(e.extension_type);
        if (id == SHK_EXT_COUNT)
            return shk_conn_fail_field(conn, "extensions", SHK_E_UNSOLICITED_EXTENSION);
        const shk_extension_row *row = &shk_extension_rows[id];
        if (!asked_for(hs, id) && id != SHK_EXT_cookie) /* which needs no offer (RFC 8446 §4.2.2) */
            return shk_conn_fail_field(conn, row->name, SHK_E_UNSOLICITED_EXTENSION);
        if ((row->places & place) == 0)
            return shk_conn_fail_field(conn, row->name, SHK_E_EXTENSION_PLACE);
    }
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].does->accept != NULL &&
            shk_extension_get(block, rows[i].extension, place, &body))
            SHK_TRY(rows[i].does->accept(conn, &(shk_extension_body){rows[i].extension, &body}));
    return SHK_OK;
}

shk_status shk_read_extensions(shk_conn *conn)
{
    const shk_extension_block *block = &conn->handshake->offered.extensions;
    shk_any body;
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].does->read != NULL &&
            shk_extension_get(block, rows[i].extension, SHK_IN_CLIENT_HELLO, &body))
            SHK_TRY(rows[i].does->read(conn, &(shk_extension_body){rows[i].extension, &body}));
    return SHK_OK;
}
