/* Where the test PKI and the cases are (cli/test_pki.h). */
#include "cli/test_pki.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Writes "OPTION" and where a file of the source tree, or its copy beside the program, is. */
static void find(const char *option, const char *installed_in, const char *folder, const char *file,
                 char *out)
{
    char program[SHK_TEST_PKI_PATH / 4] = "";
    char installed[SHK_TEST_PKI_PATH / 2];
    if (readlink("/proc/self/exe", program, sizeof program - 1) < 0)
        program[0] = 0;
    char *slash = strrchr(program, '/');
    if (slash != NULL)
        *slash = 0;
    snprintf(installed, sizeof installed, "%s/../share/shakedown/%s/%s", program, installed_in,
             file);
    if (access(installed, R_OK) == 0)
        snprintf(out, SHK_TEST_PKI_PATH, "%s%s", option, installed);
    else
        snprintf(out, SHK_TEST_PKI_PATH, "%s%s/%s", option, folder, file);
}

void shk_test_pki_option(const char *option, const char *file, char *out)
{
    find(option, "pki", SHK_PKI_DIR, file, out);
}

void shk_known_results_folder(char *out)
{
    find("", "cases", SHK_CASES_DIR, "expected", out);
}
