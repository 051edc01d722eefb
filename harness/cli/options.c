/* Command-line parsing shared by the subcommands (cli/cli.h), on getopt_long. */
#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/number.h"
#include "drive/recording.h"

typedef bool end_setter(shk_cli_end *end, const char *value, char *why);

static bool set_text(const char **field, const char *value)
{
    *field = value;
    return true;
}

/* Options whose value is kept as it is. */
#define SET_TEXT(name, field)                                                                      \
    static bool set_##name(shk_cli_end *end, const char *value, char *why)                         \
    {                                                                                              \
        (void)why;                                                                                 \
        return set_text(&end->config.field, value);                                                \
    }
SET_TEXT(cert, certificate_file)
SET_TEXT(key, key_file)
SET_TEXT(dcert, more_certificate_file)
SET_TEXT(dkey, more_key_file)
SET_TEXT(cafile, ca_file)
SET_TEXT(servername, server_name)
SET_TEXT(alpn, alpn)
SET_TEXT(keylogfile, key_log_file)
SET_TEXT(psk_hint, psk_hint)
SET_TEXT(status_file, status_file)
SET_TEXT(dstatus_file, more_status_file)
SET_TEXT(sct_file, sct_file)
SET_TEXT(peer_key, peer_key_file)
SET_TEXT(cert_comp, compress_certificate)
#undef SET_TEXT

static bool set_flag(bool *field, const char *value, char *why)
{
    *field = strcmp(value, "yes") == 0;
    if (*field || strcmp(value, "no") == 0)
        return true;
    snprintf(why, SHK_WHY_SIZE, "'%s' is neither yes nor no", value);
    return false;
}

#define SET_FLAG(name, field)                                                                      \
    static bool set_##name(shk_cli_end *end, const char *value, char *why)                         \
    {                                                                                              \
        return set_flag(&end->config.field, value, why);                                           \
    }
SET_FLAG(keep_sessions, resume)
SET_FLAG(psk_import, psk_import)
SET_FLAG(allow_early_data, early_data)
SET_FLAG(ct, signed_certificate_timestamp)
SET_FLAG(enable_server_rpk, raw_server_key)
SET_FLAG(enable_client_rpk, raw_client_key)
SET_FLAG(enable_pha, post_handshake_auth)
SET_FLAG(renegotiation, renegotiation)
SET_FLAG(grease, grease)
SET_FLAG(ech_grease, ech_grease)
SET_FLAG(name_authorities, name_authorities)
SET_FLAG(fallback_scsv, fallback)
SET_FLAG(no_etm, no_encrypt_then_mac)
SET_FLAG(no_ems, no_extended_master_secret)
SET_FLAG(require_ems, require_extended_master_secret)
SET_FLAG(cookie, cookie)
SET_FLAG(no_middlebox, no_middlebox_compatibility)
#undef SET_FLAG

static bool set_stapling(shk_cli_end *end, const char *value, shk_stapling asked, char *why)
{
    bool yes;
    if (!set_flag(&yes, value, why))
        return false;
    if (yes && end->config.status_request < asked)
        end->config.status_request = asked;
    return true;
}

static bool set_status(shk_cli_end *end, const char *value, char *why)
{
    return set_stapling(end, value, SHK_STAPLING_ASK, why);
}

static bool set_status_required(shk_cli_end *end, const char *value, char *why)
{
    return set_stapling(end, value, SHK_STAPLING_DEMAND, why);
}

static bool set_raw_public_keys(shk_cli_end *end, const char *value, char *why)
{
    return set_enable_server_rpk(end, value, why) && set_enable_client_rpk(end, value, why);
}

static bool set_client_auth(shk_cli_end *end, const char *value, char *why)
{
    static const char *const names[] = {"none", "request", "require"};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], value) == 0) {
            end->config.client_auth = (shk_client_auth)i;
            return true;
        }
    snprintf(why, SHK_WHY_SIZE, "'%s' is none of none, request, require", value);
    return false;
}

static bool set_time(shk_cli_end *end, const char *value, char *why)
{
    char *rest;
    errno = 0;
    long long seconds = strtoll(value, &rest, 10);
    if (errno != 0 || *rest != 0 || rest == value || seconds <= 0) {
        snprintf(why, SHK_WHY_SIZE, "'%s' is not a number of seconds since 1970", value);
        return false;
    }
    end->config.time = seconds;
    return true;
}

static bool set_session_store(shk_cli_end *end, const char *value, char *why)
{
    bool ids = strcmp(value, "ids") == 0;
    end->config.session_store = ids ? SHK_SESSIONS_IDS : SHK_SESSIONS_TICKETS;
    if (ids || strcmp(value, "tickets") == 0)
        return true;
    snprintf(why, SHK_WHY_SIZE, "'%s' is neither tickets nor ids", value);
    return false;
}

