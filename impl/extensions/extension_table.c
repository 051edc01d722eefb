/* The extension table: rows of extensions.def with their layouts (shakedown/registry.h). */
#include "registry/layout.h"

enum {
    CLIENT_HELLO = SHK_IN_CLIENT_HELLO,
    SERVER_HELLO_12 = SHK_IN_SERVER_HELLO_12,
    SERVER_HELLO_13 = SHK_IN_SERVER_HELLO_13,
    HELLO_RETRY_REQUEST = SHK_IN_HELLO_RETRY_REQUEST,
    ENCRYPTED_EXTENSIONS = SHK_IN_ENCRYPTED_EXTENSIONS,
    CERTIFICATE_REQUEST = SHK_IN_CERTIFICATE_REQUEST,
    CERTIFICATE = SHK_IN_CERTIFICATE,
    NEW_SESSION_TICKET = SHK_IN_NEW_SESSION_TICKET
};

const shk_extension_row shk_extension_rows[SHK_EXT_COUNT] = {
#define SHK_EXTENSION(name, value, places) {#name, value, places, &shk_##name##_layout},
#include "registry/extensions.def"
#undef SHK_EXTENSION
};

shk_extension shk_extension_identify(uint16_t value)
{
    switch (value) {
#define SHK_EXTENSION(name, value, places)                                                         \
    case value:                                                                                    \
        return SHK_EXT_##name;
#include "registry/extensions.def"
#undef SHK_EXTENSION
    default:
        return SHK_EXT_COUNT;
    }
}

static const char *const place_names[] = {
    "client_hello",         "server_hello_12",     "server_hello_13", "hello_retry_request",
    "encrypted_extensions", "certificate_request", "certificate",     "new_session_ticket"};

size_t shk_extension_form_count(shk_extension extension)
{
    size_t count = 0;
    for (unsigned places = shk_extension_rows[extension].places; places != 0; places >>= 1)
        count += places & 1;
    return count;
}

shk_form shk_extension_form(shk_extension extension, size_t i)
{
    shk_form form = {0};
    unsigned places = shk_extension_rows[extension].places;
    for (unsigned bit = 0; bit < sizeof place_names / sizeof place_names[0]; bit++) {
        if ((places & 1u << bit) == 0 || i-- > 0)
            continue;
        form.name = place_names[bit];
        form.place = (uint16_t)(1u << bit);
        break;
    }
    return form;
}
