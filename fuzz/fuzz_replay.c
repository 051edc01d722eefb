/* fuzz_replay: runs inputs through the property of a target, in any build and without libFuzzer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "code_path.h"
#include "driver.h"
#include "files.h"
#include "print_check.h"

enum { GOOD = 0, BAD = 1, WRONG_USE = 2 };

static const char usage[] =
    "usage: fuzz_replay [--must-decode] [--twice] TARGET FILE-or-FOLDER...\n"
    "       fuzz_replay --corpora CORPORA TARGET\n"
    "       fuzz_replay --print TARGET FILE\n"
    "       fuzz_replay --list [NAME...]\n"
    "The first replays inputs; --must-decode: each must decode; --twice: a second run must take "
    "the same path.\n"
    "--corpora replays CORPORA/seeds/TARGET (at least one for each form, each must decode) and\n"
    "CORPORA/regressions/TARGET, all twice. --print shows what an input decodes to, or why it does "
    "not.\n"
    "--list names all targets with their forms; with names, tells whether they are the same ones.\n"
    "Exit: 0 all good, 1 the property does not hold, 2 wrong use.\n";

typedef struct {
    bool must_decode;
    bool twice;
} demands;

static const char *form_name(const shk_form *form)
{
    return form->name != NULL ? form->name : "plain";
}

/* Runs one input; NULL, or what is wrong with it. */
static const char *check(shk_fuzz_target *target, shk_span input, const demands *demand,
                         shk_fuzz_outcome *outcome)
{
    shk_path_reset();
    shk_fuzz_run(target, input, true, outcome);
    uint64_t path = shk_path_digest();
    if (outcome->violation != NULL)
        return outcome->violation;
    if (demand->must_decode && !outcome->decoded)
        return shk_error(outcome->fault.status)->text;
    if (!demand->twice)
        return NULL;
    shk_fuzz_outcome again;
    shk_path_reset();
    shk_fuzz_run(target, input, true, &again);
    if (again.violation != NULL || again.decoded != outcome->decoded ||
        again.digest != outcome->digest || again.fault.status != outcome->fault.status ||
        again.fault.offset != outcome->fault.offset)
        return "a second run had another outcome";
    return shk_path_digest() == path ? NULL : "a second run took another path";
}

/* Replays one file. Its name is printed first, above a possible report of a sanitizer. */
static bool replay(shk_fuzz_target *target, const char *path, const demands *demand,
                   const shk_form **form)
{
    shk_span input;
    if (!shk_file_read(path, &input))
        return false;
    printf("%s: ", path);
    fflush(stdout);
    shk_fuzz_outcome outcome;
    const char *complaint = check(target, input, demand, &outcome);
    if (complaint != NULL)
        printf("FAILED: %s%s%s\n", complaint, outcome.detail[0] != '\0' ? ": " : "",
               outcome.detail);
    else if (outcome.decoded)
        printf("decodes (%s)\n", form_name(outcome.form));
    else
        printf("refused (%s): %s at byte %zu\n", form_name(outcome.form),
               shk_error(outcome.fault.status)->name, outcome.fault.offset);
    *form = outcome.form;
    free((void *)input.data);
    return complaint == NULL;
}

static bool replay_all(shk_fuzz_target *target, const shk_files *files, const demands *demand,
                       bool *seen)
{
    bool good = true;
    for (size_t i = 0; i < files->count; i++) {
        const shk_form *form = &target->forms[0];
        good &= replay(target, files->paths[i], demand, &form);
        if (seen != NULL)
            seen[form - target->forms] = true;
    }
    return good;
}

/* Adds the files of CORPORA/KIND/TARGET, which need not exist. */
static bool add_corpus(shk_files *files, const char *corpora, const char *kind, const char *target)
{
    char path[4096];
    int len = snprintf(path, sizeof path, "%s/%s/%s", corpora, kind, target);
    if (len < 0 || (size_t)len >= sizeof path)
        return false;
    return access(path, F_OK) != 0 || shk_files_add(files, path);
}

/* Every form of the target has a seed. */
static bool all_forms_seen(const shk_fuzz_target *target, const bool *seen)
{
    bool good = true;
    for (size_t i = 0; i < target->form_count; i++)
        if (!seen[i]) {
            printf("FAILED: no seed of %s has form %s (first byte %zu)\n", target->name,
                   form_name(&target->forms[i]), i);
            good = false;
        }
    return good;
}

