/* GREASE (RFC 8701): values that no peer may know, offered so that it passes over them. They are
 * drawn once for a connection and stand in the same places, so that a second ClientHello repeats
 * the first (RFC 8446 §4.1.2). */
#include "handshake/state/grease.h"

#include "extensions/extension_block.h"
#include "shakedown/codec.h"
#include "shakedown/errors.h"

/* One of the sixteen values of two bytes (§2). */
static uint16_t value_of(const shk_conn *conn, shk_grease_place place)
{
    unsigned n = conn->grease[place] & 0xfu;
    bool second = place == SHK_GREASE_EXTENSION_2; /* no type twice (§5) */
    if (second && n == (conn->grease[SHK_GREASE_EXTENSION_1] & 0xfu))
        n ^= 1;
    return (uint16_t)(n << 12 | 0x0a00 | n << 4 | 0x0a);
}

void shk_grease_draw(shk_conn *conn)
{
    if (conn->config->grease)
        conn->random.fill(conn->random.context, conn->grease, sizeof conn->grease);
}

shk_status shk_grease_u16(const shk_conn *conn, shk_grease_place place, shk_buf *out)
{
    uint16_t value = value_of(conn, place);
    uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    return conn->config->grease ? shk_buf_append(out, shk_span_of(bytes, 2)) : SHK_OK;
}

/* 0x0B, 0x2A ... 0xE4 (§2). */
shk_status shk_grease_psk_mode(const shk_conn *conn, shk_buf *out)
{
    uint8_t mode = (uint8_t)(0x0b + 0x1f * (conn->grease[SHK_GREASE_PSK_MODE] & 7));
    return conn->config->grease ? shk_buf_append(out, shk_span_of(&mode, 1)) : SHK_OK;
}

shk_status shk_grease_extension(const shk_conn *conn, shk_grease_place place, shk_span data,
                                shk_buf *raw)
{
    shk_raw_extension extension = {value_of(conn, place), data};
    return conn->config->grease ? shk_encode(shk_raw_extension_shape, NULL, &extension, raw, NULL)
                                : SHK_OK;
}
