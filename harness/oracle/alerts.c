/* The oracle of alerts (oracle/oracles.def): what an end sends as an alert and behind it, and that
 * no application data come before the handshake is complete. */
#include <string.h>

#include "oracle/judge.h"

enum { WARNING = 1, FATAL = 2, NOBODY = 0, CLIENT = 1, SERVER = 2 };

/* Alerts that are not for each end and version. */
typedef struct {
    shk_alert alert;
    int who;
    uint16_t min_version;
    uint16_t max_version;
    const char *clause;
} alert_rule;

static const alert_rule rules[] = {
    {SHK_ALERT_decryption_failed_RESERVED, NOBODY, 0, 0, "RFC 5246 §7.2.2"},
    {SHK_ALERT_no_certificate_RESERVED, NOBODY, 0, 0, "RFC 5246 §7.2.2"},
    {SHK_ALERT_export_restriction_RESERVED, NOBODY, 0, 0, "RFC 5246 §7.2.2"},
    {SHK_ALERT_decompression_failure, CLIENT | SERVER, 0, SHK_TLS12, "RFC 8446 §6"},
    {SHK_ALERT_no_renegotiation, CLIENT | SERVER, 0, SHK_TLS12, "RFC 8446 §6"},
    {SHK_ALERT_missing_extension, CLIENT | SERVER, SHK_TLS13, SHK_TLS13, "RFC 8446 §6.2"},
    {SHK_ALERT_unrecognized_name, SERVER, 0, SHK_TLS13, "RFC 6066 §3"},
    {SHK_ALERT_bad_certificate_status_response, CLIENT, 0, SHK_TLS13, "RFC 6066 §8"},
    {SHK_ALERT_unknown_psk_identity, SERVER, 0, SHK_TLS13, "RFC 8446 §6.2"},
    {SHK_ALERT_certificate_required, SERVER, SHK_TLS13, SHK_TLS13, "RFC 8446 §6.2"},
    {SHK_ALERT_inappropriate_fallback, SERVER, 0, SHK_TLS13, "RFC 7507 §3"},
    {SHK_ALERT_no_application_protocol, SERVER, 0, SHK_TLS13, "RFC 7301 §3.2"},
    {SHK_ALERT_ech_required, CLIENT, SHK_TLS13, SHK_TLS13, "RFC 9849 §6.1.6"},
};

static const char *name_of(uint8_t description)
{
    const char *name = shk_alert_name(description);
    return name != NULL ? name : "unknown";
}

static void judge_rules(shk_case *c, size_t side, uint16_t version, uint8_t description)
{
    if (shk_alert_name(description) == NULL)
        shk_raise(c, "RFC 8446 §6", "the %s sent an alert of no known description, %u",
                  shk_side_name(side), description);
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        const alert_rule *rule = &rules[i];
        if ((unsigned)rule->alert != description)
            continue;
        const bool in_version =
            version == 0 || (version >= rule->min_version && version <= rule->max_version);
        if ((rule->who & (side == 0 ? CLIENT : SERVER)) == 0 || !in_version)
            shk_raise(c, rule->clause,
                      "the %s sent the alert %s in version 0x%04x, where it may not",
                      shk_side_name(side), name_of(description), version);
    }
}

static bool ends_connection(const shk_item *item)
{
    return item->raw.data[0] == FATAL;
}

/* The level is one of two, and in TLS 1.3 fatal for all that is an error (RFC 8446 §6). */
static void judge_level(shk_case *c, size_t side, uint16_t version, const shk_item *item)
{
    const uint8_t level = item->raw.data[0];
    const uint8_t description = item->raw.data[1];
    const bool closes =
        description == SHK_ALERT_close_notify || description == SHK_ALERT_user_canceled;
    if ((level != WARNING && level != FATAL) || (version >= SHK_TLS13 && level != FATAL && !closes))
        shk_raise(c, "RFC 8446 §6", "the %s sent the alert %s of level %u", shk_side_name(side),
                  name_of(description), level);
}

/* An alert record that cannot be read as one alert (RFC 8446 §5.1). */
static bool is_broken_alert(const shk_item *item)
{
    return item->content == SHK_ALERT_RECORD && item->opened && item->raw.len != 2;
}

/* What an end sends: nothing behind a fatal alert (RFC 8446 §6.2) but perhaps the end of the
 * stream, and no data behind close_notify (§6.1). */
