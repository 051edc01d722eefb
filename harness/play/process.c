/* A program that we start (play/process.h). */
#include "play/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/wait.h>
#include <unistd.h>

#include "app/socket.h"
#include "endpoint/settings.h"

enum {
    PIECE = 8192,
    PIECES = 64,
    GRACE_MS = 300,
    POLL_MS = 5,
    NOT_FOUND = 127,
    SHELL_SIGNAL = 128
};

/* In the child: the kernel ends it when we end, even by SIGKILL. */
static void become(char **argv, const int pipes[3])
{
    setpgid(0, 0);
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    signal(SIGPIPE, SIG_DFL);
    dup2(pipes[0], 0);
    dup2(pipes[1], 1);
    dup2(pipes[1], 2);
    execvp(argv[0], argv);
    const int error = errno;
    ssize_t told = write(pipes[2], &error, sizeof error);
    _exit(told < 0 ? NOT_FOUND + 1 : NOT_FOUND);
}

bool shk_make_pipe(int ends[2])
{
    if (pipe(ends) != 0)
        return false;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return true;
}

void shk_close_both(int ends[2])
{
    for (size_t i = 0; i < 2; i++)
        if (ends[i] >= 0)
            close(ends[i]);
}

/* Starts argv; the errno of its exec comes through the third pipe, which exec closes. */
static int spawn(shk_process *p, char **argv)
{
    int in[2] = {-1, -1}, out[2] = {-1, -1}, told[2] = {-1, -1};
    int error = 0;
    if (!shk_make_pipe(in) || !shk_make_pipe(out) || !shk_make_pipe(told) ||
        (p->pid = fork()) < 0) {
        error = errno;
        shk_close_both(in);
        shk_close_both(out);
        shk_close_both(told);
        p->pid = 0;
        return error;
    }
    if (p->pid == 0)
        become(argv, (const int[3]){in[0], out[1], told[1]});
    setpgid(p->pid, p->pid); /* both do it, since either may be first */
    close(in[0]);
    close(out[1]);
    close(told[1]);
    p->input = in[1];
    p->output = out[0];
    fcntl(p->output, F_SETFL, O_NONBLOCK);
    if (read(told[0], &error, sizeof error) != (ssize_t)sizeof error)
        error = 0;
    close(told[0]);
    return error;
}

bool shk_process_start(shk_process *p, const shk_words *words, const char *port, char *why)
{
    char *argv[SHK_WORDS_MAX];
    char *replaced_argv[SHK_WORDS_MAX];
    shk_words replaced = shk_words_begin();
    *p = (shk_process){.output = -1, .input = -1, .said = shk_buf_growing(&shk_libc_allocator)};
    snprintf(why, SHK_WHY_SIZE, "no memory for a command line of so many words");
    if (!shk_words_argv(words, argv))
        return false;
    for (size_t i = 0; i < words->count; i++) {
        shk_buf word = shk_buf_growing(&shk_libc_allocator);
        shk_text_replace(&word, argv[i], "{port}", port);
        shk_words_add(&replaced, (const char *)word.data, word.len);
        shk_buf_free(&word);
    }
    const bool whole = shk_words_argv(&replaced, replaced_argv);
    const int error = whole ? spawn(p, replaced_argv) : ENOMEM;
    if (error != 0) {
        snprintf(why, SHK_WHY_SIZE, "%.100s cannot be started: %s", argv[0], strerror(error));
        shk_process_end(p);
    }
    shk_words_free(&replaced);
    return error == 0;
}

/* Keeps the first half of SHK_PROCESS_KEPT bytes, and the last. */
static void keep(shk_process *p, const char *bytes, size_t len)
{
    const size_t half = SHK_PROCESS_KEPT / 2;
    shk_text_add(&p->said, bytes, len);
    if (p->said.len <= SHK_PROCESS_KEPT)
        return;
    const size_t drop = p->said.len - SHK_PROCESS_KEPT;
    memmove(p->said.data + half, p->said.data + half + drop, p->said.len - half - drop + 1);
    p->said.len -= drop;
    p->lost += drop;
}

