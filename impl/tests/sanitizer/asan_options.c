/* What AddressSanitizer does in every sanitized program, unless ASAN_OPTIONS says otherwise. */

const char *__asan_default_options(void);

/* To see that a frame is used after its function has returned is clang's default from 15 on; older
 * ones and gcc have to be told. It costs a fuzzer a fifth of its speed or more, and the corpora are
 * replayed with it: so fuzzers are told not to. */
const char *__asan_default_options(void)
{
#ifdef SHK_FUZZ
    return "detect_stack_use_after_return=0";
#else
    return "detect_stack_use_after_return=1";
#endif
}
