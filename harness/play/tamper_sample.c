/* Messages of honest runs (play/tamper_sample.h). */
#include "play/tamper_sample.h"

#include <stdio.h>
#include <string.h>

#include "drive/drive.h"
#include "play/play_end.h"

enum { MESSAGE_HEADER = 4, PATH_DEPTH = 16 };

/* Both ends, and where what they send goes. */
typedef struct {
    shk_play_end ends[2];
    struct sender {
        shk_sample *sample;
        bool by_server;
    } senders[2];
} taking;

static void keep(void *context, bool sent, shk_message id, const shk_form *form, shk_span raw)
{
    const struct sender *s = (const struct sender *)context;
    shk_sample *sample = s->sample;
    unsigned time = 1;
    if (!sent || sample->count == SHK_SAMPLE_MESSAGES)
        return;
    for (size_t i = 0; i < sample->count; i++)
        time += sample->messages[i].by_server == s->by_server && sample->messages[i].id == id;
    shk_sampled_message *m = &sample->messages[sample->count];
    *m = (shk_sampled_message){.by_server = s->by_server, .id = id, .time = time};
    const shk_span body = shk_span_of(raw.data + MESSAGE_HEADER, raw.len - MESSAGE_HEADER);
    if (shk_fields_of(id, form, body, &m->fields))
        sample->count++;
}

static void prepare(void *context, int side, shk_endpoint_config *config)
{
    taking *t = (taking *)context;
    config->observer = keep;
    config->observer_context = &t->senders[side];
}

static bool connect(taking *t, const shk_script *script, size_t connection, shk_sample *out)
{
    char why[SHK_WHY_SIZE];
    shk_verdict verdict;
    bool ok = true;
    for (int side = 0; side < 2; side++) {
        t->senders[side].sample = out;
        t->senders[side].by_server = side == 1;
        ok = ok &&
             shk_play_end_set_up(&t->ends[side], script, ".", connection, prepare, t, why) ==
                 SHK_PLAY_SET_UP &&
             shk_play_end_open(&t->ends[side], 1 + 2 * connection + (uint64_t)side);
    }
    if (ok)
        shk_drive(shk_play_end_kind(&t->ends[0]), shk_play_end_top(&t->ends[0]),
                  shk_play_end_kind(&t->ends[1]), shk_play_end_top(&t->ends[1]), NULL, &verdict);
    for (int side = 0; side < 2; side++)
        shk_play_end_close(&t->ends[side]);
    return ok && verdict.kind == SHK_VERDICT_GOOD;
}

bool shk_sample_take(const shk_script *script, shk_sample out[2])
{
    taking t = {.ends = {shk_play_end_begin(&shk_endpoint_ours, 0, SHK_PLAY_OBSERVED, NULL),
                         shk_play_end_begin(&shk_endpoint_ours, 1, SHK_PLAY_OBSERVED, NULL)}};
    memset(out, 0, 2 * sizeof *out);
    const bool ok = connect(&t, script, 0, &out[0]) && connect(&t, script, 1, &out[1]);
    for (int side = 0; side < 2; side++)
        shk_play_end_free(&t.ends[side]);
    return ok;
}

void shk_sample_free(shk_sample *sample)
{
    for (size_t i = 0; i < sample->count; i++)
        shk_fields_free(&sample->messages[i].fields);
    sample->count = 0;
}

/* The data of an extension stand in an item of the block, and go by the extension's name alone. */
static bool goes_by_name(const shk_field *item, const shk_field *block, const shk_field *below)
{
    return item->name == NULL && block->name != NULL && strcmp(block->name, "extensions") == 0 &&
           below != NULL && strncmp(below->name, "extension_", strlen("extension_")) != 0;
}

void shk_sampled_path(const shk_sampled_message *message, int field, char *out, size_t size)
{
    const shk_field *list = message->fields.list;
    const shk_field *way[PATH_DEPTH];
    size_t depth = 0;
    size_t at = 0;
    for (int n = field; n > SHK_WHOLE_MESSAGE && depth < PATH_DEPTH; n = list[n].parent)
        way[depth++] = &list[n];
    out[0] = 0;
    while (depth-- > 0 && at < size) {
        const shk_field *f = way[depth];
        if (f->name != NULL)
            at += (size_t)snprintf(out + at, size - at, "%s%s", at > 0 ? "." : "", f->name);
        else if (!goes_by_name(f, &list[f->parent], depth > 0 ? way[depth - 1] : NULL))
            at += (size_t)snprintf(out + at, size - at, "[%u]", f->index);
    }
}
