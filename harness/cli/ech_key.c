/* `shakedown ech-key`: a key for Encrypted ClientHello (RFC 9849), as the options of both ends take
 * it. */
#include <stdio.h>

#include "cli/cli_commands.h"
#include "cli/number.h"
#include "cli/options.h"
#include "shakedown/ech.h"
#include "sim/random.h"

typedef struct {
    uint64_t seed; /* 0: the system's randomness */
    uint8_t config_id;
} ech_key_job;

static bool set_seed(void *context, const char *value, char *why)
{
    return shk_cli_number(value, 1, UINT64_MAX, &((ech_key_job *)context)->seed, why);
}

static bool set_config_id(void *context, const char *value, char *why)
{
    uint64_t id;
    if (!shk_cli_number(value, 0, UINT8_MAX, &id, why))
        return false;
    ((ech_key_job *)context)->config_id = (uint8_t)id;
    return true;
}

static void print_hex(shk_span bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        printf("%02x", bytes.data[i]);
}

static int make_key(const ech_key_job *job, const char *name)
{
    uint8_t memory[512], private_key[SHK_ECH_PRIVATE_KEY];
    shk_sim_random stream;
    shk_random random =
        job->seed != 0 ? shk_sim_random_from(&stream, job->seed) : shk_system_random();
    shk_ech_settings settings = {.public_name = name, .config_id = job->config_id};
    shk_buf configs = shk_buf_over(memory, sizeof memory);
    shk_crypto *crypto = shk_libcrypto_new();
    if (crypto == NULL)
        return shk_cli_fail("ech-key", SHK_EXIT_ENVIRONMENT, "libcrypto cannot be used");
    shk_status status = shk_ech_make_key(crypto, &random, &settings, &configs, private_key);
    shk_libcrypto_free(crypto);
    if (status != SHK_OK)
        return shk_cli_fail("ech-key", SHK_EXIT_USAGE, "'%s': %s", name, shk_error(status)->text);
    printf("--ech-config ");
    print_hex(shk_buf_span(&configs));
    printf("\n--ech-key ");
    print_hex(shk_span_of(private_key, sizeof private_key));
    print_hex(shk_buf_span(&configs));
    printf("\n");
    shk_wipe(private_key, sizeof private_key);
    return SHK_EXIT_GOOD;
}

int shk_cli_ech_key(int argc, char **argv)
{
    ech_key_job job = {0, 0};
    int first;
    static const shk_cli_option options[] = {
        {"config-id", "N", "config_id, 0 to 255 (default 0)", set_config_id},
        {"seed", "N", "draw the key from this seed (default: from the system)", set_seed},
    };
    const shk_cli_command command = {
        .name = "ech-key",
        .positional = "PUBLIC_NAME",
        .help = "Makes a key for Encrypted ClientHello (RFC 9849) and prints the option for the\n"
                "client, then the one for the server, whose certificate must cover PUBLIC_NAME.\n"
                "Exit: 0 good, 2 wrong use, 3 libcrypto cannot be used.\n"
                "Example: shakedown ech-key server.shakedown.test",
        .options = options,
        .option_count = sizeof options / sizeof options[0],
        .context = &job,
    };
    int code = shk_cli_parse(&command, argc, argv, &first);
    if (code >= 0)
        return code;
    if (argc - first != 1)
        return shk_cli_fail("ech-key", SHK_EXIT_USAGE, "one name is needed, not %d", argc - first);
    return make_key(&job, argv[first]);
}
