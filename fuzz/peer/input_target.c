/* What users and files give us, as untrusted input. SHK_FUZZ_TARGET is the target's name,
 * SHK_FUZZ_KIND its function; both are given by the build. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deviate/script.h"
#include "shakedown/conn.h"
#include "sim/random.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct {
    shk_crypto *crypto;
    shk_config client;
} inputs;

/* libFuzzer hands no context to its callbacks. */
static inputs shared;

static void violated(const char *what, const char *detail)
{
    fprintf(stderr, "fuzz: property violated: %s: " SHK_FUZZ_TARGET ", form plain: %s\n", what,
            detail);
    abort();
}

/* A client with these settings gets as far as its ClientHello, or is refused. */
static void start_client(const shk_config *config)
{
    shk_sim_random stream;
    const shk_random random = shk_sim_random_from(&stream, 1);
    shk_conn *conn = NULL;
    if (shk_conn_new(config, &random, &conn) == SHK_OK)
        (void)shk_conn_start(conn);
    shk_conn_free(conn);
}

/* A session that a client was given back: one that cannot be read is passed over. */
static void run_session(shk_span input)
{
    shk_config config = shared.client;
    config.session = input;
    (void)shk_session_readable(input);
    start_client(&config);
}

static void run_ech_config_list(shk_span input)
{
    shk_config config = shared.client;
    config.ech_configs = input;
    start_client(&config);
}

/* Certificates and keys: the input is both texts. */
static void run_pem(shk_span input)
{
    shk_trust *trust = NULL;
    shk_credential *credential = NULL;
    shk_span key_info = {NULL, 0};
    if (shk_trust_from_pem(input, &trust) == SHK_OK)
        shk_trust_free(trust);
    if (shk_credential_from_pem(input, input, &credential) == SHK_OK)
        shk_credential_free(credential);
    if (shk_key_info_from_pem(input, &key_info) == SHK_OK)
        shk_key_info_free(key_info);
}

/* A script that is read prints as a text that reads as the same script. */
static void run_script_text(shk_span input)
{
    char why[SHK_WHY_SIZE];
    shk_script *scripts[2] = {NULL, NULL};
    shk_buf texts[2] = {shk_buf_growing(&shk_libc_allocator), shk_buf_growing(&shk_libc_allocator)};
    if (shk_script_parse(input, "input", &scripts[0], why) &&
        shk_script_print(scripts[0], &texts[0])) {
        if (!shk_script_parse(shk_buf_span(&texts[0]), "printed", &scripts[1], why))
            violated("script-not-read-again", why);
        else if (shk_script_print(scripts[1], &texts[1]) &&
                 !shk_span_equal(shk_buf_span(&texts[0]), shk_buf_span(&texts[1])))
            violated("script-prints-otherwise", "the second time");
    }
    for (size_t i = 0; i < 2; i++) {
        shk_script_free(scripts[i]);
        shk_buf_free(&texts[i]);
    }
}

/* Each is of one target, and the build names it. */
static void (*const runs[])(shk_span input) = {run_session, run_ech_config_list, run_pem,
                                               run_script_text};
enum { SESSION, ECH_CONFIG_LIST, PEM, SCRIPT_TEXT };

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    shared.crypto = shk_libcrypto_new();
    if (shared.crypto == NULL) {
        fprintf(stderr, "fuzz: no memory\n");
        exit(3);
    }
    shared.client = shk_config_default(false, shared.crypto);
    shared.client.server_name = "server.shakedown.test";
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    runs[SHK_FUZZ_KIND](shk_span_of(data, size));
    return 0;
}
