/* Servers under test that we have started (play/servers.h). */
#include "play/servers.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "endpoint/printable.h"
#include "endpoint/settings.h"

enum { LOOK_MS = 5, TRIES = 3 };

static void end_server(shk_server *s)
{
    shk_process_free(&s->process);
    shk_words_free(&s->words);
    memset(s, 0, sizeof *s);
}

void shk_servers_end(shk_servers *servers)
{
    for (size_t i = 0; i < SHK_SERVERS; i++)
        end_server(&servers->slots[i]);
}

/* Takes a port that is free. The socket that is bound to it keeps others away until the server has
 * it, which may be bound beside it by SO_REUSEADDR, as it is usual. */
static int take_port(char *port, char *why)
{
    const int on = 1;
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof name;
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fd < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 ||
        bind(fd, (const struct sockaddr *)&name, len) != 0 ||
        getsockname(fd, (struct sockaddr *)&name, &len) != 0) {
        snprintf(why, SHK_WHY_SIZE, "no port for the server: %s", strerror(errno));
        if (fd >= 0)
            close(fd);
        return -1;
    }
    snprintf(port, SHK_PORT_SIZE, "%u", (unsigned)ntohs(name.sin_port));
    return fd;
}

static bool copy_words(const shk_words *from, shk_words *to)
{
    *to = shk_words_begin();
    to->count = from->count;
    return !from->failed && shk_buf_append(&to->bytes, shk_buf_span(&from->bytes)) == SHK_OK;
}

/* The slot of the command line, or one to be used for it: a free one, or the one that was used
 * longest ago. */
static shk_server *slot_of(shk_servers *servers, const shk_words *words)
{
    shk_server *slot = &servers->slots[0];
    for (size_t i = 0; i < SHK_SERVERS; i++) {
        shk_server *s = &servers->slots[i];
        if (s->process.pid != 0 &&
            shk_span_equal(shk_buf_span(&s->words.bytes), shk_buf_span(&words->bytes)))
            return s;
        if (s->used < slot->used)
            slot = s;
    }
    end_server(slot);
    return slot;
}

/* Connects as soon as it listens. */
static shk_server_state await(shk_server *s, int64_t timeout_ms, int *fd, char *why)
{
    char peer[SHK_ADDRESS_SIZE];
    char words[SHK_WHY_SIZE];
    const int64_t until = shk_now_ms() + timeout_ms;
    for (;;) {
        *fd = shk_socket_connect("127.0.0.1", s->port, timeout_ms, peer, why);
        if (*fd >= 0)
            return SHK_SERVER_CONNECTED;
        shk_process_look(&s->process);
        if (s->process.ended) {
            shk_process_last_words(&s->process, words, sizeof words);
            snprintf(why, SHK_WHY_SIZE, "as a server, it ends before it listens: %.200s", words);
            return SHK_SERVER_ENDED;
        }
        if (shk_now_ms() >= until) {
            snprintf(why, SHK_WHY_SIZE,
                     "it does not listen on port %s within %d ms; --timeout gives it longer",
                     s->port, (int)timeout_ms);
            return SHK_SERVER_DEAF;
        }
        poll(NULL, 0, LOOK_MS);
    }
}

/* One that cannot be bound beside our socket is tried again without it (`alone`). */
static shk_server_state start(shk_server *s, const shk_words *words, bool alone, int64_t timeout_ms,
                              int *fd, char *why)
{
    shk_server_state state = SHK_SERVER_MISSING;
    const int taken = take_port(s->port, why);
    if (taken < 0)
        return state;
    if (alone)
        close(taken);
    if (copy_words(words, &s->words) && shk_process_start(&s->process, words, s->port, why))
        state = await(s, timeout_ms, fd, why);
    if (!alone)
        close(taken);
    return state;
}

shk_server_state shk_servers_connect(shk_servers *servers, const shk_words *words, bool fresh,
                                     int64_t timeout_ms, shk_server **server, int *fd, char *why)
{
    char peer[SHK_ADDRESS_SIZE];
    shk_server *s = slot_of(servers, words);
    s->used = ++servers->clock;
    *server = s;
    shk_process_look(&s->process);
    if (s->process.pid != 0 && !s->process.ended && !fresh) {
        *fd = shk_socket_connect("127.0.0.1", s->port, timeout_ms, peer, why);
        if (*fd >= 0)
            return SHK_SERVER_CONNECTED;
    }
    shk_server_state state = SHK_SERVER_ENDED;
    for (int i = 0; i < TRIES && state == SHK_SERVER_ENDED; i++) {
        end_server(s);
        s->used = servers->clock;
        state = start(s, words, i > 0, timeout_ms, fd, why);
    }
    if (state != SHK_SERVER_CONNECTED)
        end_server(s);
    return state;
}

static bool is_telling(const char *line, size_t len)
{
    static const char *const signs[] = {"lert", "rror", "ail", "atal", "anic"};
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        for (size_t at = 0; at + strlen(signs[i]) <= len; at++)
            if (strncmp(line + at, signs[i], strlen(signs[i])) == 0)
                return true;
    return false;
}

void shk_process_words(const shk_process *p, char *out, size_t size)
{
    const char *best = "";
    size_t best_len = 0;
    bool telling = false;
    out[0] = 0;
    if (p->said.len == 0)
        return;
    for (const char *line = (const char *)p->said.data; *line != 0;) {
        const size_t len = strcspn(line, "\n");
        const bool tells = is_telling(line, len);
        if (len > 0 && (tells || !telling)) {
            best = line;
            best_len = len;
            telling |= tells;
        }
        line += len + (line[len] != 0 ? 1 : 0);
    }
    shk_printable_text(shk_span_of(best, best_len), out, size);
}

void shk_process_last_words(const shk_process *p, char *out, size_t size)
{
    shk_process_words(p, out, size);
    if (out[0] == 0 && p->signal != 0)
        snprintf(out, size, "signal %d, and no output", p->signal);
    else if (out[0] == 0)
        snprintf(out, size, "exit code %d, and no output", p->exit_status);
}
