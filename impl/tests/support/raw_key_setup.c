/* A server that sends its raw public key (RFC 7250) to a client that trusts it
 * (support/raw_key_setup.h). */
#include "raw_key_setup.h"

const uint8_t raw_or_x509[] = {SHK_CERTIFICATE_RAW_PUBLIC_KEY, SHK_CERTIFICATE_X509};

const uint8_t raw_alone[] = {SHK_CERTIFICATE_RAW_PUBLIC_KEY};

void trust_key(test_setup *setup)
{
    setup->client.peer_keys = &setup->credential->key_info;
    setup->client.peer_key_count = 1;
}

void setup_raw(test_setup *setup, uint16_t version)
{
    test_setup_new(setup, "p256");
    setup->client.min_version = setup->client.max_version = version;
    setup->server.min_version = SHK_TLS10;
    setup->client.peer_certificate_types = CERTIFICATE_TYPES(raw_or_x509);
    trust_key(setup);
    setup->server.own_certificate_types = CERTIFICATE_TYPES(raw_or_x509);
}
