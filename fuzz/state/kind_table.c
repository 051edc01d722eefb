/* The rows of kinds of handshakes (state/settings.h). */
#include "state/settings.h"

enum { CLIENT, SERVER };

/* Data both ways, and the end. */
#define DATA                                                                                       \
    {CLIENT, SHK_ACTION_write},                                                                    \
    {                                                                                              \
        SERVER, SHK_ACTION_write                                                                   \
    }
#define END                                                                                        \
    {                                                                                              \
        CLIENT, SHK_ACTION_close                                                                   \
    }
#define PLAIN .turns = {DATA, END}
#define AND(...) .turns = {DATA, __VA_ARGS__, END}

/* New rows go to the end of their versions, so that inputs keep their meaning. */
const shk_state_kind shk_state_kinds[] = {
    {"full", true, {0}, PLAIN},
    {"rsa", true, {.key = 1}, PLAIN},
    {"ed25519", true, {.key = 2}, PLAIN},
    {"rsa-pss", true, {.key = 5}, PLAIN},
    {"two-credentials", true, {.key = 7}, PLAIN},
    {"cookie", true, {.cookie = 1}, PLAIN},
    {"other-group", true, {.groups = 1}, PLAIN},
    {"finite-field", true, {.groups = 2}, PLAIN},
    {"hybrid", true, {.groups = 3}, PLAIN},
    {"aes256", true, {.suites = 3}, PLAIN},
    {"ccm8", true, {.suites = 5}, PLAIN},
    {"client", true, {.client_auth = 2}, PLAIN},
    {"client-oid-filters", true, {.client_auth = 2, .oid_filters = 1}, PLAIN},
    {"ticket", true, {.resumption = 1}, PLAIN},
    {"ticket-aes256", true, {.resumption = 1, .suites = 3}, PLAIN},
    {"external-psk", true, {.psk = 1}, PLAIN},
    {"imported-psk", true, {.psk = 2}, PLAIN},
    {"two-psks", true, {.psk = 3}, PLAIN},
    {"psk-alone", true, {.psk = 1, .psk_mode = 1}, PLAIN},
    {"early-data", true, {.resumption = 1, .early_data = 1}, PLAIN},
    {"early-data-retry", true, {.resumption = 1, .early_data = 1, .cookie = 1}, PLAIN},
    {"stapled", true, {.stapling = 2, .more_extensions = 1}, PLAIN},
    {"compressed", true, {.compression = 1, .client_auth = 2}, PLAIN},
    {"raw-keys", true, {.raw_keys = 1, .client_auth = 2}, PLAIN},
    {"post-handshake-auth",
     true,
     {.client_auth = 2, .post_handshake_auth = 1},
     AND({SERVER, SHK_ACTION_request_authentication}, {SERVER, SHK_ACTION_write})},
    {"ech", true, {.ech = 1}, PLAIN},
    {"ech-cookie", true, {.ech = 1, .cookie = 1}, PLAIN},
    {"ech-early-data", true, {.ech = 1, .resumption = 1, .early_data = 1}, PLAIN},
    {"ech-grease", true, {.ech = 2, .grease = 1, .client_auth = 1}, PLAIN},
    {"several-tickets", true, {.tickets = 3, .protocols = 1}, PLAIN},
    {"key-update",
     true,
     {0},
     AND({CLIENT, SHK_ACTION_request_key_update}, {CLIENT, SHK_ACTION_write})},
    {"key-update-of-server",
     true,
     {0},
     AND({SERVER, SHK_ACTION_request_key_update}, {CLIENT, SHK_ACTION_write})},
    {"short-keys", true, {.short_keys = 1}, AND(DATA)},
    {"padded", true, {.limit = 3}, PLAIN},
    {"record-size-limit", true, {.limit = 2}, AND({CLIENT, SHK_ACTION_write_much})},
    {"max-fragment-length", true, {.limit = 1}, AND({SERVER, SHK_ACTION_write_much})},
    {"below", true, {.versions = 1, .no_encrypt_then_mac = 1}, PLAIN},
    {"full", false, {0}, PLAIN},
    {"ecdhe-cbc", false, {.suites = 1}, PLAIN},
    {"cbc-mac-then-encrypt", false, {.suites = 1, .no_encrypt_then_mac = 1}, PLAIN},
    {"rsa", false, {.suites = 2, .key = 1}, PLAIN},
    {"dhe", false, {.suites = 4, .key = 1}, PLAIN},
    {"dhe-dss", false, {.suites = 5, .key = 4}, PLAIN},
    {"dh-anon", false, {.suites = 6}, PLAIN},
    {"ecdh-anon", false, {.suites = 7}, PLAIN},
    {"psk", false, {.suites = 8, .psk = 1, .more_extensions = 1}, PLAIN},
    {"dhe-psk", false, {.suites = 9, .psk = 1}, PLAIN},
    {"ecdhe-psk", false, {.suites = 10, .psk = 1}, PLAIN},
    {"rsa-psk", false, {.suites = 11, .psk = 1, .key = 1}, PLAIN},
    {"chacha20", false, {.suites = 12}, PLAIN},
    {"ccm8", false, {.suites = 13}, PLAIN},
    {"null-cipher", false, {.suites = 15}, PLAIN},
    {"stapled", false, {.stapling = 2, .more_extensions = 1}, PLAIN},
    {"raw-keys", false, {.raw_keys = 1, .client_auth = 2}, PLAIN},
    {"client", false, {.client_auth = 2}, PLAIN},
    {"client-rsa", false, {.client_auth = 2, .key = 1}, PLAIN},
    {"ticket", false, {.resumption = 1}, PLAIN},
    {"id", false, {.resumption = 2}, PLAIN},
    {"two-credentials", false, {.key = 7}, PLAIN},
    {"grease", false, {.grease = 1, .protocols = 1}, PLAIN},
    {"no-extended-master-secret", false, {.no_extended_master_secret = 1}, PLAIN},
    {"renegotiated-by-client",
     false,
     {.renegotiation = 1},
     AND({CLIENT, SHK_ACTION_renegotiate}, {CLIENT, SHK_ACTION_write})},
    {"renegotiated-by-server",
     false,
     {.renegotiation = 1, .client_auth = 1},
     AND({SERVER, SHK_ACTION_renegotiate}, {CLIENT, SHK_ACTION_write})},
    {"max-fragment-length", false, {.limit = 1}, AND({SERVER, SHK_ACTION_write_much})},
    {"tls11", false, {.versions = 1}, PLAIN},
    {"tls10", false, {.versions = 2}, PLAIN},
    {"tls10-mac-then-encrypt", false, {.versions = 2, .no_encrypt_then_mac = 1}, PLAIN},
    {"tls10-rsa", false, {.versions = 2, .suites = 3, .key = 1, .client_auth = 2}, PLAIN},
};
const size_t shk_state_kind_count = sizeof shk_state_kinds / sizeof shk_state_kinds[0];

const shk_state_kind *shk_state_kind_of(bool is_13, size_t row)
{
    size_t first = 0, count = 0;
    while (shk_state_kinds[first].is_13 != is_13)
        first++;
    while (first + count < shk_state_kind_count && shk_state_kinds[first + count].is_13 == is_13)
        count++;
    return &shk_state_kinds[first + row % count];
}
