/* Over the toy provider the cases come to what is expected of them (sim/toy_provider.h), but for
 * those about what the toy does not have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "peer/peer_run.h"
#include "play/cases.h"
#include "sim/toy_provider.h"

/* Patterns of cases; each has one that does not come to what is expected. */
static const char *const beyond[] = {
    /* its certificates cover every name, are always valid, and hold next to nothing */
    "client/chain/*",
    "client/status/*",
    "client/certificate/signature-of-it-changed",
    "client/certificate-request/filter*without-value",
    "client/compressed-certificate/*-cut",
    "client/resumption-1?/for-another-name*",
    "server/client-auth*/certificate-*",
    "server/*/client-authorities-changed",
    "middle/hello/certificate-of-another",
    "middle/records/records-in-another-order",
    /* it has no arithmetic */
    "client/hello-13/share-of-*",
    "client/key-exchange-12/*",
    "server/key-share/*",
    "server/tls12/dh-above-prime",
    /* an ECH key of the test PKI is none of its keys */
    "*/ech/*",
};
enum { BEYOND = sizeof beyond / sizeof beyond[0] };

/* The row of the case; BEYOND: it has none. */
static size_t row_of(const char *path)
{
    const char *name = path + strlen(SHK_CASES_DIR) + 1;
    char pattern[256];
    for (size_t i = 0; i < BEYOND; i++) {
        snprintf(pattern, sizeof pattern, "%s.case", beyond[i]);
        if (fnmatch(pattern, name, 0) == 0)
            return i;
    }
    return BEYOND;
}

static void cases_come_to_what_is_expected(void **state)
{
    static shk_fuzz_runner runner; /* its set-ups last as long as the program */
    shk_play_cases cases = {.rows = NULL};
    char program[] = "test", *argv[] = {program, NULL}, why[SHK_WHY_SIZE];
    bool needed[BEYOND] = {false};
    (void)state;
    shk_fuzz_runner_open(&runner, "pair_toy", &shk_provider_toy, 1, argv);
    assert_true(shk_cases_find(SHK_CASES_DIR, &cases, why));
    for (size_t i = 0; i < 2 * cases.count; i++) {
        const shk_play_case *test = &cases.rows[i / 2];
        const size_t row = row_of(test->name);
        shk_play_outcome outcome;
        if (!shk_fuzz_has_side(test->script, (int)(i % 2)))
            continue;
        shk_fuzz_run_script(&runner, test->script, &shk_endpoint_ours, (int)(i % 2), &outcome);
        if (outcome.verdict != SHK_PLAY_PASSED && row == BEYOND)
            fail_msg("%s: %s", test->name, outcome.why);
        if (outcome.verdict != SHK_PLAY_PASSED)
            needed[row] = true;
        shk_play_outcome_free(&outcome);
    }
    for (size_t i = 0; i < BEYOND; i++)
        if (!needed[i])
            fail_msg("%s: all of them come to what is expected", beyond[i]);
    shk_cases_free(&cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(cases_come_to_what_is_expected)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
