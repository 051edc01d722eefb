/* What the driver sees of an end on the wire: its hellos, and the sizes of the records that carry
 * its application data. What an end says of itself is for its result. */
#ifndef SHK_WIRE_H
#define SHK_WIRE_H

#include "shakedown/codec.h"

/* Rows of wire.def. */
typedef struct {
    uint16_t hello_length;   /* bytes of the first ClientHello, its header included */
    uint16_t key_shares;     /* in it */
    uint64_t offers;         /* extensions in it or in the second, a bit for each row of
                                extensions.def */
    bool session_id;         /* legacy_session_id is not empty in the first (RFC 8446 §D.4) */
    bool fallback_scsv;      /* TLS_FALLBACK_SCSV is in it (RFC 7507) */
    bool grease;             /* a suite of it, or an extension, is of RFC 8701 */
    bool psk_hint;           /* a PSK suite's ServerKeyExchange has one (RFC 4279 §2) */
    bool change_cipher_spec; /* one was sent */
    uint16_t record_content; /* of AEAD suites: bytes of content in the longest record of data, with
                                what it is padded by */
    bool padded;             /* TLS 1.3: the records of data hold more than the data */
} shk_wire;

/* How the sight of one end's bytes has got on. */
typedef struct {
    shk_buf record;  /* begun and not whole */
    shk_buf message; /* plaintext of the handshake that is not whole */
    size_t hellos;   /* of the client, that have been seen */
    bool encrypted;  /* handshake messages are not looked at any more */
    uint16_t suite;  /* of the server's first hello */
    bool retry;      /* a HelloRetryRequest was seen */
    size_t data;     /* bytes in records of data since shk_wire_begin_data */
    size_t records;  /* how many those were */
    size_t longest;
} shk_wire_sight;

void shk_wire_begin(shk_wire_sight *sight);
void shk_wire_end(shk_wire_sight *sight);

/* Looks at bytes that an end has sent. `retried`: the other end has asked for a second
 * ClientHello. */
void shk_wire_look(shk_wire_sight *sight, bool retried, shk_span bytes, shk_wire *wire);

/* From here on the records of data are counted, */
void shk_wire_begin_data(shk_wire_sight *sight);
/* and they have held `len` bytes that the end was given to send. */
void shk_wire_end_data(const shk_wire_sight *sight, uint16_t version, uint16_t suite, size_t len,
                       shk_wire *wire);

#endif
