/* Drawing for the cross-feature test: both ends of up to three connections over one set-up, from
 * the options of `shakedown pair` (cross_options.def). What is drawn depends on the seed alone. */
#ifndef SHK_TESTS_CROSS_DRAW_H
#define SHK_TESTS_CROSS_DRAW_H

#include <stdio.h>

#include "cli/options.h"
#include "drive/drive.h"
#include "sim/random.h"

enum {
#define CROSS_CHOICE(...) +1
#define CROSS_LIST(...) +1
    CROSS_ROWS = 0
#include "cross_options.def"
#undef CROSS_CHOICE
#undef CROSS_LIST
};

enum { CROSS_CONNECTIONS = 3, CROSS_TEXT = 4096, CROSS_OPTIONS = 128 };

/* One end: what was drawn of each row (0: nothing), and the options that come of it. */
typedef struct {
    uint32_t drawn[CROSS_ROWS];
    uint64_t ticket_seed;
    int64_t time;
    shk_cli_end end;
    char text[CROSS_TEXT]; /* name, value, name, value ... */
    size_t text_len;
    const char *options[CROSS_OPTIONS][2];
    size_t rows[CROSS_OPTIONS]; /* that they come of */
    size_t option_count;
} cross_end;

typedef struct {
    shk_sim_random stream;
    shk_random random;
    char ech_key[1024]; /* hexadecimal: private key, then the configurations */
    const char *ech_configs;
} cross_source;

bool cross_source_new(cross_source *source, uint64_t seed);
/* A number below `bound`. */
uint32_t cross_below(cross_source *source, uint32_t bound);

/* Draws every row; or each again with that likelihood, per cent. */
void cross_draw_end(cross_source *source, bool server, cross_end *out);
void cross_change_end(cross_source *source, bool server, uint32_t per_cent, cross_end *end);
/* Sets the end's configuration by what was drawn. False with a reason: an option is refused. */
bool cross_configure(const cross_source *source, bool server, cross_end *end, char *why);
/* Forgets what gave the options that `why` names, as --NAME. False: it names none. */
bool cross_drop_named(cross_end *end, const char *why);
/* As the command line of `shakedown pair` has it. */
void cross_print_end(FILE *out, bool server, const cross_end *end);

void cross_draw_drive(cross_source *source, shk_drive_options *out);

#endif
