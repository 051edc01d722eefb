/* What a server staples, from a file, and a client reads: an OCSP response, or signed certificate
 * timestamps. The first byte tells which: 0, 2 ... a response; 1, 3 ... timestamps. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/test_pki.h"
#include "endpoint/file.h"
#include "endpoint/settings.h"
#include "input/input.h"
#include "shakedown/config.h"
#include "shakedown/crypto.h"

enum { CHECKED_AT = 1798761600 }; /* 2027, within the test PKI's time */

typedef struct {
    shk_crypto *crypto;
    shk_trust *trust;
    shk_credential *credential; /* whose chain the response is to be about */
} stapled;

static bool read_pki(const char *name, shk_buf *out)
{
    char path[SHK_TEST_PKI_PATH], why[SHK_WHY_SIZE];
    shk_test_pki_option("", name, path);
    if (shk_read_file(path, out, why))
        return true;
    fprintf(stderr, "fuzz: %s\n", why);
    return false;
}

static void *open_stapled(void)
{
    stapled *s = (stapled *)calloc(1, sizeof *s);
    shk_buf roots = shk_buf_growing(&shk_libc_allocator);
    shk_buf chain = shk_buf_growing(&shk_libc_allocator), key = chain;
    bool ok =
        s != NULL && (s->crypto = shk_libcrypto_new()) != NULL && read_pki("roots.pem", &roots) &&
        read_pki("p256.pem", &chain) && read_pki("p256.key", &key) &&
        shk_trust_from_pem(shk_buf_span(&roots), &s->trust) == SHK_OK &&
        shk_credential_from_pem(shk_buf_span(&chain), shk_buf_span(&key), &s->credential) == SHK_OK;
    shk_buf_free(&roots);
    shk_buf_free(&chain);
    shk_buf_free(&key);
    return ok ? s : NULL;
}

/* Whether it says that the certificate is good: only what is a response can. */
static bool check_response(const stapled *s, shk_span response)
{
    const shk_chain_check check = {.trust = s->trust, .time = CHECKED_AT, .security_level = 1};
    int64_t until = INT64_MAX;
    bool good = s->crypto->status(s->crypto, response, s->credential->chain, s->credential->count,
                                  &check, &until) == SHK_OK;
    if (good && !shk_is_ocsp_response(response))
        shk_input_violated("good-but-no-response", "what is no OCSPResponse says good");
    if (good && until < CHECKED_AT)
        shk_input_violated("good-but-over", "a response is good that ends before now");
    return good;
}

static bool run(void *shared, shk_span input)
{
    const stapled *s = (const stapled *)shared;
    if (input.len == 0)
        return false;
    const shk_span bytes = shk_span_of(input.data + 1, input.len - 1);
    if (input.data[0] % 2 == 1)
        return shk_credential_set_timestamps(s->credential, bytes) == SHK_OK;
    return check_response(s, bytes) && shk_credential_set_status(s->credential, bytes) == SHK_OK;
}

const shk_input_kind shk_input = {open_stapled, run};
