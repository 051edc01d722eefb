/* The targets, from the tables, and the property that holds for their inputs (driver.h). */
#include "driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "print_check.h"

enum {
    FIRST_EXTENSION = SHK_MSG_COUNT,
    FIRST_RECORD = FIRST_EXTENSION + SHK_EXT_COUNT,
    TARGET_COUNT = FIRST_RECORD + SHK_REC_COUNT,
    ROOM_AT_FIRST = 64 * 1024,
    ENCODE_SLACK =
        64, /* bytes beyond the body's own that an encoder may write before it is stopped */
};

size_t shk_fuzz_target_count(void)
{
    return TARGET_COUNT;
}

void shk_fuzz_target_name(size_t i, char *name)
{
    if (i < FIRST_EXTENSION)
        snprintf(name, SHK_FUZZ_NAME_MAX, "%s", shk_message_rows[i].name);
    else if (i < FIRST_RECORD)
        snprintf(name, SHK_FUZZ_NAME_MAX, "ext_%s", shk_extension_rows[i - FIRST_EXTENSION].name);
    else
        snprintf(name, SHK_FUZZ_NAME_MAX, "%s", shk_record_rows[i - FIRST_RECORD].name);
}

/* The layout and the forms of the i-th target. */
static bool fill_in(shk_fuzz_target *target, size_t i)
{
    if (i < FIRST_EXTENSION) {
        const shk_form_list *forms = shk_message_rows[i].forms;
        target->layout = shk_message_rows[i].layout;
        target->form_count = forms->count;
        if (forms->count <= SHK_FUZZ_MAX_FORMS)
            memcpy(target->forms, forms->forms, forms->count * sizeof forms->forms[0]);
    } else if (i < FIRST_RECORD) {
        shk_extension extension = (shk_extension)(i - FIRST_EXTENSION);
        target->layout = shk_extension_rows[extension].layout;
        target->form_count = shk_extension_form_count(extension);
        for (size_t k = 0; k < target->form_count && k < SHK_FUZZ_MAX_FORMS; k++)
            target->forms[k] = shk_extension_form(extension, k);
    } else {
        target->layout = shk_record_rows[i - FIRST_RECORD].layout;
        target->form_count = 1;
    }
    return target->form_count >= 1 && target->form_count <= SHK_FUZZ_MAX_FORMS;
}

bool shk_fuzz_target_open(shk_fuzz_target *target, const char *name)
{
    memset(target, 0, sizeof *target);
    for (size_t i = 0; i < TARGET_COUNT; i++) {
        shk_fuzz_target_name(i, target->name);
        if (strcmp(target->name, name) != 0)
            continue;
        target->room_size = ROOM_AT_FIRST;
        target->room = (uint8_t *)malloc(target->room_size);
        return target->room != NULL && fill_in(target, i);
    }
    return false;
}

void shk_fuzz_target_close(shk_fuzz_target *target)
{
    free(target->room);
    target->room = NULL;
}

/* A digest of bytes: four lanes of eight bytes each, which a processor runs side by side. It is of
 * each input, and reads nothing else, so that no sanitizer need look on. */
__attribute__((no_sanitize("address", "undefined"))) static uint64_t digest_of(shk_span bytes)
{
    uint64_t lane[4] = {bytes.len, 1, 2, 3};
    uint64_t word[4];
    size_t i = 0;
    for (; i + sizeof word <= bytes.len; i += sizeof word) {
        memcpy(word, bytes.data + i, sizeof word);
        for (size_t k = 0; k < 4; k++)
            lane[k] = shk_digest_mix(lane[k], word[k]);
    }
    memset(word, 0, sizeof word);
    if (i < bytes.len)
        memcpy(word, bytes.data + i, bytes.len - i);
    uint64_t digest = 0;
    for (size_t k = 0; k < 4; k++)
        digest = shk_digest_mix(digest, shk_digest_mix(lane[k], word[k]));
    return digest;
}

/* A digest of the whole input: with one of a part, most mutations of a chosen input would be chosen
 * too. */
bool shk_fuzz_is_chosen(shk_span input)
{
    return digest_of(input) >> 54 == 0;
}

const shk_form *shk_fuzz_split(const shk_fuzz_target *target, shk_span input, shk_span *body)
{
    *body = input;
    if (target->form_count == 1 || input.len == 0)
        return &target->forms[0];
    *body = shk_span_of(input.data + 1, input.len - 1);
    return &target->forms[input.data[0] % target->form_count];
}

/* Sets the violation; always false. */
static bool violated(shk_fuzz_outcome *outcome, const char *violation, const char *detail)
{
    outcome->violation = violation;
    snprintf(outcome->detail, sizeof outcome->detail, "%s", detail);
    return false;
}

