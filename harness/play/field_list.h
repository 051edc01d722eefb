/* `shakedown play --fields`: the paths that scripts can name. */
#ifndef SHK_PLAY_FIELD_LIST_H
#define SHK_PLAY_FIELD_LIST_H

/* Prints those of the messages that are named, or of all. Returns an exit code. */
int shk_print_fields(int count, char **names);

#endif
