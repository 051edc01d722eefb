/* The names that OpenSSL and GnuTLS have for ours, on the command lines of their programs. */
#ifndef SHK_PLAY_NAMES_H
#define SHK_PLAY_NAMES_H

#include <stdbool.h>

/* The size of every buffer for a name, or a list of them. */
enum { SHK_PROGRAM_NAME = 1024 };

void shk_name_upper(const char *name, char *out);
void shk_name_with_colons(const char *list, char *out);
/* "TLSv1.2" of "1.2", "TLSv1" of "1.0". */
void shk_name_openssl_version(const char *version, char *out);
/* "ECDHE-RSA-AES128-GCM-SHA256" of the registered name; those of TLS 1.3 stay. */
void shk_name_openssl_suite(const char *suite, char *out);
/* "RSA-PSS-RSAE-SHA256" of the registered name. False if it has none. */
bool shk_name_gnutls_scheme(const char *scheme, char *out);
/* "AES-128-GCM:+AEAD:+ECDHE-RSA" of a suite. False if it has none. */
bool shk_name_gnutls_suite(const char *suite, char *out);

#endif
