/* Walking the flow tables (oracle/flow_model.h). */
#include "oracle/flow_model.h"

#include <string.h>

#include "shakedown/flow.h"

_Static_assert(SHK_EVENT_ENTRY < 256, "an event has a byte");

static shk_truth truth(bool holds)
{
    return holds ? SHK_YES : SHK_NO;
}

/* Below TLS 1.3, where a suite is chosen. */
static shk_truth of_suite(const shk_flow_seen *s, bool holds)
{
    return s->suite == NULL ? SHK_MAYBE : truth(holds);
}

static shk_truth always(const shk_flow_seen *s)
{
    (void)s;
    return SHK_YES;
}

/* What only the end itself knows. */
static shk_truth not_seen(const shk_flow_seen *s)
{
    (void)s;
    return SHK_MAYBE;
}

static shk_truth tls13(const shk_flow_seen *s)
{
    return s->negotiated ? truth(s->version >= SHK_TLS13) : s->retried ? SHK_YES : SHK_MAYBE;
}

static shk_truth with_psk(const shk_flow_seen *s)
{
    return truth(s->with_psk);
}

static shk_truth requested(const shk_flow_seen *s)
{
    return truth(s->requested);
}

static shk_truth certified(const shk_flow_seen *s)
{
    return of_suite(s, s->suite != NULL && shk_suite_certified(s->suite));
}

static shk_truth may_have_parameters(const shk_flow_seen *s)
{
    return of_suite(s, s->suite != NULL && s->suite->key_exchange != SHK_KX_RSA);
}

static shk_truth never_has_parameters(const shk_flow_seen *s)
{
    return of_suite(s, s->suite != NULL && s->suite->key_exchange == SHK_KX_RSA);
}

static shk_truth needs_no_parameters(const shk_flow_seen *s)
{
    return of_suite(s, s->suite != NULL && !shk_suite_is_ephemeral(s->suite));
}

static shk_truth anonymous(const shk_flow_seen *s)
{
    return of_suite(s, s->suite != NULL && s->suite->auth == SHK_AUTH_ANON);
}

static shk_truth may_request(const shk_flow_seen *s)
{
    return of_suite(s, s->suite != NULL && shk_suite_certified(s->suite) &&
                           !shk_suite_has_psk(s->suite));
}

static shk_truth peer_has_key(const shk_flow_seen *s)
{
    return truth(s->client_has_key);
}

static shk_truth accepts_compression(const shk_flow_seen *s)
{
    return s->is_server ? SHK_MAYBE : truth(s->compression);
}

static shk_truth no_status_due(const shk_flow_seen *s)
{
    return truth(!s->status);
}

static shk_truth early_data_accepted(const shk_flow_seen *s)
{
    return truth(s->early_data);
}

static shk_truth resumes_12(const shk_flow_seen *s)
{
    return s->may_resume ? SHK_MAYBE : SHK_NO;
}

static shk_truth ticket_due(const shk_flow_seen *s)
{
    return truth(s->ticket);
}

static shk_truth no_ticket_due(const shk_flow_seen *s)
{
    return truth(!s->ticket);
}

static shk_truth later_authentication(const shk_flow_seen *s)
{
    return truth(s->later_authentication);
}

static shk_truth retry_needed(const shk_flow_seen *s)
{
    return truth(s->retried);
}

const shk_flow_condition_row shk_flow_conditions[] = {
    {"always", always},
    {"write_closed", not_seen},
    {"tls13", tls13},
    {"with_psk", with_psk},
    {"certificate_requested", requested},
    {"certificate_sent", not_seen},
    {"certified", certified},
    {"may_have_parameters", may_have_parameters},
    {"never_has_parameters", never_has_parameters},
    {"needs_no_parameters", needs_no_parameters},
    {"anonymous", anonymous},
    {"may_request_certificate", may_request},
    {"asks_for_certificate", requested},
    {"peer_has_key", peer_has_key},
    {"accepts_compression", accepts_compression},
    {"no_status_due", no_status_due},
    {"early_data_accepted", early_data_accepted},
    {"resumes_12", resumes_12},
    {"ticket_due", ticket_due},
    {"no_ticket_due", no_ticket_due},
    {"post_handshake_auth", later_authentication},
    {"may_renegotiate", not_seen},
    {"retry_needed", retry_needed},
};
const size_t shk_flow_condition_count = sizeof shk_flow_conditions / sizeof shk_flow_conditions[0];

