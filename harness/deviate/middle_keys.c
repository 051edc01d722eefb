/* The keys of the player in the middle, from the key log of one of the ends. */
#include <stdlib.h>
#include <string.h>

#include "deviate/player_state.h"
#include "keys/key_lines.h"

/* In the order in which they come into use. */
static const char *const labels[SHK_SIDES][3] = {
    [SHK_CLIENT_MESSAGE] = {"CLIENT_EARLY_TRAFFIC_SECRET", "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
                            "CLIENT_TRAFFIC_SECRET_0"},
    [SHK_SERVER_MESSAGE] = {"SERVER_HANDSHAKE_TRAFFIC_SECRET", "SERVER_TRAFFIC_SECRET_0", NULL},
};
enum { LABELS = 3 };

void shk_player_give_keys(shk_player *player, const shk_crypto *crypto, shk_key_log_source *source,
                          const void *context)
{
    player->crypto = crypto;
    player->key_log = source;
    player->key_log_context = context;
}

static void forget_side(shk_middle_side *side)
{
    shk_sealer_free(&side->sealer);
    if (side->opener != NULL)
        shk_opener_free(side->opener);
    free(side->opener);
    side->opener = NULL;
}

void shk_middle_forget_keys(shk_player *player)
{
    for (size_t i = 0; i < SHK_SIDES; i++) {
        forget_side(&player->sides[i]);
        player->sides[i].label = 0;
    }
}

static shk_opener *opener_of_secret(const shk_player *p, const shk_suite_row *suite, shk_whose side,
                                    const char *label)
{
    shk_key_line line;
    if (!shk_key_line_find(p->key_log(p->key_log_context, side == SHK_SERVER_MESSAGE), label,
                           p->randoms[0], &line))
        return NULL;
    shk_opener *opener = (shk_opener *)calloc(1, sizeof *opener);
    if (opener == NULL ||
        shk_opener_of_secret(opener, p->crypto, suite, shk_span_of(line.secret, line.len)))
        return opener;
    free(opener);
    return NULL;
}

static shk_opener *opener_of_master(const shk_player *p, const shk_suite_row *suite, shk_whose side)
{
    shk_key_line line;
    const shk_span randoms[2] = {shk_span_of(p->randoms[0], 32), shk_span_of(p->randoms[1], 32)};
    if (!shk_key_line_find(p->key_log(p->key_log_context, side == SHK_SERVER_MESSAGE),
                           "CLIENT_RANDOM", p->randoms[0], &line))
        return NULL;
    shk_opener *opener = (shk_opener *)calloc(1, sizeof *opener);
    if (opener == NULL || shk_opener_of_master(opener, p->crypto, suite, p->version, false,
                                               shk_span_of(line.secret, line.len), randoms,
                                               side == SHK_SERVER_MESSAGE))
        return opener;
    free(opener);
    return NULL;
}

/* Whether another opener opens the record: then it is the side's from here on. */
static bool opens(shk_middle_side *from, shk_opener *opener, uint8_t *type, shk_span fragment,
                  shk_buf *out)
{
    if (opener == NULL)
        return false;
    if (shk_opener_open(opener, type, fragment, out)) {
        forget_side(from);
        from->opener = opener;
        return true;
    }
    shk_opener_free(opener);
    free(opener);
    return false;
}

bool shk_middle_open(shk_player *player, shk_whose side, uint8_t *type, shk_span fragment,
                     shk_buf *out)
{
    shk_middle_side *from = &player->sides[side];
    const shk_suite_row *suite = shk_suite_of(player->suite);
    const shk_cipher_row *cipher = suite != NULL ? shk_cipher_of(suite->cipher) : NULL;
    if (player->key_log == NULL || cipher == NULL || cipher->tag == 0)
        return false;
    if (from->opener != NULL && shk_opener_open(from->opener, type, fragment, out))
        return true;
    if (player->version < SHK_TLS13)
        return from->opener == NULL &&
               opens(from, opener_of_master(player, suite, side), type, fragment, out);
    for (size_t i = from->label; i < LABELS && labels[side][i] != NULL; i++)
        if (opens(from, opener_of_secret(player, suite, side, labels[side][i]), type, fragment,
                  out)) {
            from->label = i + 1;
            return true;
        }
    return false;
}

bool shk_middle_reseal(shk_player *player, shk_whose side, uint64_t sequence)
{
    shk_middle_side *from = &player->sides[side];
    if (from->sealer.key != NULL || from->opener == NULL)
        return from->sealer.key != NULL;
    return shk_sealer_of(&from->sealer, from->opener, sequence);
}

void shk_middle_update(shk_player *player, shk_whose side)
{
    shk_middle_side *from = &player->sides[side];
    shk_sealer_free(&from->sealer);
    if (from->opener != NULL)
        (void)shk_opener_update(from->opener);
}
