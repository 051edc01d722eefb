/* A server: takes one connection, sends back what it gets up to the end of a line, and ends.
 * Usage: server CERTIFICATE KEY [PORT]; it prints where it listens, on 127.0.0.1, as in
 *     server corpora/pki/p256.pem corpora/pki/p256.key 4433
 * Build: cc -std=gnu11 example_server.c io.c $(pkg-config --cflags --libs shakedown) -o server */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io.h"

/* Listens, and returns the first connection. */
static int accept_one(uint16_t port)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t len = sizeof here;
    int on = 1;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(listener, (const struct sockaddr *)&here, sizeof here) != 0 ||
        listen(listener, 1) != 0 || getsockname(listener, (struct sockaddr *)&here, &len) != 0) {
        perror("server");
        exit(3);
    }
    printf("listening 127.0.0.1:%u\n", (unsigned)ntohs(here.sin_port));
    fflush(stdout);
    int fd = accept(listener, NULL, NULL);
    close(listener);
    return fd;
}

/* The handshake, one line back, and the end. */
static bool talk(shk_conn *conn, int fd)
{
    uint8_t data[4096];
    bool printed = false;
    for (bool done = false; !done;) {
        if (!receive(conn, fd))
            return false;
        if (shk_conn_info_of(conn).connected && !printed)
            print_negotiated("server", conn);
        printed = shk_conn_info_of(conn).connected;
        size_t len = shk_conn_read(conn, data, sizeof data);
        done = shk_conn_info_of(conn).peer_closed || memchr(data, '\n', len) != NULL;
        if (len > 0 && shk_conn_write(conn, data, len) != SHK_OK)
            return false;
        if (!send_output(conn, fd))
            return false;
    }
    return shk_conn_close(conn) == SHK_OK && send_output(conn, fd);
}

int main(int argc, char **argv)
{
    if (argc != 3 && argc != 4) {
        fprintf(stderr, "usage: server CERTIFICATE KEY [PORT]\n");
        return 2;
    }
    shk_buf certificate = read_file(argv[1]);
    shk_buf key = read_file(argv[2]);
    shk_crypto *crypto = shk_libcrypto_new();
    shk_credential *credential = NULL;
    shk_conn *conn = NULL;
    if (crypto == NULL || shk_credential_from_pem(shk_buf_span(&certificate), shk_buf_span(&key),
                                                  &credential) != SHK_OK) {
        fprintf(stderr, "server: %s and %s are not usable\n", argv[1], argv[2]);
        return 2;
    }
    const shk_credential *credentials[] = {credential};
    shk_config config = shk_config_default(true, crypto);
    config.credentials = credentials;
    config.credential_count = 1;
    if (shk_conn_new(&config, &system_random, &conn) != SHK_OK) {
        fprintf(stderr, "server: the configuration is not usable\n");
        return 2;
    }
    int fd = accept_one(argc == 4 ? (uint16_t)strtoul(argv[3], NULL, 10) : 0);
    bool good = fd >= 0 && talk(conn, fd);
    if (!good)
        print_failure("server", conn);
    else
        while (receive(conn, fd)) /* until the client ends, so that nothing is lost in a reset */
            continue;
    close(fd);
    shk_conn_free(conn);
    shk_credential_free(credential);
    shk_libcrypto_free(crypto);
    shk_buf_free(&certificate);
    shk_buf_wipe(&key);
    return good ? 0 : 1;
}