/* The number of a state, which is new with its first row. False: there is no room. */
static bool number_of(shk_flow_model *model, const char *name, uint8_t *out)
{
    size_t i = 0;
    while (i < model->state_count && strcmp(model->states[i], name) != 0)
        i++;
    if (i == SHK_MODEL_STATES)
        return false;
    if (i == model->state_count)
        model->states[model->state_count++] = name;
    *out = (uint8_t)i;
    return true;
}

static bool event_of(const char *name, uint8_t *out)
{
    size_t i = 0;
    while (i < SHK_MSG_COUNT && strcmp(shk_message_rows[i].name, name) != 0)
        i++;
    if (name[0] == 0)
        i = SHK_EVENT_ENTRY;
    else if (i == SHK_MSG_COUNT && strcmp(name, "change_cipher_spec") != 0)
        return false;
    *out = (uint8_t)i;
    return true;
}

static bool condition_of(const char *name, uint8_t *out)
{
    size_t i = 0;
    while (i < shk_flow_condition_count && strcmp(shk_flow_conditions[i].name, name) != 0)
        i++;
    *out = (uint8_t)i;
    return i < shk_flow_condition_count;
}

bool shk_flow_model_read(shk_flow_model *model, bool of_server)
{
    shk_flow_line line;
    memset(model, 0, sizeof *model);
    for (size_t i = 0; shk_flow_line_at(i, &line); i++) {
        if (line.state[0] != (of_server ? 's' : 'c')) /* as states.def has it */
            continue;
        if (model->row_count == SHK_MODEL_ROWS)
            return false;
        shk_model_row *row = &model->rows[model->row_count++];
        if (!number_of(model, line.state, &row->state) ||
            !number_of(model, line.next, &row->next) || !event_of(line.event, &row->event) ||
            !condition_of(line.condition, &row->condition))
            return false;
    }
    return true;
}

uint64_t shk_flow_model_state(const shk_flow_model *model, const char *name)
{
    for (size_t i = 0; i < model->state_count; i++)
        if (strcmp(model->states[i], name) == 0)
            return (uint64_t)1 << i;
    return 0;
}

/* Where one state leads by an event. `*stays`: it may also be that no row of it fits. */
static uint64_t step(const shk_flow_model *model, size_t state, unsigned event,
                     const shk_flow_seen *seen, bool *stays)
{
    uint64_t next = 0;
    *stays = true;
    for (size_t i = 0; i < model->row_count && *stays; i++) {
        const shk_model_row *row = &model->rows[i];
        if (row->state != state || row->event != event)
            continue;
        const shk_truth holds = shk_flow_conditions[row->condition].holds(seen);
        if (holds != SHK_NO)
            next |= (uint64_t)1 << row->next;
        *stays = holds != SHK_YES;
    }
    return next;
}

uint64_t shk_flow_model_settle(const shk_flow_model *model, uint64_t states,
                               const shk_flow_seen *seen)
{
    uint64_t settled = 0;
    uint64_t done = 0;
    while (states != 0) {
        size_t state = 0;
        bool stays;
        while ((states >> state & 1) == 0)
            state++;
        const uint64_t bit = (uint64_t)1 << state;
        states &= ~bit;
        done |= bit;
        const uint64_t next = step(model, state, SHK_EVENT_ENTRY, seen, &stays);
        states |= next & ~done;
        settled |= stays ? bit : 0;
    }
    return settled;
}

uint64_t shk_flow_model_take(const shk_flow_model *model, uint64_t states, unsigned event,
                             const shk_flow_seen *seen)
{
    uint64_t next = 0;
    bool stays;
    for (size_t state = 0; state < model->state_count; state++)
        if ((states >> state & 1) != 0)
            next |= step(model, state, event, seen, &stays);
    return next;
}
