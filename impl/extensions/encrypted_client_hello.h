/* encrypted_client_hello: the inner ClientHello, encrypted; that it was taken; or keys for another
 * try (RFC 9849 §4, §5).
 * The spans point into the decoded input; the lists are walked with shk_list_next. */
#ifndef SHK_EXTENSIONS_ENCRYPTED_CLIENT_HELLO_H
#define SHK_EXTENSIONS_ENCRYPTED_CLIENT_HELLO_H

#include "shakedown/codec.h"

enum { SHK_ECH_VERSION = 0xfe0d, SHK_ECH_CONFIRMATION = 8 };
/* ECHClientHelloType */
enum { SHK_ECH_OUTER = 0, SHK_ECH_INNER = 1 };

typedef struct {
    uint16_t kdf_id;
    uint16_t aead_id;
} shk_hpke_symmetric_cipher_suite;

void shk_hpke_symmetric_cipher_suite_shape(shk_codec *c, void *element);

typedef struct {
    uint16_t type;
    shk_span data;
} shk_ech_config_extension;

void shk_ech_config_extension_shape(shk_codec *c, void *element);

/* ECHConfig; of a version that is not SHK_ECH_VERSION there is `unknown` alone. */
typedef struct {
    uint16_t version;
    uint8_t config_id;
    uint16_t kem_id;
    shk_span public_key;
    shk_span cipher_suites;      /* of shk_hpke_symmetric_cipher_suite */
    uint8_t maximum_name_length; /* bytes of the longest server_name; 0: not known */
    shk_span public_name;
    shk_span extensions; /* of shk_ech_config_extension */
    shk_span unknown;
} shk_ech_config;

void shk_ech_config_shape(shk_codec *c, void *element);

typedef struct {
    uint8_t type; /* ClientHello: SHK_ECH_OUTER, or SHK_ECH_INNER and nothing more */
    shk_hpke_symmetric_cipher_suite cipher_suite;
    uint8_t config_id;
    shk_span enc;
    shk_span payload;
    shk_span confirmation;  /* HelloRetryRequest: SHK_ECH_CONFIRMATION bytes */
    shk_span retry_configs; /* EncryptedExtensions: of shk_ech_config */
} shk_encrypted_client_hello;

void shk_encrypted_client_hello_shape(shk_codec *c, shk_encrypted_client_hello *m);

#endif
