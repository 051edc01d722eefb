/* The default options of AddressSanitizer in every sanitized program; ASAN_OPTIONS overrides them.
 */

const char *__asan_default_options(void);

/* clang detects uses after return by default from 15 on; older ones and gcc do not. It costs a
 * fuzzer a fifth of its speed or more, so fuzzers do without: their corpora are replayed with it.
 */
const char *__asan_default_options(void)
{
#ifdef SHK_FUZZ
    return "detect_stack_use_after_return=0";
#else
    return "detect_stack_use_after_return=1";
#endif
}
