/* TCP sockets (app/socket.h). */
#include "app/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "cli/options.h"

enum { BACKLOG = 128 };

int64_t shk_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t shk_now_ms(void)
{
    return shk_now_us() / 1000;
}

bool shk_address_split(const char *text, char *host, char *port, char *why)
{
    const char *colon = strrchr(text, ':');
    const char *start = text;
    size_t len = colon != NULL ? (size_t)(colon - text) : 0;
    if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
        start++;
        len -= 2;
    } else if (memchr(text, ':', len) != NULL) {
        snprintf(why, SHK_WHY_SIZE, "'%.100s': an IPv6 address stands in brackets, as [::1]:443",
                 text);
        return false;
    }
    if (len == 0 || len >= SHK_HOST_SIZE || strlen(colon + 1) >= SHK_PORT_SIZE ||
        strspn(colon + 1, "0123456789") != strlen(colon + 1) || strtoul(colon + 1, NULL, 10) < 1 ||
        strtoul(colon + 1, NULL, 10) > 65535) {
        snprintf(why, SHK_WHY_SIZE, "'%.100s' is not HOST:PORT", text);
        return false;
    }
    snprintf(host, SHK_HOST_SIZE, "%.*s", (int)len, start);
    snprintf(port, SHK_PORT_SIZE, "%s", colon + 1);
    return true;
}

static void address_text(const struct sockaddr_storage *address, socklen_t len, char *text)
{
    char host[46]; /* the longest IPv6 address */
    char port[SHK_PORT_SIZE];
    if (getnameinfo((const struct sockaddr *)address, len, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        snprintf(text, SHK_ADDRESS_SIZE, "unknown");
        return;
    }
    bool ipv6 = address->ss_family == AF_INET6;
    snprintf(text, SHK_ADDRESS_SIZE, "%s%s%s:%s", ipv6 ? "[" : "", host, ipv6 ? "]" : "", port);
}

/* The flights are whole when they are written: there is nothing that Nagle's algorithm could join.
 */
static bool set_up_socket(int fd)
{
    int on = 1;
    int flags = fcntl(fd, F_GETFL);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
           fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

/* Addresses of a host. NULL with the reason. */
static struct addrinfo *look_up(const char *host, const char *port, int flags, char *why)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int error = getaddrinfo(host, port, &hints, &found);
    if (error == 0)
        return found;
    snprintf(why, SHK_WHY_SIZE, "%.100s port %s: %s", host, port,
             error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
    return NULL;
}

int shk_socket_listen(const char *address, uint16_t port, char *bound, char *why)
{
    char port_text[SHK_PORT_SIZE];
    int on = 1;
    snprintf(port_text, sizeof port_text, "%u", (unsigned)port);
    struct addrinfo *found = look_up(address, port_text, AI_PASSIVE, why);
    if (found == NULL)
        return -1;
    int fd = socket(found->ai_family, found->ai_socktype, found->ai_protocol);
    struct sockaddr_storage name;
    socklen_t len = sizeof name;
    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fd < 0 || !set_up_socket(fd) || bind(fd, found->ai_addr, found->ai_addrlen) != 0 ||
        listen(fd, BACKLOG) != 0 || getsockname(fd, (struct sockaddr *)&name, &len) != 0) {
        snprintf(why, SHK_WHY_SIZE, "%.100s port %s: %s", address, port_text, strerror(errno));
        if (fd >= 0)
            close(fd);
        fd = -1;
    } else {
        address_text(&name, len, bound);
    }
    freeaddrinfo(found);
    return fd;
}

int shk_socket_accept(int listener, char *peer)
{
    struct sockaddr_storage name;
    socklen_t len = sizeof name;
    int fd = accept(listener, (struct sockaddr *)&name, &len);
    if (fd < 0)
        return -1;
    if (!set_up_socket(fd)) {
        close(fd);
        return -1;
    }
    address_text(&name, len, peer);
    return fd;
}

/* Waits for a connection under way; returns 0 or why it failed, as errno. */
static int wait_connected(int fd, int64_t deadline_ms)
{
    for (;;) {
        struct pollfd waiting = {.fd = fd, .events = POLLOUT};
        int64_t left = deadline_ms - shk_now_ms();
        int ready = poll(&waiting, 1, left > 0 ? (int)left : 0);
        if (ready == 0)
            return ETIMEDOUT;
        if (ready < 0 && errno == EINTR)
            continue;
        int error = 0;
        socklen_t len = sizeof error;
        if (ready < 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
            return errno;
        return error;
    }
}

/* Returns the socket, or -1 with errno. */
static int connect_one(const struct addrinfo *to, int64_t deadline_ms)
{
    int fd = socket(to->ai_family, to->ai_socktype, to->ai_protocol);
    if (fd < 0)
        return -1;
    int error = 0;
    if (!set_up_socket(fd) || connect(fd, to->ai_addr, to->ai_addrlen) != 0)
        error = errno;
    if (error == EINPROGRESS || error == EINTR)
        error = wait_connected(fd, deadline_ms);
    if (error == 0)
        return fd;
    close(fd);
    errno = error;
    return -1;
}

int shk_socket_connect(const char *host, const char *port, int64_t timeout_ms, char *peer,
                       char *why)
{
    int64_t deadline_ms = shk_now_ms() + timeout_ms;
    struct addrinfo *found = look_up(host, port, 0, why);
    int fd = -1;
    for (const struct addrinfo *to = found; to != NULL && fd < 0; to = to->ai_next) {
        fd = connect_one(to, deadline_ms);
        if (fd < 0)
            snprintf(why, SHK_WHY_SIZE, "%.100s port %s: %s", host, port, strerror(errno));
    }
    struct sockaddr_storage name;
    socklen_t len = sizeof name;
    if (fd >= 0 && getpeername(fd, (struct sockaddr *)&name, &len) == 0)
        address_text(&name, len, peer);
    if (found != NULL)
        freeaddrinfo(found);
    return fd;
}
