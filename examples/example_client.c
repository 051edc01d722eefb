/* A client: connects, verifies the server, says one line and prints the answer.
 * Usage: client ADDRESS PORT NAME ANCHORS, as in
 *     client 127.0.0.1 4433 server.shakedown.test corpora/pki/roots.pem
 * Build: cc -std=gnu11 example_client.c io.c $(pkg-config --cflags --libs shakedown) -o client */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io.h"

static int connect_to(const char *address, const char *port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)strtoul(port, NULL, 10))};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (inet_pton(AF_INET, address, &to.sin_addr) != 1 || fd < 0 ||
        connect(fd, (const struct sockaddr *)&to, sizeof to) != 0) {
        perror(address);
        exit(3);
    }
    return fd;
}

static void print_data(shk_conn *conn)
{
    uint8_t data[4096];
    size_t len;
    while ((len = shk_conn_read(conn, data, sizeof data)) > 0)
        fwrite(data, 1, len, stdout);
}

/* The handshake, one line, and what comes until the server says that it is done. */
static bool talk(shk_conn *conn, int fd)
{
    static const char line[] = "hello\n";
    if (shk_conn_start(conn) != SHK_OK || !send_output(conn, fd))
        return false;
    while (!shk_conn_info_of(conn).connected)
        if (!receive(conn, fd))
            return false;
    print_negotiated("client", conn);
    if (shk_conn_write(conn, (const uint8_t *)line, strlen(line)) != SHK_OK ||
        !send_output(conn, fd))
        return false;
    while (!shk_conn_info_of(conn).peer_closed) {
        if (!receive(conn, fd))
            return false;
        print_data(conn);
    }
    return shk_conn_close(conn) == SHK_OK && send_output(conn, fd);
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: client ADDRESS PORT NAME ANCHORS\n");
        return 2;
    }
    shk_buf pem = read_file(argv[4]);
    shk_crypto *crypto = shk_libcrypto_new();
    shk_trust *trust = NULL;
    shk_conn *conn = NULL;
    if (crypto == NULL || shk_trust_from_pem(shk_buf_span(&pem), &trust) != SHK_OK) {
        fprintf(stderr, "client: %s holds no certificates\n", argv[4]);
        return 2;
    }
    shk_config config = shk_config_default(false, crypto);
    config.clock = system_clock;
    config.trust = trust;
    config.server_name = argv[3];
    if (shk_conn_new(&config, &system_random, &conn) != SHK_OK) {
        fprintf(stderr, "client: the configuration is not usable\n");
        return 2;
    }
    int fd = connect_to(argv[1], argv[2]);
    bool good = talk(conn, fd);
    if (!good)
        print_failure("client", conn);
    close(fd);
    shk_conn_free(conn);
    shk_trust_free(trust);
    shk_libcrypto_free(crypto);
    shk_buf_free(&pem);
    return good ? 0 : 1;
}
