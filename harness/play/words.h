/* Words of a command line that is put together, and names that programs have for ours. */
#ifndef SHK_PLAY_WORDS_H
#define SHK_PLAY_WORDS_H

#include "shakedown/types.h"

/* Each with its terminator, one behind the other. */
typedef struct {
    shk_buf bytes;
    size_t count;
    bool failed; /* no memory */
} shk_words;

enum { SHK_WORDS_MAX = 96 };

shk_words shk_words_begin(void);
void shk_words_free(shk_words *words);
/* Appends a word of `len` characters. */
void shk_words_add(shk_words *words, const char *text, size_t len);
/* The words as execvp takes them: SHK_WORDS_MAX pointers into them, NULL behind the last. False if
 * there are more, or no memory. */
bool shk_words_argv(const shk_words *words, char **argv);

/* Appends text to a word that is being put together; `out` stays terminated. */
void shk_text_add(shk_buf *out, const char *text, size_t len);
/* Appends `text` with every `from` replaced by `to`. */
void shk_text_replace(shk_buf *out, const char *text, const char *from, const char *to);

#endif