static bool set_num_tickets(shk_cli_end *end, const char *value, char *why)
{
    uint64_t count;
    if (!shk_cli_number(value, 1, SHK_CLI_MAX_TICKETS, &count, why))
        return false;
    end->config.ticket_count = (uint8_t)count;
    return true;
}

static bool set_ticket_lifetime(shk_cli_end *end, const char *value, char *why)
{
    uint64_t seconds;
    if (!shk_cli_number(value, 1, 604800, &seconds, why))
        return false;
    end->config.ticket_lifetime = (uint32_t)seconds;
    return true;
}

static bool set_ticket_seed(shk_cli_end *end, const char *value, char *why)
{
    return shk_cli_number(value, 0, UINT64_MAX, &end->config.ticket_seed, why);
}

/* The n-th identity goes with the n-th key. */
static const char **nth_identity(shk_endpoint_config *config, size_t n)
{
    return n == 0 ? &config->psk_identity : &config->more_psks[n - 1].identity;
}

static shk_span *nth_key(shk_endpoint_config *config, size_t n)
{
    return n == 0 ? &config->psk_key : &config->more_psks[n - 1].key;
}

static bool too_many_psks(char *why)
{
    snprintf(why, SHK_WHY_SIZE, "more than %d PSKs", SHK_MAX_PSKS);
    return false;
}

static bool set_psk_identity(shk_cli_end *end, const char *value, char *why)
{
    if (value[0] == 0) {
        snprintf(why, SHK_WHY_SIZE, "the identity is empty");
        return false;
    }
    for (size_t n = 0; n < SHK_MAX_PSKS; n++)
        if (*nth_identity(&end->config, n) == NULL)
            return set_text(nth_identity(&end->config, n), value);
    return too_many_psks(why);
}

static bool set_psk_modes(shk_cli_end *end, const char *value, char *why)
{
    static const char *const names[] = {
        [SHK_PSK_DHE_KE] = "dhe", [SHK_PSK_KE] = "ke", [SHK_PSK_EITHER] = "either"};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], value) == 0) {
            end->config.psk_mode = (shk_psk_mode)i;
            return true;
        }
    snprintf(why, SHK_WHY_SIZE, "'%s' is none of dhe, ke, either", value);
    return false;
}

static bool set_psk_hash(shk_cli_end *end, const char *value, char *why)
{
    const bool sha384 = strcmp(value, "sha384") == 0;
    end->config.psk_hash = sha384 ? SHK_HASH_SHA384 : SHK_HASH_SHA256;
    if (sha384 || strcmp(value, "sha256") == 0)
        return true;
    snprintf(why, SHK_WHY_SIZE, "'%s' is neither sha256 nor sha384", value);
    return false;
}

static bool set_max_early_data(shk_cli_end *end, const char *value, char *why)
{
    uint64_t size;
    if (!shk_cli_number(value, 0, UINT32_MAX, &size, why))
        return false;
    end->config.max_early_data = (uint32_t)size;
    return true;
}

static bool set_size(uint16_t *field, const char *value, uint64_t min, uint64_t max, char *why)
{
    uint64_t size;
    if (!shk_cli_number(value, min, max, &size, why))
        return false;
    *field = (uint16_t)size;
    return true;
}

static bool set_key_shares(shk_cli_end *end, const char *value, char *why)
{
    return set_size(&end->config.key_shares, value, 1, SHK_MAX_OFFERED_SHARES, why);
}

static bool set_record_padding(shk_cli_end *end, const char *value, char *why)
{
    return set_size(&end->config.record_padding, value, 1, 16384, why);
}

static bool set_hello_padding(shk_cli_end *end, const char *value, char *why)
{
    return set_size(&end->config.hello_padding, value, 1, UINT16_MAX, why);
}

static bool set_record_size_limit(shk_cli_end *end, const char *value, char *why)
{
    return set_size(&end->config.record_size_limit, value, 64, 16385, why);
}

static bool set_max_send_frag(shk_cli_end *end, const char *value, char *why)
{
    return set_size(&end->config.max_send_fragment, value, 1, 16384, why);
}

static bool set_maxfraglen(shk_cli_end *end, const char *value, char *why)
{
    if (!set_size(&end->config.max_fragment_length, value, 512, 4096, why))
        return false;
    const unsigned size = end->config.max_fragment_length;
    if ((size & (size - 1)) == 0)
        return true;
    snprintf(why, SHK_WHY_SIZE, "%u is none of 512, 1024, 2048, 4096", size);
    return false;
}

