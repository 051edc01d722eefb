/* The message table: rows of messages.def with their layouts and forms (shakedown/registry.h). */
#include <string.h>

#include "registry/layout.h"

#define FORMS(list)                                                                                \
    static const shk_form_list list##_forms = {list##_rows,                                        \
                                               sizeof list##_rows / sizeof list##_rows[0]}

static const shk_form plain_rows[] = {{.name = NULL}};
FORMS(plain);

static const shk_form certificate_12_rows[] = {
    {.name = "x509"},
    {.name = "raw_public_key", .certificate_type = SHK_CERTIFICATE_RAW_PUBLIC_KEY},
};
FORMS(certificate_12);

static const shk_form server_key_exchange_rows[] = {
    {.name = "ecdhe", .version = SHK_TLS12, .key_exchange = SHK_FORM_ECDHE},
    {.name = "dhe", .version = SHK_TLS12, .key_exchange = SHK_FORM_DHE},
    {.name = "ecdhe_tls10", .version = SHK_TLS10, .key_exchange = SHK_FORM_ECDHE},
    {.name = "dhe_tls10", .version = SHK_TLS10, .key_exchange = SHK_FORM_DHE},
    {.name = "psk", .version = SHK_TLS12, .key_exchange = SHK_FORM_PSK},
    {.name = "ecdhe_psk", .version = SHK_TLS12, .key_exchange = SHK_FORM_PSK | SHK_FORM_ECDHE},
    {.name = "dhe_psk", .version = SHK_TLS12, .key_exchange = SHK_FORM_PSK | SHK_FORM_DHE},
    {.name = "ecdh_anon",
     .version = SHK_TLS12,
     .key_exchange = SHK_FORM_ANONYMOUS | SHK_FORM_ECDHE},
    {.name = "dh_anon", .version = SHK_TLS12, .key_exchange = SHK_FORM_ANONYMOUS | SHK_FORM_DHE},
};
FORMS(server_key_exchange);

static const shk_form client_key_exchange_rows[] = {
    {.name = "rsa", .version = SHK_TLS12, .key_exchange = SHK_FORM_RSA},
    {.name = "ecdhe", .version = SHK_TLS12, .key_exchange = SHK_FORM_ECDHE},
    {.name = "dhe", .version = SHK_TLS12, .key_exchange = SHK_FORM_DHE},
    {.name = "psk", .version = SHK_TLS12, .key_exchange = SHK_FORM_PSK},
    {.name = "ecdhe_psk", .version = SHK_TLS12, .key_exchange = SHK_FORM_PSK | SHK_FORM_ECDHE},
    {.name = "dhe_psk", .version = SHK_TLS12, .key_exchange = SHK_FORM_PSK | SHK_FORM_DHE},
    {.name = "rsa_psk", .version = SHK_TLS12, .key_exchange = SHK_FORM_PSK | SHK_FORM_RSA},
};
FORMS(client_key_exchange);

static const shk_form certificate_request_12_rows[] = {
    {.name = "tls12", .version = SHK_TLS12},
    {.name = "tls10", .version = SHK_TLS10},
};
FORMS(certificate_request_12);

static const shk_form certificate_verify_rows[] = {
    {.name = "tls12", .version = SHK_TLS12},
    {.name = "tls10", .version = SHK_TLS10},
};
FORMS(certificate_verify);

static const shk_form finished_rows[] = {
    {.name = "tls12", .version = SHK_TLS12, .verify_length = 12},
    {.name = "sha256", .version = SHK_TLS13, .verify_length = 32},
    {.name = "sha384", .version = SHK_TLS13, .verify_length = 48},
};
FORMS(finished);

const shk_message_row shk_message_rows[SHK_MSG_COUNT] = {
#define SHK_MESSAGE(name, value, min, max, forms)                                                  \
    {#name, value, SHK_##min, SHK_##max, &forms##_forms, &shk_##name##_layout},
#include "registry/messages.def"
#undef SHK_MESSAGE
};

const shk_record_row shk_record_rows[SHK_REC_COUNT] = {
#define SHK_RECORD(name) {#name, &shk_##name##_layout},
#include "registry/records.def"
#undef SHK_RECORD
};

shk_message shk_message_identify(uint8_t type, uint16_t version, shk_span body)
{
    bool retry = body.len >= 34 && memcmp(body.data + 2, shk_retry_random, 32) == 0;
    for (int id = 0; id < SHK_MSG_COUNT; id++) {
        const shk_message_row *row = &shk_message_rows[id];
        if (row->value != type)
            continue;
        if (version != 0 && (version < row->min_version || version > row->max_version))
            continue;
        if (id == SHK_MSG_server_hello && retry) /* of the same type, and the next row */
            continue;
        return (shk_message)id;
    }
    return SHK_MSG_COUNT;
}
