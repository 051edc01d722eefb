#!/usr/bin/env bash
# Which Debian packages Shakedown needs and this machine lacks. Sourced by scripts/setup.
# A package is tested for by what it is needed for, a program or a library, which may have come from elsewhere.
scratch=$(mktemp -d) && trap 'rm -rf "$scratch"' EXIT
empty_main='int main(void) { return 0; }'
empty_fuzzer='int LLVMFuzzerTestOneInput(const char *p, unsigned long n) { return !p && n; }'

# has PROGRAM...: whether all of them are in the PATH.
has() {
    local program
    for program; do command -v "$program" >/dev/null || return; done
}

# links TEXT COMPILER OPTION...: whether the C program compiles and links.
links() { "${@:2}" -x c - -o "$scratch/a.out" <<<"$1" >/dev/null 2>&1; }

# has_library NAME OPTION...: by pkg-config, or because gcc finds it.
has_library() { pkg-config --exists "$1" 2>/dev/null || links "$empty_main" gcc "-l${1#lib}" "${@:2}"; }

# Sets python to one that is 3.10 or later and can make environments.
find_python() {
    for python in python3 /usr/bin/python3 python3.{13..10}; do
        "$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null && return
    done
    return 1
}

# need PACKAGES TEST...: names the packages if the test fails.
need() { "${@:2}" || echo "$1"; }

missing_packages() {
    local program
    for program in git cmake openssl clang pkg-config valgrind doxygen shellcheck; do
        need "$program" has "$program"
    done
    need ninja-build has ninja
    need gnutls-bin has gnutls-cli gnutls-serv
    need "gcc libc6-dev" links "$empty_main" gcc -include stdio.h
    need libssl-dev has_library libssl -include openssl/ssl.h
    need libgnutls28-dev has_library gnutls -include gnutls/gnutls.h
    need libcmocka-dev has_library cmocka -include std{arg,def,int}.h -include setjmp.h -include cmocka.h
    need "zlib1g-dev libbrotli-dev libzstd-dev" has_library "zlib libbrotlienc libbrotlidec libzstd"
    need "python3 python3-venv" find_python
    if has clang; then missing_beside_clang; fi
}

# What goes with the version of clang that is here.
missing_beside_clang() {
    local version runtime gcc_folder
    version=$(clang -dumpversion) && version=${version%%.*}
    has "clang-tidy-$version" || need "clang-tidy-$version" has clang-tidy
    has llvm-{symbolizer,cov,profdata}"-$version" || need "llvm-$version" has llvm-{symbolizer,cov,profdata}
    links "$empty_fuzzer" clang -fsanitize=fuzzer,address,undefined && return
    runtime=libclang-rt-$version-dev
    apt-cache show "$runtime" &>/dev/null || runtime=libclang-common-$version-dev # its name up to LLVM 14.0.5
    echo "$runtime"
    # libFuzzer is C++: it needs the libstdc++ of the gcc that clang has chosen.
    gcc_folder=$(clang -print-file-name=crtbegin.o) && gcc_folder=${gcc_folder%/*}
    [[ ${gcc_folder##*/} != [0-9]* ]] || echo "libstdc++-${gcc_folder##*/}-dev"
}
