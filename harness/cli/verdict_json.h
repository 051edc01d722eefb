/* Verdicts as JSON, one line each: what the matrix reads.
 * Fields are those of shk_verdict and shk_endpoint_result, code points by name. */
#ifndef SHK_CLI_VERDICT_JSON_H
#define SHK_CLI_VERDICT_JSON_H

#include "drive/drive.h"
#include "oracle/oracle.h"

/* `id` NULL: not shown. `judgements`: of each connection. `micros`: how long set-up and handshake
 * took, microseconds. */
void shk_print_verdict_json(const char *id, bool ok, const shk_verdict *verdict,
                            const shk_judgement *judgements, size_t count, int64_t micros);
/* A handshake that could not be set up. */
void shk_print_unusable_json(const char *id, const char *why);
/* The fields of one end's result, inside an object that is open. */
void shk_print_result_json(shk_printer *p, const shk_endpoint_result *result);
/* A sink for shk_printer that writes to the FILE that `context` is. */
shk_sink shk_file_sink;

#endif
