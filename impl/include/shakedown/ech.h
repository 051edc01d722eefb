/* Keys of Encrypted ClientHello (RFC 9849): what a server decrypts with, and what a client is given
 * to encrypt to. */
#ifndef SHAKEDOWN_ECH_H
#define SHAKEDOWN_ECH_H

#include "crypto.h"

enum { SHK_ECH_PRIVATE_KEY = 32 };

/* A server's private key, of X25519 or P-256, and the ECHConfigList (RFC 9849 §4) whose
 * configurations hold its public key. */
typedef struct {
    shk_span configs;                         /* an ECHConfigList, with its length */
    uint8_t private_key[SHK_ECH_PRIVATE_KEY]; /* as RFC 9180 §7.1.2 serialises it; secret */
} shk_ech_key;

/* Whether the key is that of all configurations of its list that can be used:
 * SHK_E_ECH_KEY_MISMATCH; SHK_E_CONFIG where it is no list, or none of it can be used. It costs a
 * multiplication each, so connections do not check it again: ask before the key is put into a
 * configuration. */
shk_status shk_ech_check_key(const shk_crypto *crypto, const shk_ech_key *key);

/* What a configuration says. */
typedef struct {
    const char *public_name;     /* the host name in outer ClientHellos, which the server must be
                                    able to show a certificate for */
    uint8_t config_id;           /* by which a server finds the key */
    uint8_t maximum_name_length; /* bytes of the longest server name in an inner ClientHello; 0: not
                                    known */
} shk_ech_settings;

/* Draws an X25519 key and appends an ECHConfigList with its one configuration, for AES-128-GCM and
 * ChaCha20-Poly1305, to `configs`. SHK_E_ECH_PUBLIC_NAME where the name is no host name; the
 * provider's errors. */
shk_status shk_ech_make_key(const shk_crypto *crypto, const shk_random *random,
                            const shk_ech_settings *settings, shk_buf *configs,
                            uint8_t private_key[SHK_ECH_PRIVATE_KEY]);

#endif
