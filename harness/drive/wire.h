/* What the driver reads on the wire of an end: its hellos, and the sizes of the records that carry
 * its application data. What the end itself reports is in its result. */
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

/* State of reading one end's bytes. */
typedef struct {
    shk_buf record;  /* begun and not whole */
    shk_buf message; /* plaintext of the handshake that is not whole */
    size_t hellos;   /* ClientHellos that have been read */
    bool encrypted;  /* handshake messages are not read any more */
    uint16_t suite;  /* of the server's first hello */
    bool retry;      /* a HelloRetryRequest was seen */
    size_t data;     /* bytes in records of data since shk_wire_begin_data */
    size_t records;  /* the number of those records */
    size_t longest;
} shk_wire_reader;

void shk_wire_begin(shk_wire_reader *reader);
void shk_wire_end(shk_wire_reader *reader);

/* Reads bytes that an end has sent. `retried`: the other end has asked for a second
 * ClientHello. */
void shk_wire_read(shk_wire_reader *reader, bool retried, shk_span bytes, shk_wire *wire);

/* Starts counting the records of data. */
void shk_wire_begin_data(shk_wire_reader *reader);
/* Fills in the sizes of the records counted, which hold the `len` bytes that the end was given to
 * send. */
void shk_wire_end_data(const shk_wire_reader *reader, uint16_t version, uint16_t suite, size_t len,
                       shk_wire *wire);

#endif
