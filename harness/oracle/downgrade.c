/* The oracle of downgrades (oracle/oracles.def). */
#include <string.h>

#include "oracle/cursor.h"
#include "oracle/judge.h"

enum { RANDOM = 32, MARK = 8 };

/* The end of ServerHello.random: its last byte is 1 for TLS 1.2, or 0 for TLS 1.1 and below (RFC
 * 8446 §4.1.3). */
static bool has_mark(shk_span random, uint8_t last)
{
    const uint8_t mark[MARK] = {'D', 'O', 'W', 'N', 'G', 'R', 'D', last};
    return random.len == RANDOM && memcmp(random.data + RANDOM - MARK, mark, sizeof mark) == 0;
}

/* The versions that an end allows. False: they are not known. */
static bool allowed(const shk_observed *end, uint16_t *min, uint16_t *max)
{
    const shk_endpoint_config *config = end->who.config;
    char why[SHK_WHY_SIZE];
    bool has_13 = false, has_older = false;
    if (config == NULL)
        return false;
    for (size_t i = 0; i < config->suites.count; i++) {
        const shk_suite_row *row = shk_suite_of(config->suites.values[i]);
        has_13 = has_13 || (row != NULL && row->max_version >= SHK_TLS13);
        has_older = has_older || (row != NULL && row->min_version < SHK_TLS13);
    }
    if (config->suites.count == 0)
        has_13 = has_older = true;
    if (!shk_endpoint_versions(config, has_13, has_older, min, max, why))
        return false;
    *max = *max != 0 ? *max : SHK_TLS13;
    return true;
}

/* A client that offers TLS 1.3 heeds either mark. */
static void judge_mark(shk_case *c)
{
    const shk_observed *client = &c->seen->ends[0];
    const shk_first_handshake *f = &client->view.first;
    const shk_hello *hello = shk_last_client_hello(f);
    if (hello == NULL || f->version >= SHK_TLS13 || !shk_has_taken(client, f->server_hello) ||
        !(has_mark(f->server.random, 0) || has_mark(f->server.random, 1)))
        return;
    shk_cursor body =
        shk_cursor_over(shk_extension_of(hello->extensions, SHK_EXT_supported_versions));
    if (shk_u16_list_has(shk_cursor_vector(&body, 1), SHK_TLS13))
        shk_raise(
            c, "RFC 8446 §4.1.3",
            "the client offered TLS 1.3, and took version 0x%04x with the mark of a downgrade",
            f->version);
}

/* A server that allows TLS 1.3 sets the mark of the version, and turns a fallback down (RFC 7507
 * §3). */
static void judge_server(shk_case *c)
{
    const shk_observed *server = &c->seen->ends[1];
    const shk_first_handshake *f = &server->view.first;
    const shk_hello *hello = shk_last_client_hello(f);
    uint16_t min, max;
    if (hello == NULL || f->server_hello == NULL || !allowed(server, &min, &max))
        return;
    if (max >= SHK_TLS13 && f->version < SHK_TLS13 &&
        !has_mark(f->server.random, f->version == SHK_TLS12))
        shk_raise(c, "RFC 8446 §4.1.3",
                  "the server allows TLS 1.3, and chose version 0x%04x without the mark of a "
                  "downgrade",
                  f->version);
    if (shk_u16_list_has(hello->suites, SHK_TLS_FALLBACK_SCSV) && f->version < max)
        shk_raise(c, "RFC 7507 §3",
                  "the server allows version 0x%04x, and answered a fallback with 0x%04x", max,
                  f->version);
}

/* Between two ends that do as they are set up, the highest version that both allow. */
static void judge_best(shk_case *c)
{
    const shk_observed *ends = c->seen->ends;
    const uint16_t version = ends[0].view.first.version;
    uint16_t min[2], max[2];
    if (!allowed(&ends[0], &min[0], &max[0]) || !allowed(&ends[1], &min[1], &max[1])) {
        shk_unseen(c, "the settings of an end are not known");
        return;
    }
    const uint16_t best = max[0] < max[1] ? max[0] : max[1];
    if (!shk_is_judged(&ends[0]) || !shk_is_judged(&ends[1]) || !shk_has_completed(&ends[0]) ||
        !shk_has_completed(&ends[1]) || best < min[0] || best < min[1])
        return;
    if (version < best)
        shk_raise(c, "RFC 8446 §4.2.1", "both ends allow version 0x%04x, and completed 0x%04x",
                  best, version);
}

void shk_judge_downgrade(shk_case *c)
{
    judge_best(c);
    if (shk_is_judged(&c->seen->ends[0]))
        judge_mark(c);
    if (shk_is_judged(&c->seen->ends[1]))
        judge_server(c);
}
