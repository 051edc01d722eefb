/* What honest runs look like: the messages of a set-up with their fields, of which the tamperer
 * draws. */
#ifndef SHK_PLAY_TAMPER_SAMPLE_H
#define SHK_PLAY_TAMPER_SAMPLE_H

#include "deviate/fields.h"
#include "deviate/script.h"

enum { SHK_SAMPLE_MESSAGES = 32 };

/* A message that an end has sent, the n-th of its name. */
typedef struct {
    bool by_server;
    shk_message id;
    unsigned time; /* from 1 */
    shk_fields fields;
} shk_sampled_message;

typedef struct {
    shk_sampled_message messages[SHK_SAMPLE_MESSAGES];
    size_t count;
} shk_sample;

/* Runs the script, which has no operations, between two ends of ours, and keeps the messages of
 * each of its two connections. False if it is not good, or without memory; freed in either case. */
bool shk_sample_take(const shk_script *script, shk_sample out[2]);
void shk_sample_free(shk_sample *sample);

/* The path of a field, "" of the message itself. */
void shk_sampled_path(const shk_sampled_message *message, int field, char *out, size_t size);

#endif
