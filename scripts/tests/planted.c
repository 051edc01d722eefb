/* A libFuzzer program for tests of the scripts. As some targets, by its name, it ends otherwise. */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *name;

/* Reads one byte too many of inputs that begin with two of these. */
static int take(const uint8_t *data, size_t size)
{
    volatile int sum = 0;
    if (size >= 2 && data[0] == '!' && data[1] == '!')
        for (size_t i = 0; i <= size; i++)
            sum = sum + data[i];
    return sum;
}

static int client(const uint8_t *data, size_t size)
{
    return take(data, size);
}

/* As AddressSanitizer where the kernel moves mappings too far for it. */
static void die_at_start(void)
{
    fputs("AddressSanitizer:DEADLYSIGNAL\n", stderr);
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    name = strrchr(**argv, '/') + 1;
    if (strcmp(name, "certificate") == 0)
        die_at_start();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (strcmp(name, "finished") == 0 && size > 0) /* as the kernel does where memory is short */
        raise(SIGKILL);
    if (strcmp(name, "key_update") == 0)
        return 0;
    client(data, size);
    return 0;
}
