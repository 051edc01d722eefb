/* Where the test PKI is (cli/test_pki.h). */
#include "cli/test_pki.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void shk_test_pki_option(const char *option, const char *file, char *out)
{
    char program[SHK_TEST_PKI_PATH / 4] = "";
    char installed[SHK_TEST_PKI_PATH / 2];
    if (readlink("/proc/self/exe", program, sizeof program - 1) < 0)
        program[0] = 0;
    char *slash = strrchr(program, '/');
    if (slash != NULL)
        *slash = 0;
    snprintf(installed, sizeof installed, "%s/../share/shakedown/pki/%s", program, file);
    if (access(installed, R_OK) == 0)
        snprintf(out, SHK_TEST_PKI_PATH, "%s%s", option, installed);
    else
        snprintf(out, SHK_TEST_PKI_PATH, "%s" SHK_PKI_DIR "/%s", option, file);
}