static void judge_sent(shk_case *c, size_t side)
{
    const shk_observed *end = &c->seen->ends[side];
    const uint16_t version = end->view.first.version;
    const shk_item *last = NULL;
    for (size_t i = 0; i < end->view.count; i++) {
        const shk_item *item = &end->view.items[i];
        if (!item->sent)
            continue;
        const bool is_alert = item->content == SHK_ALERT_RECORD && item->opened;
        if (last != NULL && ends_connection(last))
            shk_raise(c, "RFC 8446 §6.2", "the %s sent more behind the fatal alert %s",
                      shk_side_name(side), name_of(last->raw.data[1]));
        else if (last != NULL && item->opened && item->content == SHK_APPLICATION_DATA)
            shk_raise(c, "RFC 8446 §6.1", "the %s sent application data behind close_notify",
                      shk_side_name(side));
        if (is_broken_alert(item)) {
            shk_raise(c, "RFC 8446 §5.1", "the %s sent an alert record of %zu bytes",
                      shk_side_name(side), item->raw.len);
            continue;
        }
        if (!is_alert)
            continue;
        judge_level(c, side, version, item);
        judge_rules(c, side, version, item->raw.data[1]);
        if (ends_connection(item) || item->raw.data[1] == SHK_ALERT_close_notify)
            last = item;
    }
}

/* An end that reports the alert that it sent has sent it. */
static void judge_report(shk_case *c, size_t side)
{
    const shk_observed *end = &c->seen->ends[side];
    const int told = end->result.alert_sent;
    bool found = false;
    if (end->who.kind == NULL || told < 0 || end->result.untold[SHK_FACT_alert_sent] != NULL)
        return;
    for (size_t i = 0; i < end->view.count; i++) {
        const shk_item *item = &end->view.items[i];
        if (item->sent && (!item->opened || is_broken_alert(item)))
            return; /* it may be in there */
        found = found || (item->sent && item->content == SHK_ALERT_RECORD && item->raw.len == 2 &&
                          item->raw.data[1] == told);
    }
    if (!found)
        shk_raise(c, "RFC 8446 §6.2", "the %s reports that it sent the alert %s, and has not",
                  shk_side_name(side), name_of((uint8_t)told));
}

/* Whether the peer's Finished, which has not been seen before the item, can be in a record that was
 * not opened, or the item in one of early data that a server skips (RFC 8446 §4.2.10). */
static bool may_be_late(const shk_observed *end, const shk_item *item)
{
    const shk_first_handshake *f = &end->view.first;
    if (!item->by_server && f->client_hellos[0] != NULL &&
        shk_has_extension(f->client[0].extensions, SHK_EXT_early_data))
        return true;
    if (end->view.mistyped[item->by_server])
        return true;
    for (const shk_item *before = end->view.items; before < item; before++)
        if (before->by_server == item->by_server && !before->opened)
            return true;
    return false;
}

/* Whether application data come before they may. Those of early data have their own keys. */
static bool is_too_early(const shk_observed *end, const shk_item *item)
{
    const shk_first_handshake *f = &end->view.first;
    const shk_item *finished = f->finished[item->by_server];
    const bool before_finished = finished == NULL || item < finished;
    if (f->version < SHK_TLS13)
        return before_finished;
    if (item->under == SHK_UNDER_APPLICATION)
        return before_finished && !may_be_late(end, item);
    return item->under != SHK_UNDER_EARLY;
}

/* Application data are taken when the peer's Finished is there, but for early data (RFC 8446
 * §4.4.4, RFC 5246 §7.3). */
static void judge_data(shk_case *c, size_t side)
{
    const shk_observed *end = &c->seen->ends[side];
    const shk_first_handshake *f = &end->view.first;
    const size_t taken = shk_taken(end);
    if (f->version == 0)
        return;
    for (size_t i = 0; i < taken && i < end->view.count; i++) {
        const shk_item *item = &end->view.items[i];
        if (item->sent || !item->opened || item->content != SHK_APPLICATION_DATA ||
            !is_too_early(end, item))
            continue;
        shk_raise(c, f->version >= SHK_TLS13 ? "RFC 8446 §4.4.4" : "RFC 5246 §7.3",
                  "the %s took application data before the handshake was complete",
                  shk_side_name(side));
        return;
    }
}

void shk_judge_alerts(shk_case *c)
{
    for (size_t side = 0; side < 2; side++)
        if (shk_is_judged(&c->seen->ends[side])) {
            judge_sent(c, side);
            judge_report(c, side);
            judge_data(c, side);
        }
}
