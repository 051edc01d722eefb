/* The secrets and signatures of our own end as the player of a script (deviate/player_state.h). */
#include <stdio.h>
#include <string.h>

#include "deviate/player_state.h"
#include "endpoint/file.h"

void shk_own_secret(void *context, shk_secret_kind kind, uint8_t *secret, size_t *len, size_t cap)
{
    shk_player *p = (shk_player *)context;
    for (size_t i = 0; p->active && i < p->script->operation_count; i++) {
        const shk_operation *o = &p->script->operations[i];
        shk_buf value = shk_buf_growing(&shk_libc_allocator);
        if (o->kind != SHK_OP_SECRET || o->numbers[0] != (uint32_t)kind)
            continue;
        if (shk_value_bytes(o->value, 0, shk_player_copy, p, &value) && value.len <= cap) {
            if (value.len > 0)
                memcpy(secret, value.data, value.len);
            *len = value.len;
            p->applied[i] = true;
        }
        shk_buf_free(&value);
    }
}

/* A credential of the folder: NAME.pem and NAME.key. */
static bool load(const shk_player *p, const char *name, shk_credential **out)
{
    char path[2][512], why[SHK_WHY_SIZE];
    shk_buf text[2];
    const char *const ends[2] = {"pem", "key"};
    bool ok = true;
    for (size_t i = 0; i < 2; i++) {
        snprintf(path[i], sizeof path[i], "%s/%.200s.%s", p->files, name, ends[i]);
        text[i] = shk_buf_growing(&shk_libc_allocator);
        ok = ok && shk_read_file(path[i], &text[i], why);
    }
    ok = ok && p->provider->credential(p->opened, shk_buf_span(&text[0]), shk_buf_span(&text[1]),
                                       out) == SHK_OK;
    shk_buf_wipe(&text[0]);
    shk_buf_wipe(&text[1]);
    return ok;
}

/* Another key of the same kind as the one that would sign. */
static bool load_other(const shk_player *p, const shk_credential *own, shk_credential **out)
{
    static const char *const names[] = {"client-p256",     "p256",    "client-rsa2048",
                                        "rsa2048",         "ed25519", "client-ed25519",
                                        "rsa2048-rsachain"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!load(p, names[i], out))
            continue;
        if ((*out)->kind == own->kind && !shk_span_equal((*out)->key_info, own->key_info))
            return true;
        p->provider->credential_free(p->opened, *out);
        *out = NULL;
    }
    return false;
}

void shk_player_drop_key(shk_player *player)
{
    if (player->other_key != NULL)
        player->provider->credential_free(player->opened, player->other_key);
    player->other_key = NULL;
}

static bool find_key(shk_player *p, const shk_operation *o, const shk_credential **credential)
{
    shk_buf name = shk_buf_growing(&shk_libc_allocator);
    bool ok = shk_value_bytes(o->value, 0, NULL, NULL, &name) &&
              shk_buf_append(&name, shk_span_of("", 1)) == SHK_OK;
    const char *text = (const char *)name.data;
    shk_credential *key = NULL;
    ok =
        ok && (strcmp(text, "other") == 0 ? load_other(p, *credential, &key) : load(p, text, &key));
    if (ok) { /* what signed until now may be the former one */
        shk_player_drop_key(p);
        *credential = p->other_key = key;
    }
    shk_buf_free(&name);
    return ok;
}

/* TLS 1.3: 64 spaces, the context string, a zero, and the hash (RFC 8446 §4.4.3). */
static bool change_context(shk_span context, shk_buf *content)
{
    enum { SPACES = 64 };
    const uint8_t *end = content->len > SPACES ? (const uint8_t *)memchr(content->data + SPACES, 0,
                                                                         content->len - SPACES)
                                               : NULL;
    shk_buf changed = shk_buf_growing(&shk_libc_allocator);
    bool ok =
        end != NULL && shk_buf_append(&changed, shk_span_of(content->data, SPACES)) == SHK_OK &&
        (context.len == 0 || shk_buf_append(&changed, context) == SHK_OK) &&
        shk_buf_append(&changed, shk_span_of(end, content->len - (size_t)(end - content->data))) ==
            SHK_OK;
    content->len = ok ? 0 : content->len;
    ok = ok && shk_buf_append(content, shk_buf_span(&changed)) == SHK_OK;
    shk_buf_free(&changed);
    return ok;
}

static bool change_signature(shk_player *p, const shk_operation *o,
                             const shk_credential **credential,
                             const shk_signature_scheme_row **scheme, shk_buf *content)
{
    shk_buf value = shk_buf_growing(&shk_libc_allocator);
    if (o->kind < SHK_OP_SIGN_KEY || o->kind > SHK_OP_SIGN_CONTEXT)
        return false;
    if (o->kind == SHK_OP_SIGN_KEY)
        return find_key(p, o, credential);
    if (o->kind == SHK_OP_SIGN_SCHEME) {
        const shk_signature_scheme_row *row = shk_signature_scheme_of((uint16_t)o->numbers[0]);
        *scheme = row != NULL ? row : *scheme;
        p->signed_scheme = row != NULL ? row->value : 0;
        return row != NULL;
    }
    bool ok = shk_value_bytes(o->value, 0, shk_player_copy, p, &value);
    if (ok && o->kind == SHK_OP_SIGN_CONTEXT)
        ok = change_context(shk_buf_span(&value), content);
    if (ok && o->kind == SHK_OP_SIGN_OVER) {
        content->len = 0;
        ok = value.len == 0 || shk_buf_append(content, shk_buf_span(&value)) == SHK_OK;
    }
    shk_buf_free(&value);
    return ok;
}

/* A ServerKeyExchange is signed as it will be sent: over both randoms, and its parameters. */
static bool edit_parameters(shk_player *p, shk_buf *content)
{
    enum { RANDOMS = 64 };
    shk_form form = p->form;
    const unsigned target = SHK_MSG_server_key_exchange;
    const unsigned time = p->times[SHK_SERVER_MESSAGE][target] + 1U;
    shk_edit edit;
    form.key_exchange |= SHK_FORM_ANONYMOUS; /* without the signature */
    bool ok = shk_edit_begin(&edit, target, &form,
                             shk_span_of(content->data + RANDOMS, content->len - RANDOMS));
    for (size_t i = 0; ok && i < p->script->operation_count; i++) {
        const shk_operation *o = &p->script->operations[i];
        if (shk_edits((shk_operation_kind)o->kind) && o->points[0].path.node != SHK_WHOLE_MESSAGE &&
            shk_player_meets(p, o, SHK_SERVER_MESSAGE, target, time))
            (void)shk_edit_apply(&edit, o, shk_player_copy, p); /* told when the message is sent */
    }
    content->len = ok ? RANDOMS : content->len;
    ok = ok && (edit.body.len == 0 || shk_buf_append(content, shk_buf_span(&edit.body)) == SHK_OK);
    shk_edit_free(&edit);
    return ok;
}

shk_status shk_own_sign(void *context, const shk_credential **credential,
                        const shk_signature_scheme_row **scheme, shk_buf *content)
{
    shk_player *p = (shk_player *)context;
    const bool parameters =
        p->own == SHK_SERVER_MESSAGE && p->form.version != 0 && p->form.version < SHK_TLS13;
    if (p->active && parameters && !edit_parameters(p, content))
        return SHK_E_NO_MEMORY;
    for (size_t i = 0; p->active && i < p->script->operation_count; i++)
        if (change_signature(p, &p->script->operations[i], credential, scheme, content))
            p->applied[i] = true;
    return SHK_OK;
}
