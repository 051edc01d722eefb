/* The ledger: what peers can make an end take, case by case (corpora/ledger), and what stands out
 * (docs/LEDGER.md). */
#ifndef SHK_LEDGER_H
#define SHK_LEDGER_H

#include "oracle/meter.h"
#include "play/play_run.h"

enum { SHK_LEDGER_PEERS = 4 };

/* How a figure stands out; more than one may be set. */
enum {
    SHK_MARK_OVER = 1,    /* over the budget of the subject */
    SHK_MARK_GROWING = 2, /* four times the input take much more than four times as much */
    SHK_MARK_ABOVE = 4    /* several times what another end takes for the same */
};

/* The figures of one case and one end under test. */
typedef struct {
    bool is_measured;
    int64_t received;          /* bytes that it was sent */
    int64_t taken[SHK_TAKES];  /* in the whole connection; of the time the least of all rounds */
    int64_t left;              /* bytes of memory that it had not given back once closed */
    char answer[SHK_WHY_SIZE]; /* what it came to, or why it was not measured */
    char over[SHK_WHY_SIZE];   /* the first budget that was passed; "": none */
    unsigned marks[SHK_TAKES];
} shk_ledger_entry;

typedef struct {
    const shk_play_case *test;
    char name[64]; /* "client_hello-half": its subject, and what of it */
    int side;      /* of the end under test; 0: client, 1: server */
    shk_ledger_entry entries[SHK_LEDGER_PEERS];
} shk_ledger_row;

typedef struct {
    const shk_play_peer *peers;
    size_t peer_count;
    shk_ledger_row *rows;
    size_t row_count;
} shk_ledger;

/* Plays the case of a row against a peer once, so that the libraries' caches are filled, and then
 * `rounds` times; fills in the entry. */
void shk_ledger_measure(const shk_play_options *options, unsigned rounds, const shk_play_peer *peer,
                        shk_ledger_row *row, shk_ledger_entry *entry);
/* Marks what stands out, once all is measured. */
void shk_ledger_mark(shk_ledger *ledger);

/* The budget of the subject of a case by that name, or that of all others. */
const shk_budget *shk_ledger_budget(const char *name);

void shk_ledger_print(const shk_ledger *ledger);
void shk_ledger_print_json(const shk_ledger *ledger);

#endif