/* Bytes in hexadecimal, 1 to `cap` of them. */
static bool parse_bytes(const char *value, uint8_t *bytes, size_t cap, shk_span *out, char *why)
{
    shk_buf parsed = shk_buf_growing(&shk_libc_allocator);
    bool good = shk_parse_hex(value, &parsed) && parsed.len > 0 && parsed.len <= cap;
    if (good) {
        memcpy(bytes, parsed.data, parsed.len);
        *out = shk_span_of(bytes, parsed.len);
    } else {
        snprintf(why, SHK_WHY_SIZE, "1 to %zu bytes in lower-case hexadecimal are needed", cap);
    }
    shk_buf_wipe(&parsed);
    return good;
}

static bool set_psk(shk_cli_end *end, const char *value, char *why)
{
    for (size_t n = 0; n < SHK_MAX_PSKS; n++)
        if (nth_key(&end->config, n)->len == 0)
            return parse_bytes(value, end->psk_keys[n], sizeof end->psk_keys[n],
                               nth_key(&end->config, n), why);
    return too_many_psks(why);
}

static bool set_ech_config(shk_cli_end *end, const char *value, char *why)
{
    return parse_bytes(value, end->ech_configs, sizeof end->ech_configs, &end->config.ech_configs,
                       why);
}

static bool set_ech_key(shk_cli_end *end, const char *value, char *why)
{
    return parse_bytes(value, end->ech_key, sizeof end->ech_key, &end->config.ech_key, why);
}

static bool set_oid_filters(shk_cli_end *end, const char *value, char *why)
{
    return parse_bytes(value, end->oid_filters, sizeof end->oid_filters, &end->config.oid_filters,
                       why);
}

static bool set_saved(shk_cli_end *end, const char *value, char *why)
{
    return parse_bytes(value, end->saved, sizeof end->saved, &end->config.saved, why);
}

/* "1.2" of "TLS 1.2", and, as OpenSSL has them, "TLSv1.2", "TLSv1". */
bool shk_cli_version(const char *value, uint16_t *out, char *why)
{
    const char *number = strncmp(value, "TLSv", 4) == 0 ? value + 4 : value;
    if (strcmp(value, "TLSv1") == 0)
        number = "1.0";
    for (uint32_t version = SHK_TLS10; version <= SHK_TLS13; version++)
        if (strcmp(shk_version_name(version) + 4, number) == 0) {
            *out = (uint16_t)version;
            return true;
        }
    snprintf(why, SHK_WHY_SIZE, "'%s' is not a TLS version; known are 1.0, 1.1, 1.2, 1.3", value);
    return false;
}

static bool set_min_protocol(shk_cli_end *end, const char *value, char *why)
{
    return shk_cli_version(value, &end->config.min_version, why);
}

static bool set_max_protocol(shk_cli_end *end, const char *value, char *why)
{
    return shk_cli_version(value, &end->config.max_version, why);
}

static bool set_tls(shk_cli_end *end, const char *value, char *why)
{
    return set_min_protocol(end, value, why) && set_max_protocol(end, value, why);
}

/* A table of code points: rows of any kind that start with a name and a value. */
typedef struct {
    const char *what;
    const void *rows;
    size_t row_size;
    size_t count;
} code_point_table;

typedef struct {
    const char *name;
    uint16_t value;
} row_start;

/* A code point by its name, or any as 0xNNNN. */
static bool parse_code_point(const char *name, size_t len, const code_point_table *table,
                             uint16_t *out)
{
    if (len == 6 && strncmp(name, "0x", 2) == 0) {
        char digits[5] = {name[2], name[3], name[4], name[5], 0};
        char *rest;
        *out = (uint16_t)strtoul(digits, &rest, 16);
        return *rest == 0;
    }
    for (size_t i = 0; i < table->count; i++) {
        row_start row;
        memcpy(&row, (const char *)table->rows + i * table->row_size, sizeof row);
        *out = row.value;
        if (strlen(row.name) == len && memcmp(row.name, name, len) == 0)
            return true;
    }
    return false;
}

static bool parse_list(const char *value, const code_point_table *table, uint16_t *values,
                       shk_u16s *out, char *why)
{
    size_t count = 0;
    for (const char *at = value;; at++) {
        size_t len = strcspn(at, ",:");
        if (count == SHK_CLI_MAX_LIST || !parse_code_point(at, len, table, &values[count])) {
            snprintf(why, SHK_WHY_SIZE, "'%.*s' is not a %s that is known here",
                     (int)(len > 100 ? 100 : len), at, table->what);
            return false;
        }
        count++;
        at += len;
        if (*at == 0)
            break;
    }
    out->values = values;
    out->count = count;
    return true;
}

