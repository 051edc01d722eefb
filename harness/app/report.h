/* What a connection over a socket has negotiated, for people and for programs. The rows are made
 * once, and shown as text, on the server's page and in its log. */
#ifndef SHK_APP_REPORT_H
#define SHK_APP_REPORT_H

#include <stdio.h>

#include "endpoint/endpoint.h"

enum { SHK_BINDINGS = 3, SHK_PARAMETERS = 32, SHK_MAX_EXPORTED = 64 };

/* Which keys are to be exported (RFC 5705, RFC 8446 §7.5), without a context. */
typedef struct {
    const char *label; /* NULL: none */
    uint64_t len;      /* 0: SHK_DEFAULT_EXPORTED */
} shk_key_export;
enum { SHK_DEFAULT_EXPORTED = 20 };

typedef struct {
    bool server;             /* which end reports */
    uint64_t number;         /* of the connection, from 1; a client has one only */
    const char *peer;        /* ADDRESS:PORT */
    bool verified;           /* the peer's certificate has been verified */
    bool truncated;          /* the peer ended without close_notify */
    uint64_t bytes_received; /* of application data */
    uint64_t bytes_sent;
    uint64_t early_sent; /* bytes of early data; 0 at a server */
    shk_key_export exports;
    char exported[2 * SHK_MAX_EXPORTED + 1];              /* hexadecimal; empty: there are none */
    char bindings[SHK_BINDINGS][2 * SHK_MAX_BINDING + 1]; /* hexadecimal; empty: there is none */
    shk_endpoint_result result;
} shk_report;

typedef struct {
    const char *name;
    char value[SHK_NAME_SIZE]; /* the longest: a name with everything escaped */
} shk_parameter;

/* The values of --keymatexport and --keymatexportlen. */
bool shk_key_export_set_label(shk_key_export *exports, const char *value, char *why);
bool shk_key_export_set_len(shk_key_export *exports, const char *value, char *why);
bool shk_key_export_complete(const shk_key_export *exports, char *why);

/* Stores the channel bindings and exported keys of a connection. To be called when it is connected,
 * and after a renegotiation. */
void shk_report_bind(shk_report *n, const shk_endpoint_kind *kind, shk_endpoint *end);
/* The error rows of what was tolerated of the peer; an empty text if there was nothing. */
const char *shk_report_deviations(uint32_t set, char text[SHK_WHY_SIZE]);
/* Fills in up to SHK_PARAMETERS rows; returns how many. */
size_t shk_report_rows(const shk_report *n, shk_parameter *rows);
/* One row a line. */
void shk_report_text(const shk_report *n, FILE *out);
/* One JSON object on one line, with the fields of shk_print_result_json. */
void shk_report_json(const shk_report *n, FILE *out);

#endif
