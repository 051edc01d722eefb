/* Runs of scripts side by side (play/workers.h). */
#include "play/workers.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/socket.h"
#include "play/play_socket.h"
#include "play/process.h"

enum {
    LIMIT_MS = 60 * 1000, /* for a run, beside what its time-outs allow */
    LOOP_S = 3,           /* of processor time, for one in memory */
    TIMEOUTS = 24         /* that a run can take at most */
};

typedef struct {
    pid_t pid; /* 0: none */
    int jobs;  /* where it reads which run is next */
    int results;
    bool busy;
    size_t run;
    int64_t since_ms;
} worker;

typedef struct {
    const shk_play_run *runs;
    size_t count;
    const shk_play_options *options;
    worker workers[SHK_PLAY_JOBS];
    size_t worker_count;
    size_t next;     /* run to be given out */
    size_t reported; /* so many of them are */
    shk_play_outcome *outcomes;
    bool *done;
    bool met;     /* the peer has answered in one of them */
    bool stopped; /* no more runs are given out */
    shk_play_reporter *report;
    void *context;
} play_all;

static bool write_all(int fd, const void *data, size_t len)
{
    const uint8_t *at = (const uint8_t *)data;
    while (len > 0) {
        ssize_t now = write(fd, at, len);
        if (now < 0 && errno == EINTR)
            continue;
        if (now <= 0)
            return false;
        at += now;
        len -= (size_t)now;
    }
    return true;
}

static bool read_all(int fd, void *data, size_t len)
{
    uint8_t *at = (uint8_t *)data;
    while (len > 0) {
        ssize_t now = read(fd, at, len);
        if (now < 0 && errno == EINTR)
            continue;
        if (now <= 0)
            return false;
        at += now;
        len -= (size_t)now;
    }
    return true;
}

/* A peer in our process that loops can be ended with it alone. */
static void play_watched(const shk_play_run *run, const shk_play_options *options,
                         shk_play_outcome *out)
{
    const struct itimerval limit = {.it_value = {.tv_sec = LOOP_S}};
    const struct itimerval none = {.it_value = {.tv_sec = 0}};
    setitimer(ITIMER_PROF, &limit, NULL);
    shk_play_in_memory(run, options, out);
    setitimer(ITIMER_PROF, &none, NULL);
}

static void play_one(const play_all *all, size_t n, shk_servers *servers, shk_play_outcome *out)
{
    const shk_play_run *run = &all->runs[n];
    const int64_t start = shk_now_us();
    shk_play_outcome_begin(out);
    if (run->test->script == NULL)
        (void)shk_play_conclude(out, SHK_PLAY_UNUSABLE, "%s", run->test->why);
    else if (run->peer->type == SHK_PEER_KIND)
        play_watched(run, all->options, out);
    else
        shk_play_over_socket(run, all->options, servers, out);
    out->micros = shk_now_us() - start;
}

/* In a process of its own: the outcome goes back as it is in memory, and its two texts behind it.
 */
static void work(const play_all *all, int jobs, int results)
{
    shk_servers servers;
    size_t n;
    memset(&servers, 0, sizeof servers);
    while (read_all(jobs, &n, sizeof n)) {
        shk_play_outcome out;
        play_one(all, n, &servers, &out);
        const bool told = write_all(results, &out, sizeof out) &&
                          write_all(results, out.transcript.data, out.transcript.len) &&
                          write_all(results, out.said.data, out.said.len);
        shk_play_outcome_free(&out);
        if (!told)
            break;
    }
    shk_servers_end(&servers);
}

static void close_worker(worker *w)
{
    close(w->jobs);
    close(w->results);
    w->pid = 0;
    w->busy = false;
}

static bool start(play_all *all, worker *w)
{
    int jobs[2] = {-1, -1}, results[2] = {-1, -1};
    fflush(stdout);
    if (!shk_make_pipe(jobs) || !shk_make_pipe(results) || (w->pid = fork()) < 0) {
        shk_close_both(jobs);
        shk_close_both(results);
        w->pid = 0;
        return false;
    }
    if (w->pid == 0) {
#ifdef __linux__
        prctl(PR_SET_PDEATHSIG, SIGTERM);
#endif
        for (size_t i = 0; i < all->worker_count; i++)
            if (all->workers[i].pid > 0)
                close_worker(&all->workers[i]);
        close(jobs[1]);
        close(results[0]);
        work(all, jobs[0], results[1]);
        exit(0); /* not _exit: scripts/coverage counts what workers run */
    }
    close(jobs[0]);
    close(results[1]);
    w->jobs = jobs[1];
    w->results = results[0];
    w->busy = false;
    return true;
}

static void report_done(play_all *all)
{
    for (; all->reported < all->count && all->done[all->reported]; all->reported++) {
        all->report(all->context, all->reported, &all->outcomes[all->reported]);
        shk_play_outcome_free(&all->outcomes[all->reported]);
    }
}

/* The worker is gone in the middle of a run, by what the peer has done in its process, or by us,
 * since the run has no end. */
