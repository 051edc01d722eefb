/* What a connection leaves to its user (io.h). */
#include "io.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>

static void fill(void *context, uint8_t *bytes, size_t len)
{
    (void)context;
    while (len > 0) {
        ssize_t got = getrandom(bytes, len, 0);
        if (got < 0)
            continue; /* a signal came in between */
        bytes += got;
        len -= (size_t)got;
    }
}

static int64_t now_ms(void *context)
{
    struct timespec now;
    (void)context;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

const shk_random system_random = {fill, NULL};
const shk_clock system_clock = {now_ms, NULL};

shk_buf read_file(const char *path)
{
    uint8_t piece[4096];
    size_t got;
    shk_buf out = shk_buf_growing(&shk_libc_allocator);
    FILE *file = fopen(path, "rb");
    while (file != NULL && (got = fread(piece, 1, sizeof piece, file)) > 0)
        if (shk_buf_append(&out, shk_span_of(piece, got)) != SHK_OK)
            break;
    if (file == NULL || ferror(file) || !feof(file)) {
        perror(path);
        exit(2);
    }
    fclose(file);
    return out;
}

bool send_output(shk_conn *conn, int fd)
{
    for (;;) {
        shk_span output = shk_conn_output(conn);
        if (output.len == 0)
            return true;
        ssize_t sent = send(fd, output.data, output.len, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        shk_conn_sent(conn, (size_t)sent);
    }
}

bool receive(shk_conn *conn, int fd)
{
    uint8_t bytes[16384];
    ssize_t got = recv(fd, bytes, sizeof bytes, 0);
    shk_status status = got > 0 ? shk_conn_feed(conn, bytes, (size_t)got) : shk_conn_feed_end(conn);
    return send_output(conn, fd) && got > 0 && status == SHK_OK;
}

void print_failure(const char *who, const shk_conn *conn)
{
    char text[256];
    shk_conn_describe(conn, text, sizeof text);
    fprintf(stderr, "%s: %s\n", who, text);
}

void print_negotiated(const char *who, const shk_conn *conn)
{
    const shk_conn_info info = shk_conn_info_of(conn);
    fprintf(stderr, "%s: %s, %s\n", who, shk_version_name(info.version),
            shk_suite_name(info.suite));
}
