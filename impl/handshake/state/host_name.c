/* Host names (handshake/state/host_name.h). */
#include "handshake/state/host_name.h"

#include <arpa/inet.h>

#include "shakedown/config.h"
#include "shakedown/crypto.h"

static bool is_letter_or_digit(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_label(shk_span label, bool lenient)
{
    if (label.len == 0 || (label.len > 63 && !lenient) || label.data[0] == '-' ||
        label.data[label.len - 1] == '-')
        return false;
    for (size_t i = 0; i < label.len; i++) {
        uint8_t c = label.data[i];
        if (!is_letter_or_digit(c) && c != '-' && !(lenient && c == '_'))
            return false;
    }
    return true;
}

/* Whether a name's last label looks like the end of an IPv4 address: digits alone, or 0x and hex
 * digits, if any. */
static bool is_number(shk_span label)
{
    bool is_hex = label.len >= 2 && label.data[0] == '0' && (label.data[1] | 0x20) == 'x';
    for (size_t i = is_hex ? 2 : 0; i < label.len; i++) {
        uint8_t c = label.data[i], lower = c | 0x20;
        if (!(c >= '0' && c <= '9') && !(is_hex && lower >= 'a' && lower <= 'f'))
            return false;
    }
    return true;
}

bool shk_is_host_name(shk_span name, bool lenient)
{
    size_t start = 0;
    for (size_t i = 0; i <= name.len; i++) {
        if (i < name.len && name.data[i] != '.')
            continue;
        if (!is_label(shk_span_of(name.data + start, i - start), lenient))
            return false;
        start = i < name.len ? i + 1 : start;
    }
    return !is_number(shk_span_of(name.data + start, name.len - start));
}

bool shk_is_address(const char *name)
{
    uint8_t bytes[16];
    return inet_pton(AF_INET, name, bytes) == 1 || inet_pton(AF_INET6, name, bytes) == 1;
}

bool shk_is_reference_name(const char *name)
{
    shk_span text = shk_span_of_text(name);
    if (text.len > 1 && text.data[text.len - 1] == '.')
        text.len--;
    return shk_is_address(name) || shk_is_host_name(text, true);
}
