/* The field operations on one message (deviate/operations.def). */
#ifndef SHK_DEVIATE_EDIT_H
#define SHK_DEVIATE_EDIT_H

#include "deviate/values.h"

/* A message as it is edited: its body, the fields in it, and what its header says. */
typedef struct {
    unsigned target;
    const shk_form *form;
    shk_buf body;
    shk_fields fields;
    bool length_set; /* the header's length is not that of the body */
    uint32_t length;
} shk_edit;

/* Begins with the body of a message. False without memory. The edit is ended by shk_edit_free. */
bool shk_edit_begin(shk_edit *edit, unsigned target, const shk_form *form, shk_span body);
void shk_edit_free(shk_edit *edit);
/* Whether the operation is one of those that shk_edit_apply does. */
bool shk_edits(shk_operation_kind kind);
/* Does one operation. False: the message does not have the field, or there is nothing to copy. */
bool shk_edit_apply(shk_edit *edit, const shk_operation *operation, shk_copier *copier,
                    void *context);
/* Appends the message: for a handshake message with its header. False without memory. */
bool shk_edit_write(const shk_edit *edit, shk_buf *out);

#endif