static int replay_corpora(shk_fuzz_target *target, const char *corpora)
{
    static const demands of_seeds = {.must_decode = true, .twice = true};
    static const demands of_regressions = {.twice = true};
    shk_files seeds = {NULL, 0};
    shk_files regressions = {NULL, 0};
    bool seen[SHK_FUZZ_MAX_FORMS] = {false};
    bool good = add_corpus(&seeds, corpora, "seeds", target->name) && seeds.count > 0;
    if (!good)
        printf("FAILED: %s has no seed\n", target->name);
    good &= replay_all(target, &seeds, &of_seeds, seen) && all_forms_seen(target, seen);
    good &= add_corpus(&regressions, corpora, "regressions", target->name) &&
            replay_all(target, &regressions, &of_regressions, NULL);
    shk_files_free(&seeds);
    shk_files_free(&regressions);
    return good ? GOOD : BAD;
}

static void to_stdout(void *context, const char *text, size_t len)
{
    (void)context;
    fwrite(text, 1, len, stdout);
}

static void print_fault(const shk_fault *fault, size_t body_len)
{
    const shk_error_row *row = shk_error(fault->status);
    const char *alert = shk_alert_name(row->alert);
    printf("does not decode: %s (%u): %s [%s], at byte %zu of %zu", alert != NULL ? alert : "-",
           row->alert, row->text, row->clause, fault->offset, body_len);
    printf(fault->field != NULL ? ", field %s\n" : "\n", fault->field);
}

static int print(shk_fuzz_target *target, const char *path)
{
    shk_span input;
    shk_span body;
    if (!shk_file_read(path, &input))
        return WRONG_USE;
    const shk_form *form = shk_fuzz_split(target, input, &body);
    shk_any message;
    memset(&message, 0, sizeof message);
    shk_fault fault;
    printf("%s, form %s, %zu byte%s\n", target->name, form_name(form), body.len,
           body.len == 1 ? "" : "s");
    if (shk_decode(target->layout->shape, form, body, &message, &fault) == SHK_OK) {
        shk_printer printer = {.sink = to_stdout, .style = SHK_TEXT, .depth = 1, .first = true};
        shk_print_whole(target->layout, form, &message, &printer);
    } else {
        print_fault(&fault, body.len);
    }
    free((void *)input.data);
    return GOOD;
}

static bool is_named(const char *name, char **names, int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

/* Names all targets, each with its forms in order. If names are given, they must be all of them. */
static int list(char **names, int count)
{
    size_t known = 0;
    char name[SHK_FUZZ_NAME_MAX];
    shk_fuzz_target target;
    for (size_t i = 0; i < shk_fuzz_target_count(); i++) {
        shk_fuzz_target_name(i, name);
        known += is_named(name, names, count);
        if (!shk_fuzz_target_open(&target, name))
            return BAD;
        printf("%s", name);
        for (size_t k = 0; k < target.form_count; k++)
            printf(" %s", form_name(&target.forms[k]));
        printf("\n");
        shk_fuzz_target_close(&target);
    }
    return count == 0 || (known == shk_fuzz_target_count() && known == (size_t)count) ? GOOD : BAD;
}

static int replay_files(shk_fuzz_target *target, char **paths, int count, const demands *demand)
{
    shk_files files = {NULL, 0};
    bool readable = true;
    for (int i = 0; i < count; i++)
        readable &= shk_files_add(&files, paths[i]);
    int result = !readable ? WRONG_USE : replay_all(target, &files, demand, NULL) ? GOOD : BAD;
    shk_files_free(&files);
    return result;
}

int main(int argc, char **argv)
{
    demands demand = {false, false};
    const char *corpora = NULL;
    bool printing = false;
    int i = 1;
    for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
        if (strcmp(argv[i], "--list") == 0)
            return list(argv + i + 1, argc - i - 1);
        if (strcmp(argv[i], "--must-decode") == 0)
            demand.must_decode = true;
        else if (strcmp(argv[i], "--twice") == 0)
            demand.twice = true;
        else if (strcmp(argv[i], "--print") == 0)
            printing = true;
        else if (strcmp(argv[i], "--corpora") == 0 && i + 1 < argc)
            corpora = argv[++i];
        else
            break;
    }
    int rest = argc - i - 1;
    if (rest < 0 || argv[i][0] == '-' || (corpora != NULL ? rest != 0 : rest < 1) ||
        (printing && rest != 1)) {
        fputs(usage, stderr);
        return WRONG_USE;
    }
    shk_fuzz_target target;
    if (!shk_fuzz_target_open(&target, argv[i])) {
        fprintf(stderr, "fuzz_replay: no target is called %s; --list names them\n", argv[i]);
        return WRONG_USE;
    }
    int result = corpora != NULL ? replay_corpora(&target, corpora)
                 : printing      ? print(&target, argv[i + 1])
                                 : replay_files(&target, argv + i + 1, rest, &demand);
    shk_fuzz_target_close(&target);
    return result;
}
