/* Times of certificates and OCSP responses as seconds since 1970. */
#include "x509/x509.h"

enum { DAY_S = 24 * 3600 };

bool shk_x509_end_by(const ASN1_TIME *time, int64_t *until)
{
    int days = 0, seconds = 0;
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    bool ok = epoch != NULL && ASN1_TIME_diff(&days, &seconds, epoch, time) == 1;
    int64_t end = (int64_t)days * DAY_S + seconds;
    ASN1_TIME_free(epoch);
    if (ok && end < *until)
        *until = end;
    return ok;
}
