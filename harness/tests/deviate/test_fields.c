/* Fields by their paths, in the seeds of all messages (deviate/fields.h). */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "deviate/fields.h"
#include "endpoint/file.h"

enum { PATH = 512, FEWEST_SEEDS = 100, FEWEST_FIELDS = 1500 };

/* Called with each seed of each handshake message. */
typedef void seed_test(unsigned target, const shk_form *form, shk_span body, const char *name,
                       size_t *count);

static void read_seed(unsigned target, const char *path, seed_test *test, size_t *count)
{
    const shk_form_list *forms = shk_message_rows[target].forms;
    char why[SHK_WHY_SIZE];
    shk_buf file = shk_buf_growing(&shk_libc_allocator);
    if (!shk_read_file(path, &file, why))
        fail_msg("%s", why);
    shk_span body = shk_buf_span(&file);
    size_t form = 0;
    if (forms->count > 1 && body.len > 0) {
        form = body.data[0] % forms->count;
        body = shk_span_of(body.data + 1, body.len - 1);
    }
    test(target, &forms->forms[form], body, path, count);
    shk_buf_free(&file);
}

static size_t for_each_seed(seed_test *test, size_t *count)
{
    size_t seeds = 0;
    for (unsigned target = 0; target < SHK_MSG_COUNT; target++) {
        char folder[PATH], path[PATH + 300];
        snprintf(folder, sizeof folder, SHK_SOURCE_DIR "/corpora/seeds/%s",
                 shk_target_name(target));
        DIR *dir = opendir(folder);
        assert_non_null(dir);
        for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
            if (entry->d_name[0] == '.')
                continue;
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
            read_seed(target, path, test, count);
            seeds++;
        }
        closedir(dir);
    }
    return seeds;
}

/* Every byte is of one field without fields, or of one length. */
static void bytes_are_covered(unsigned target, const shk_form *form, shk_span body,
                              const char *name, size_t *count)
{
    shk_fields fields;
    assert_true(shk_fields_of(target, form, body, &fields));
    uint8_t *covered = (uint8_t *)calloc(1, body.len + 1);
    for (size_t i = 1; i < fields.count; i++) {
        const shk_field *f = &fields.list[i];
        assert_true(f->start <= f->end && f->end <= body.len && f->start >= f->prefix);
        for (size_t b = f->start - f->prefix; b < f->start; b++)
            covered[b]++;
        for (size_t b = f->start; f->leaf && b < f->end; b++)
            covered[b]++;
    }
    for (size_t b = 0; b < body.len; b++)
        if (covered[b] != 1)
            fail_msg("%s: byte %zu is of %u fields", name, b, covered[b]);
    if (!fields.complete)
        fail_msg("%s: not all of it could be read", name);
    *count += fields.count - 1;
    free(covered);
    shk_fields_free(&fields);
}

static void the_fields_of_a_message_are_all_of_its_bytes(void **state)
{
    (void)state;
    size_t count = 0;
    assert_true(for_each_seed(bytes_are_covered, &count) >= FEWEST_SEEDS);
    assert_true(count >= FEWEST_FIELDS);
}

/* Of a message that is cut short, fields behind the cut are not told. */
static void fields_are_inside_of_what_there_is(unsigned target, const shk_form *form, shk_span body,
                                               const char *name, size_t *count)
{
    for (size_t len = 0; len < body.len; len++) {
        shk_fields fields;
        assert_true(shk_fields_of(target, form, shk_span_of(body.data, len), &fields));
        for (size_t i = 1; i < fields.count; i++) {
            const shk_field *f = &fields.list[i];
            if (f->start > len || f->prefix > f->start || (f->leaf && f->end > len))
                fail_msg("%s: a field at %zu of %zu bytes", name, f->start, len);
        }
        *count += fields.count;
        shk_fields_free(&fields);
    }
}

static void a_message_that_is_cut_has_no_field_behind(void **state)
{
    (void)state;
    size_t count = 0;
    assert_true(for_each_seed(fields_are_inside_of_what_there_is, &count) >= FEWEST_SEEDS);
    assert_true(count >= FEWEST_FIELDS);
}