static bool check_fault(shk_span body, shk_fuzz_outcome *outcome)
{
    const shk_error_row *row = shk_error(outcome->fault.status);
    if (outcome->fault.offset > body.len)
        return violated(outcome, "fault-outside-input", "the fault lies behind the input's end");
    if (row->clause[0] == '\0' || row->alert == SHK_ALERT_NONE)
        return violated(outcome, "fault-without-alert", row->name);
    return true;
}

static bool check_same_bytes(shk_span body, shk_span encoded, shk_fuzz_outcome *outcome)
{
    if (shk_span_equal(body, encoded))
        return true;
    size_t i = 0;
    while (i < body.len && i < encoded.len && body.data[i] == encoded.data[i])
        i++;
    violated(outcome, "roundtrip-differs", "");
    snprintf(outcome->detail, sizeof outcome->detail,
             "%zu bytes decoded, %zu encoded; the first difference is at byte %zu", body.len,
             encoded.len, i);
    return false;
}

/* A buffer that ends where its allocation ends, so that a sanitizer sees one byte too many. */
static shk_buf encode_buffer(shk_fuzz_target *target, size_t body_len)
{
    size_t cap = body_len + ENCODE_SLACK;
    if (cap > target->room_size) {
        uint8_t *grown = (uint8_t *)realloc(target->room, cap);
        if (grown == NULL)
            return shk_buf_over(target->room, 0);
        target->room = grown;
        target->room_size = cap;
    }
    return shk_buf_over(target->room + target->room_size - cap, cap);
}

static bool check_encode(shk_fuzz_target *target, shk_span body, void *message, uint64_t *digest,
                         shk_fuzz_outcome *outcome)
{
    shk_buf out = encode_buffer(target, body.len);
    shk_fault fault;
    shk_status status = shk_encode(target->layout->shape, outcome->form, message, &out, &fault);
    if (status != SHK_OK) {
        violated(outcome, "encode-fails", "");
        snprintf(outcome->detail, sizeof outcome->detail, "%s at byte %zu, field %s",
                 shk_error(status)->name, fault.offset, fault.field != NULL ? fault.field : "-");
        return false;
    }
    if (digest != NULL)
        *digest = digest_of(shk_buf_span(&out));
    return check_same_bytes(body, shk_buf_span(&out), outcome);
}

static bool check_print(shk_fuzz_target *target, shk_span body, void *message,
                        shk_fuzz_outcome *outcome)
{
    static const char *const names[] = {"print-text", "print-json", "print-json-line"};
    size_t limit = 4096 + 256 * body.len;
    for (int style = SHK_TEXT; style <= SHK_JSON_LINE; style++) {
        const char *complaint = shk_print_checked(target->layout, outcome->form, message,
                                                  (shk_print_style)style, limit);
        if (complaint != NULL)
            return violated(outcome, names[style], complaint);
    }
    return true;
}

/* Decodes, and encodes what was decoded. `filler` is what the memory of the message holds before.
 */
static bool roundtrip(shk_fuzz_target *target, shk_span body, int filler, uint64_t *digest,
                      shk_any *message, shk_fuzz_outcome *outcome)
{
    memset(message, filler, target->layout->size);
    shk_status status =
        shk_decode(target->layout->shape, outcome->form, body, message, &outcome->fault);
    outcome->decoded = status == SHK_OK;
    return outcome->decoded ? check_encode(target, body, message, digest, outcome)
                            : check_fault(body, outcome);
}

static bool same_outcome(const shk_fuzz_outcome *a, const shk_fuzz_outcome *b)
{
    return a->decoded == b->decoded && a->fault.status == b->fault.status &&
           a->fault.offset == b->fault.offset && a->fault.field == b->fault.field &&
           a->digest == b->digest;
}

/* The checks beyond the round trip, see shk_fuzz_run. */
static void run_thoroughly(shk_fuzz_target *target, shk_span body, shk_any *message,
                           shk_fuzz_outcome *outcome)
{
    if (outcome->decoded && !check_print(target, body, message, outcome))
        return;
    shk_fuzz_outcome again = *outcome;
    again.digest = 0;
    if (roundtrip(target, body, 0x5a, &again.digest, message, &again) &&
        same_outcome(outcome, &again))
        return;
    violated(outcome, "not-deterministic",
             again.violation != NULL ? again.detail : "a second run did something else");
}

void shk_fuzz_run(shk_fuzz_target *target, shk_span input, bool thorough, shk_fuzz_outcome *outcome)
{
    shk_span body;
    shk_any message;
    outcome->form = shk_fuzz_split(target, input, &body);
    outcome->violation = NULL;
    outcome->detail[0] = '\0';
    outcome->digest = 0;
    if (roundtrip(target, body, 0xa5, thorough ? &outcome->digest : NULL, &message, outcome) &&
        thorough)
        run_thoroughly(target, body, &message, outcome);
}
