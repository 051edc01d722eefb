/* What a run of a script has come to. */
#ifndef SHK_PLAY_OUTCOME_H
#define SHK_PLAY_OUTCOME_H

#include "deviate/answer.h"
#include "oracle/meter.h"
#include "oracle/oracle.h"
#include "play/play_transcript.h"

typedef enum {
    SHK_PLAY_PASSED,
    SHK_PLAY_FAILED,   /* another answer than expected, a fact that must not be, or an alarm */
    SHK_PLAY_KNOWN,    /* FAILED, and a row of the expected results says why */
    SHK_PLAY_UNPLAYED, /* an operation of the script met nothing to be applied to */
    SHK_PLAY_NOT_RUN,  /* the peer has no way to do what the script sets up */
    SHK_PLAY_UNUSABLE, /* the script, or our own end, cannot be set up so */
    SHK_PLAY_NO_PEER,  /* it cannot be started, or does not listen or connect */
    SHK_PLAY_VERDICTS
} shk_play_verdict;

/* A file with this first byte is a script in its binary form. */
enum { SHK_BINARY_SCRIPT = 0xde };

/* A script as it was found. */
typedef struct {
    char *name;         /* its path, as it is shown */
    char *folder;       /* where it stands */
    shk_script *script; /* NULL: it cannot be read, `why` tells */
    char why[SHK_WHY_SIZE];
} shk_play_case;

enum { SHK_WORDS_SIZE = 512 };

typedef struct {
    shk_play_verdict verdict;
    bool is_answered; /* else nothing below is known of the peer */
    bool is_unplayed; /* as SHK_PLAY_UNPLAYED, whatever the verdict is */
    shk_peer_answer answer;
    int died_of;      /* the signal that ended the peer; 0: none did */
    bool is_reported; /* the peer has told its own result; else `told` is of our end */
    shk_endpoint_result told;
    shk_judgement alarms;            /* of all its connections, the first of them */
    char why[SHK_WORDS_SIZE];        /* why it is not PASSED */
    char peer_words[SHK_WORDS_SIZE]; /* what it says by itself */
    char own_words[SHK_WORDS_SIZE];
    char last_sent[48]; /* the last message that our end has sent */
    int64_t micros;
    shk_meter meter; /* of the peer, in memory, in the connection that the script is about */
    char known[SHK_WORDS_SIZE]; /* the reason of the row that knows it; "": none */
    shk_buf transcript;         /* text; of the verbose */
    shk_buf said;               /* the output of a program; likewise */
} shk_play_outcome;

void shk_play_outcome_begin(shk_play_outcome *outcome);
void shk_play_outcome_free(shk_play_outcome *outcome);

/* Sets the verdict with a reason; returns false, so that a step can return it. */
bool shk_play_conclude(shk_play_outcome *outcome, shk_play_verdict verdict, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The alarms of the oracles; the first is the reason, unless there is one. */
void shk_play_conclude_alarms(const shk_judgement *judgement, const shk_play_transcript *transcript,
                              shk_play_outcome *out);

/* Compares what happened with what the script expects of it: sets the verdict, unless there is one
 * already that is worse. */
void shk_play_judge(const shk_script *script, shk_play_outcome *outcome);

const char *shk_play_verdict_name(shk_play_verdict verdict);
#endif