/* The path of a field in the bytes, from its names and places. False: of an extension that has no
 * name, or of an item in another item's way. */
static bool path_of(const shk_fields *fields, int field, char *out, size_t size)
{
    char above[PATH];
    const shk_field *f = &fields->list[field];
    if (f->parent < 0) {
        out[0] = 0;
        return true;
    }
    const shk_field *parent = &fields->list[f->parent];
    const shk_field *list = parent->parent >= 0 ? &fields->list[parent->parent] : NULL;
    bool in_extension = parent->name == NULL && list != NULL && list->name != NULL &&
                        strcmp(list->name, "extensions") == 0 && f->name != NULL &&
                        strcmp(f->name, "extension_type") != 0;
    if (!path_of(fields, in_extension ? parent->parent : f->parent, above, sizeof above))
        return false;
    int len = f->name == NULL
                  ? snprintf(out, size, "%s[%u]", above, f->index)
                  : snprintf(out, size, "%s%s%s", above, above[0] != 0 ? "." : "",
                             strcmp(f->name, "extension_data") == 0 ? "0xffff" : f->name);
    assert_true(len >= 0 && (size_t)len < size);
    return strcmp(f->name != NULL ? f->name : "", "extension_data") != 0;
}

/* What the bytes have can be addressed: the path leads back to the field. */
static void paths_lead_back(unsigned target, const shk_form *form, shk_span body, const char *name,
                            size_t *count)
{
    shk_fields fields;
    assert_true(shk_fields_of(target, form, body, &fields));
    for (size_t i = 1; i < fields.count; i++) {
        char text[PATH], again[PATH], why[SHK_WHY_SIZE];
        shk_path path;
        if (!path_of(&fields, (int)i, text, sizeof text))
            continue;
        if (!shk_path_parse(target, text, strlen(text), &path, why))
            fail_msg("%s: %s: %s", name, text, why);
        shk_path_text(target, &path, again, sizeof again);
        assert_string_equal(again, text);
        int found = shk_field_at(&fields, target, &path);
        assert_true(found >= 0);
        if (found != (int)i && fields.list[found].start != fields.list[i].start)
            fail_msg("%s: %s leads to another field", name, text);
        (*count)++;
    }
    shk_fields_free(&fields);
}

static void every_field_of_a_message_has_a_path(void **state)
{
    (void)state;
    size_t count = 0;
    assert_true(for_each_seed(paths_lead_back, &count) >= FEWEST_SEEDS);
    assert_true(count >= FEWEST_FIELDS);
}

/* Each row's outline has what its layout can have. */
static void outlines_have_what_there_can_be(void **state)
{
    (void)state;
    static const struct {
        unsigned target;
        const char *path;
    } cases[] = {
        {SHK_MSG_client_hello, "extensions.key_share.client_shares[3].key_exchange"},
        {SHK_MSG_client_hello, "extensions.pre_shared_key.binders[0].binder"},
        {SHK_MSG_server_hello, "extensions.key_share.key_exchange"},
        {SHK_MSG_certificate, "certificate_list[1].extensions.status_request"},
        {SHK_MSG_server_key_exchange, "dh_Ys"},
        {SHK_MSG_server_key_exchange, "signature"},
        {SHK_MSG_certificate_request_12, "certificate_authorities[0]"},
        {SHK_TARGET_ALERT, "description"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        shk_path path;
        char why[SHK_WHY_SIZE] = "";
        if (!shk_path_parse(cases[i].target, cases[i].path, strlen(cases[i].path), &path, why))
            fail_msg("%s.%s: %s", shk_target_name(cases[i].target), cases[i].path, why);
    }
    for (unsigned target = 0; target < SHK_TARGETS; target++)
        assert_non_null(shk_outline_of(target));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fields_of_a_message_are_all_of_its_bytes),
        cmocka_unit_test(a_message_that_is_cut_has_no_field_behind),
        cmocka_unit_test(every_field_of_a_message_has_a_path),
        cmocka_unit_test(outlines_have_what_there_can_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
