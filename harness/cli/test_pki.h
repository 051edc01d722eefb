/* Where the test PKI is: in the source tree, or beside the program that was installed. */
#ifndef SHK_CLI_TEST_PKI_H
#define SHK_CLI_TEST_PKI_H

enum { SHK_TEST_PKI_PATH = 4096 };

/* Writes "OPTION" and the path of a file of the test PKI, to SHK_TEST_PKI_PATH bytes. */
void shk_test_pki_option(const char *option, const char *file, char *out);
/* Writes where the known results of the cases are, likewise. */
void shk_known_results_folder(char *out);

#endif
