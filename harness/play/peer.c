/* What scripts are played against (play/peer.h). */
#include "play/peer.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "drive/endpoint_kinds.h"
#include "play/plugin.h"

/* A name without a folder would be looked for among the system's libraries. */
static bool is_plugin(const char *text)
{
    return strchr(text, '/') != NULL && strpbrk(text, " {") == NULL && access(text, F_OK) == 0;
}

static bool load_plugin(const char *text, shk_play_peer *out, char *why)
{
    union {
        void *symbol;
        shk_plugin_function *function;
    } found;
    out->library = dlopen(text, RTLD_NOW | RTLD_LOCAL);
    if (out->library == NULL) {
        snprintf(why, SHK_WHY_SIZE, "%.160s; a program is a command line with {port} in it",
                 dlerror());
        return false;
    }
    found.symbol = dlsym(out->library, "shk_plugin_endpoint");
    if (found.symbol == NULL) {
        snprintf(why, SHK_WHY_SIZE, "%.100s exports no shk_plugin_endpoint (play/plugin.h)", text);
        return false;
    }
    out->kind = found.function(SHK_PLUGIN_LAYOUT);
    if (out->kind == NULL)
        snprintf(why, SHK_WHY_SIZE,
                 "%.100s was compiled with other headers than this program: build it anew", text);
    return out->kind != NULL;
}

static void list_known(const char *text, char *why)
{
    const shk_program *program;
    int used = snprintf(why, SHK_WHY_SIZE,
                        "'%.60s' is neither ours, openssl, gnutls, a shared object, HOST:PORT, a "
                        "command line with {port}, nor",
                        text);
    for (size_t i = 0; (program = shk_program_at(i)) != NULL && used < SHK_WHY_SIZE; i++)
        used += snprintf(why + used, (size_t)(SHK_WHY_SIZE - used), "%s %s", i > 0 ? "," : "",
                         program->name);
}

bool shk_peer_parse(const char *text, shk_play_peer *out, char *why)
{
    char reason[SHK_WHY_SIZE];
    memset(out, 0, sizeof *out);
    out->text = out->stack = text;
    out->kind = shk_endpoint_kind_named(text);
    out->program = shk_program_named(text);
    if (out->kind != NULL) {
        out->type = SHK_PEER_KIND;
    } else if (out->program != NULL) {
        out->type = SHK_PEER_PROGRAM;
        out->stack = out->program->stack;
    } else if (strstr(text, "{port}") != NULL) {
        out->type = SHK_PEER_COMMAND;
        return shk_command_is_known(text, why);
    } else if (is_plugin(text)) {
        out->type = SHK_PEER_KIND;
        return load_plugin(text, out, why);
    } else if (shk_address_split(text, out->host, out->port, reason)) {
        out->type = SHK_PEER_ADDRESS;
    } else {
        list_known(text, why);
        return false;
    }
    return true;
}

bool shk_peer_can_be(const shk_play_peer *peer, int side)
{
    if (peer->type == SHK_PEER_PROGRAM)
        return peer->program->side == side;
    return peer->type != SHK_PEER_ADDRESS || side == 1;
}