static bool set_suites(shk_cli_end *end, const char *value, char *why)
{
    const code_point_table table = {"cipher suite", shk_suite_rows, sizeof shk_suite_rows[0],
                                    shk_suite_count};
    return parse_list(value, &table, end->suites, &end->config.suites, why);
}

static bool set_groups(shk_cli_end *end, const char *value, char *why)
{
    const code_point_table table = {"group", shk_group_rows, sizeof shk_group_rows[0],
                                    SHK_GROUP_COUNT};
    return parse_list(value, &table, end->groups, &end->config.groups, why);
}

static bool parse_schemes(const char *value, uint16_t *values, shk_u16s *out, char *why)
{
    const code_point_table table = {"signature scheme", shk_signature_scheme_rows,
                                    sizeof shk_signature_scheme_rows[0],
                                    shk_signature_scheme_count};
    return parse_list(value, &table, values, out, why);
}

static bool set_sigalgs(shk_cli_end *end, const char *value, char *why)
{
    return parse_schemes(value, end->schemes, &end->config.schemes, why);
}

static bool set_sigalgs_cert(shk_cli_end *end, const char *value, char *why)
{
    return parse_schemes(value, end->chain_schemes, &end->config.chain_schemes, why);
}

typedef struct {
    const char *name; /* with '_' for '-' */
    const char *argument;
    unsigned whose; /* of these bits */
    const char *help;
    end_setter *set;
} end_option;

enum { OF_CLIENT = 1, OF_SERVER = 2, OF_BOTH = OF_CLIENT | OF_SERVER };

static const end_option end_options[] = {
#define SHK_END_OPTION(name, argument, whose, help) {#name, argument, OF_##whose, help, set_##name},
#include "cli/options.def"
#undef SHK_END_OPTION
};
enum {
    END_OPTIONS = sizeof end_options / sizeof end_options[0],
    MAX_NAME = 40,
    MAX_OWN = 64,                               /* options of a subcommand's own */
    MAX_OPTIONS = 1 + MAX_OWN + 3 * END_OPTIONS /* each of an end's for the client alone, too, and
                                                   for the server */
};

/* Whether a name as typed, with '-', is the option's. */
static bool is_named(const end_option *option, const char *typed, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (option->name[i] != (typed[i] == '-' ? '_' : typed[i]))
            return false;
    return option->name[len] == 0;
}

static const end_option *find(const char *name, size_t len)
{
    for (size_t i = 0; i < END_OPTIONS; i++)
        if (is_named(&end_options[i], name, len))
            return &end_options[i];
    return NULL;
}

/* As it stands first: client-auth is no option "auth" of the client. */
bool shk_cli_is_end_option(const char *name, size_t len, int side, size_t *prefix, bool *flag)
{
    static const char *const own[2] = {"client-", "server-"}; /* as long as each other */
    const unsigned whose = side == 0 ? OF_CLIENT : OF_SERVER;
    const end_option *option = find(name, len);
    *prefix = 0;
    if (option == NULL && len > strlen(own[side]) &&
        strncmp(name, own[side], strlen(own[side])) == 0) {
        *prefix = strlen(own[side]);
        option = find(name + *prefix, len - *prefix);
    }
    *flag = option != NULL && option->argument == NULL;
    return option != NULL && (option->whose & whose) != 0;
}

bool shk_cli_set_end(shk_cli_end *end, const char *name, const char *value, char *why)
{
    const end_option *option = find(name, strlen(name));
    if (option != NULL)
        return option->set(end, value, why);
    snprintf(why, SHK_WHY_SIZE, "'%s' is not an option of an end", name);
    return false;
}

int shk_cli_fail(const char *name, int code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "shakedown %s: ", name);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return code;
}

/* What getopt_long knows an option by, and whom it is for. */
typedef struct {
    char name[MAX_NAME];
    const end_option *end; /* NULL: one of the subcommand's own */
    const shk_cli_option *own;
    bool client;
    bool server;
    bool prefixed; /* client-NAME or server-NAME, which the help sums up */
} known_option;

typedef struct {
    known_option known[MAX_OPTIONS];
    struct option table[MAX_OPTIONS + 1];
    size_t count;
} option_table;

