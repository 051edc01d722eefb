/* What the answer of a peer comes to (deviate/answer.h). */
#include "deviate/answer.h"

#include <stdio.h>
#include <string.h>

#include "endpoint/facts.h"
#include "shakedown/registry.h"

/* Where our end has failed by itself, and the peer by nothing but our alert, the peer had not
 * objected until then. */
shk_peer_answer shk_answer_of(const shk_endpoint_result *peer, const shk_endpoint_result *own,
                              bool connected, bool cut)
{
    const bool gave_up = own->state == SHK_FAILED && own->alert_sent >= 0;
    shk_peer_answer answer = {SHK_ANSWER_WAITING, -1};
    if (peer->state == SHK_CONNECTED || peer->state == SHK_ENDED) {
        answer.kind = SHK_ANSWER_ACCEPTED;
    } else if (peer->state == SHK_FAILED && peer->alert_sent >= 0) {
        answer.kind = SHK_ANSWER_REFUSED;
        answer.alert = peer->alert_sent;
    } else if (gave_up && (peer->state != SHK_FAILED || peer->alert_received == own->alert_sent)) {
        answer.kind = connected ? SHK_ANSWER_ACCEPTED : SHK_ANSWER_WAITING;
    } else if (peer->state == SHK_FAILED || cut) {
        answer.kind = SHK_ANSWER_CLOSED;
    }
    return answer;
}

/* An alert that cannot be read may be any. */
static bool is_of(const shk_expected_answer *expected, shk_peer_answer answer)
{
    if (expected->answer == SHK_ANSWER_IGNORED)
        return answer.kind == SHK_ANSWER_ACCEPTED;
    return expected->answer == answer.kind &&
           (expected->alert < 0 || answer.alert < 0 || expected->alert == answer.alert);
}

bool shk_answer_is_expected(const shk_script *script, shk_peer_answer answer)
{
    bool expected = script->expected_count == 0;
    for (size_t i = 0; i < script->expected_count; i++)
        expected |= is_of(&script->expected[i], answer);
    return expected;
}

static bool is_told(shk_fact fact, const shk_endpoint_result *result)
{
    const uint8_t *field = (const uint8_t *)result + shk_fact_rows[fact].offset;
    uint16_t number;
    if (result->untold[fact] != NULL)
        return false;
    switch (shk_fact_rows[fact].type) {
    case SHK_FACT_TYPE_FLAG:
        return *(const bool *)field;
    case SHK_FACT_TYPE_TEXT:
        return *(const char *)field != 0;
    case SHK_FACT_TYPE_CODE_POINT:
    case SHK_FACT_TYPE_COUNT:
        memcpy(&number, field, sizeof number);
        return number != 0;
    default:
        return false;
    }
}

shk_fact shk_forbidden_fact(const shk_script *script, const shk_endpoint_result *result)
{
    for (size_t i = 0; i < script->never_count; i++)
        if (is_told(script->never[i], result))
            return script->never[i];
    return SHK_FACTS;
}

void shk_answer_text(shk_peer_answer answer, char *out)
{
    const char *name = answer.alert >= 0 ? shk_alert_name((uint32_t)answer.alert) : NULL;
    if (answer.kind != SHK_ANSWER_REFUSED || answer.alert < 0)
        snprintf(out, SHK_WHY_SIZE, "%s", shk_answer_name(answer.kind));
    else if (name != NULL)
        snprintf(out, SHK_WHY_SIZE, "refused %s", name);
    else
        snprintf(out, SHK_WHY_SIZE, "refused %d", answer.alert);
}

void shk_expected_text(const shk_script *script, char *out)
{
    size_t used = 0;
    out[0] = 0;
    for (size_t i = 0; i < script->expected_count && used < SHK_WHY_SIZE; i++) {
        char one[SHK_WHY_SIZE];
        shk_answer_text((shk_peer_answer){script->expected[i].answer, script->expected[i].alert},
                        one);
        used += (size_t)snprintf(out + used, SHK_WHY_SIZE - used, "%s%s", i > 0 ? " | " : "", one);
    }
}