/* Bounded, so that a program that never stops writing does not keep us here. */
static void read_output(shk_process *p)
{
    char bytes[PIECE];
    for (int i = 0; i < PIECES && p->output >= 0; i++) {
        ssize_t got = read(p->output, bytes, sizeof bytes);
        if (got > 0) {
            keep(p, bytes, (size_t)got);
            continue;
        }
        if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
            close(p->output);
            p->output = -1;
        }
        return;
    }
}

void shk_process_look(shk_process *p)
{
    if (p->pid == 0 || p->reaped)
        return;
    siginfo_t info = {.si_pid = 0};
    if (!p->ended && waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        info.si_pid == p->pid) {
        p->ended = true;
        p->exit_status = info.si_code == CLD_EXITED ? info.si_status : -1;
        p->signal = info.si_code == CLD_EXITED ? 0 : info.si_status;
    }
    read_output(p);
}

/* State and processor time, as the kernel tells them: in the fields 3, and 14 and 15, of which the
 * second is a name that may have anything in it (proc(5)). False where it does not. */
static bool look_at_time(pid_t pid, char *state, uint64_t *ticks)
{
    enum { STATE = 3, USER = 14, SYSTEM = 15 };
    char path[64];
    char text[512];
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    FILE *file = fopen(path, "r");
    const size_t len = file != NULL ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file != NULL)
        fclose(file);
    text[len] = 0;
    const char *at = strrchr(text, ')');
    *ticks = 0;
    for (int field = STATE; at != NULL && field <= SYSTEM; field++) {
        at = strchr(at + 1, ' ');
        if (at != NULL && field == STATE)
            *state = at[1];
        else if (at != NULL && (field == USER || field == SYSTEM))
            *ticks += strtoull(at + 1, NULL, 10);
    }
    return at != NULL;
}

int64_t shk_process_idle_since(shk_process *p)
{
    char state;
    uint64_t ticks;
    const int64_t now = shk_now_ms();
    if (p->pid == 0 || p->ended || !look_at_time(p->pid, &state, &ticks))
        return INT64_MAX;
    if (state == 'R' || ticks != p->last_ticks || p->idle_since_ms == 0) {
        p->last_ticks = ticks;
        p->idle_since_ms = now;
    }
    return state == 'R' ? INT64_MAX : p->idle_since_ms;
}

/* A shell tells the signal that has ended what it ran as 128 and its number. */
int shk_process_died_of(const shk_process *p)
{
    static const int crashes[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSYS};
    if (p->pid == 0 || !p->ended)
        return 0;
    const int by = p->exit_status > SHELL_SIGNAL ? p->exit_status - SHELL_SIGNAL : p->signal;
    for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i++)
        if (by == crashes[i])
            return by;
    return 0;
}

bool shk_process_wait(shk_process *p, int64_t ms)
{
    const int64_t until = shk_now_ms() + ms;
    if (p->pid == 0)
        return true;
    for (;;) {
        shk_process_look(p);
        if (p->ended || shk_now_ms() >= until)
            return p->ended;
        struct pollfd output = {.fd = p->output, .events = POLLIN};
        poll(&output, 1, POLL_MS);
    }
}

void shk_process_end(shk_process *p)
{
    if (p->pid == 0 || p->reaped)
        return;
    if (p->input >= 0)
        close(p->input);
    p->input = -1;
    shk_process_look(p);
    if (!p->ended && kill(-p->pid, SIGTERM) == 0)
        (void)shk_process_wait(p, GRACE_MS);
    kill(-p->pid, SIGKILL); /* what is left of its group */
    while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    p->ended = true;
    p->reaped = true;
    read_output(p);
    if (p->output >= 0)
        close(p->output);
    p->output = -1;
}

void shk_process_free(shk_process *p)
{
    shk_process_end(p);
    shk_buf_free(&p->said);
    p->pid = 0;
}