static void lose(play_all *all, worker *w, bool hangs)
{
    int status = 0;
    shk_play_outcome *out = &all->outcomes[w->run];
    if (hangs)
        kill(w->pid, SIGKILL);
    waitpid(w->pid, &status, 0);
    shk_play_outcome_begin(out);
    out->died_of = !hangs && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (hangs)
        (void)shk_play_conclude(out, SHK_PLAY_FAILED, "it goes on and on: ended after %d s",
                                (int)((shk_now_ms() - w->since_ms) / 1000));
    else if (out->died_of == SIGPROF)
        (void)shk_play_conclude(out, SHK_PLAY_FAILED,
                                "it loops: ended after %d s of processor time", LOOP_S);
    else if (out->died_of != 0)
        (void)shk_play_conclude(out, SHK_PLAY_FAILED, "signal %d (%s) in the process of both ends",
                                out->died_of, strsignal(out->died_of));
    else
        (void)shk_play_conclude(out, SHK_PLAY_FAILED,
                                "the process of both ends has ended, with status %d",
                                WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    all->done[w->run] = true;
    close_worker(w);
}

static bool receive_text(int fd, shk_buf *text)
{
    const size_t len = text->len;
    *text = shk_buf_growing(&shk_libc_allocator);
    if (len == 0)
        return true;
    if (shk_buf_reserve(text, len) != SHK_OK || !read_all(fd, text->data, len))
        return false;
    text->len = len;
    return true;
}

static void receive(play_all *all, worker *w)
{
    shk_play_outcome *out = &all->outcomes[w->run];
    if (!read_all(w->results, out, sizeof *out)) {
        lose(all, w, false);
        return;
    }
    if (!receive_text(w->results, &out->transcript) || !receive_text(w->results, &out->said)) {
        lose(all, w, false);
        return;
    }
    w->busy = false;
    all->done[w->run] = true;
    all->met |= out->is_answered;
    all->stopped |= out->verdict == SHK_PLAY_NO_PEER && !all->met;
}

static int64_t limit_ms(const play_all *all)
{
    return LIMIT_MS + TIMEOUTS * all->options->timeout_ms;
}

/* Gives each idle worker a run. False if there is none to be given and none at work. */
static bool give_out(play_all *all)
{
    bool busy = false;
    for (size_t i = 0; i < all->worker_count; i++) {
        worker *w = &all->workers[i];
        if (!w->busy && !all->stopped && all->next < all->count && (w->pid > 0 || start(all, w))) {
            w->run = all->next++;
            w->since_ms = shk_now_ms();
            w->busy = true;
            if (!write_all(w->jobs, &w->run, sizeof w->run))
                lose(all, w, false);
        }
        busy |= w->busy;
    }
    return busy;
}

static void await(play_all *all)
{
    struct pollfd waiting[SHK_PLAY_JOBS];
    for (size_t i = 0; i < all->worker_count; i++)
        waiting[i] = (struct pollfd){.fd = all->workers[i].busy ? all->workers[i].results : -1,
                                     .events = POLLIN};
    if (poll(waiting, (nfds_t)all->worker_count, 1000) < 0)
        return;
    for (size_t i = 0; i < all->worker_count; i++) {
        worker *w = &all->workers[i];
        if (waiting[i].fd >= 0 && waiting[i].revents != 0)
            receive(all, w);
        else if (w->busy && shk_now_ms() - w->since_ms > limit_ms(all))
            lose(all, w, true);
    }
}

/* A worker without runs ends its servers, and itself. */
static void end_workers(play_all *all)
{
    for (size_t i = 0; i < all->worker_count; i++) {
        worker *w = &all->workers[i];
        const pid_t pid = w->pid;
        if (pid == 0)
            continue;
        close_worker(w);
        waitpid(pid, NULL, 0);
    }
}

bool shk_play_all(const shk_play_run *runs, size_t count, const shk_play_options *options,
                  size_t jobs, shk_play_reporter *report, void *context, char *why)
{
    play_all all = {.runs = runs,
                    .count = count,
                    .options = options,
                    .worker_count = jobs < SHK_PLAY_JOBS ? jobs : SHK_PLAY_JOBS,
                    .report = report,
                    .context = context};
    all.worker_count = all.worker_count < count ? all.worker_count : count;
    all.outcomes = (shk_play_outcome *)calloc(count, sizeof *all.outcomes);
    all.done = (bool *)calloc(count, sizeof *all.done);
    while (all.outcomes != NULL && all.done != NULL && give_out(&all)) {
        await(&all);
        report_done(&all);
    }
    end_workers(&all);
    const bool all_given = all.stopped || all.next == count;
    if (!all_given)
        snprintf(why, SHK_WHY_SIZE, "no process for the runs: %s", strerror(errno));
    for (size_t i = all.reported; all.outcomes != NULL && i < count; i++)
        if (all.done != NULL && all.done[i]) {
            report(context, i, &all.outcomes[i]);
            shk_play_outcome_free(&all.outcomes[i]);
        }
    free(all.outcomes);
    free(all.done);
    return all_given;
}