static void add(option_table *t, const char *prefix, const end_option *end,
                const shk_cli_option *own, bool client, bool server)
{
    known_option *k = &t->known[t->count];
    struct option *o = &t->table[t->count];
    snprintf(k->name, sizeof k->name, "%s%s", prefix, end != NULL ? end->name : own->name);
    for (char *at = k->name; *at != 0; at++)
        if (*at == '_')
            *at = '-';
    k->end = end;
    k->own = own;
    k->client = client;
    k->server = server;
    k->prefixed = prefix[0] != 0;
    o->name = k->name;
    o->has_arg =
        (end != NULL ? end->argument : own->argument) != NULL ? required_argument : no_argument;
    t->count++;
}

static void fill_table(option_table *t, const shk_cli_command *command)
{
    static const shk_cli_option help = {"help", NULL, "this text", NULL};
    memset(t, 0, sizeof *t);
    assert(command->option_count <= MAX_OWN);
    add(t, "", NULL, &help, false, false);
    for (size_t i = 0; i < command->option_count; i++)
        add(t, "", NULL, &command->options[i], false, false);
    const unsigned ends =
        (command->client != NULL ? OF_CLIENT : 0u) | (command->server != NULL ? OF_SERVER : 0u);
    bool both = ends == OF_BOTH;
    for (size_t i = 0; i < END_OPTIONS; i++) {
        if ((end_options[i].whose & ends) == 0)
            continue;
        const bool client = (end_options[i].whose & ends & OF_CLIENT) != 0;
        const bool server = (end_options[i].whose & ends & OF_SERVER) != 0;
        add(t, "", &end_options[i], NULL, client, server);
        if (both && client)
            add(t, "client-", &end_options[i], NULL, true, false);
        if (both && server)
            add(t, "server-", &end_options[i], NULL, false, true);
    }
}

static void print_help(const shk_cli_command *command, const option_table *t)
{
    bool both = command->client != NULL && command->server != NULL;
    printf("usage: shakedown %s [OPTION...] %s\n%s\n", command->name, command->positional,
           command->help);
    for (size_t i = 0; i < t->count; i++) {
        const known_option *k = &t->known[i];
        const char *argument = k->end != NULL ? k->end->argument : k->own->argument;
        char left[MAX_NAME + 16];
        if (k->prefixed)
            continue;
        const unsigned whose = k->end != NULL && both ? k->end->whose : OF_BOTH;
        snprintf(left, sizeof left, "--%s %s", k->name, argument != NULL ? argument : "");
        printf("  %-26s %s%s\n", left,
               whose == OF_CLIENT   ? "client: "
               : whose == OF_SERVER ? "server: "
                                    : "",
               k->end != NULL ? k->end->help : k->own->help);
    }
    if (both)
        printf("Options of an end hold for both; --client-NAME and --server-NAME for one.\n");
}

static bool apply(const shk_cli_command *command, const known_option *k, const char *value,
                  char *why)
{
    if (k->own != NULL)
        return k->own->set(command->context, value, why);
    if (value == NULL)
        value = "yes";
    if (k->client && !k->end->set(command->client, value, why))
        return false;
    return !k->server || k->end->set(command->server, value, why);
}

/* Whether the option that getopt_long has just met was written out: whoever looks at the arguments
 * again (cli/setup_cache.h) knows no abbreviations. */
static bool is_written_out(char **argv, const char *name)
{
    const char *word = argv[optind - 1 - (optarg != NULL && optarg == argv[optind - 1] ? 1 : 0)];
    return strncmp(word, "--", 2) == 0 && strcspn(word + 2, "=") == strlen(name);
}

int shk_cli_parse(const shk_cli_command *command, int argc, char **argv, int *first)
{
    option_table t;
    char why[SHK_WHY_SIZE];
    int index;
    int c;
    fill_table(&t, command);
    optind = 0; /* glibc: start anew, whatever was parsed before */
    opterr = 0;
    while ((c = getopt_long(argc, argv, ":", t.table, &index)) != -1) {
        if (c == '?' || c == ':')
            return shk_cli_fail(command->name, SHK_EXIT_USAGE, "%s %s; see shakedown %s --help",
                                argv[optind - 1],
                                c == '?' ? "is not an option" : "needs an argument", command->name);
        if (!is_written_out(argv, t.known[index].name))
            return shk_cli_fail(command->name, SHK_EXIT_USAGE,
                                "options are written out: --%s; see shakedown %s --help",
                                t.known[index].name, command->name);
        if (index == 0) {
            print_help(command, &t);
            return SHK_EXIT_GOOD;
        }
        if (!apply(command, &t.known[index], optarg, why))
            return shk_cli_fail(command->name, SHK_EXIT_USAGE, "--%s: %s", t.known[index].name,
                                why);
    }
    *first = optind;
    return -1;
}
