/* Faults of an RSA premaster secret (support/rsa_premaster_faults.h). */
#include "rsa_premaster_faults.h"

enum { SECRET = 48 };

void wrong_first_byte(uint8_t *block, size_t len)
{
    (void)len;
    block[0] = 1;
}

void wrong_type(uint8_t *block, size_t len)
{
    (void)len;
    block[1] = 1;
}

void zero_within_padding(uint8_t *block, size_t len)
{
    block[len / 2] = 0;
}

void zero_in_the_first_eight_of_padding(uint8_t *block, size_t len)
{
    (void)len;
    block[5] = 0;
}

void no_separator(uint8_t *block, size_t len)
{
    block[len - SECRET - 1] = 7;
}

void wrong_version(uint8_t *block, size_t len)
{
    block[len - SECRET + 1] = 1;
}
