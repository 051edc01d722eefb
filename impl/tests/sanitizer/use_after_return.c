/* Uses a frame after its function has returned: a sanitized program must abort. */
static volatile char *kept;

static void keep(void)
{
    volatile char frame[16];
    frame[0] = 1;
    kept = frame;
}

int main(void)
{
    void (*volatile call)(void) = keep; /* volatile: no compiler inlines it */
    call();
    return kept[0] - 1;
}
