#!/bin/bash
# Builds the fuzz targets into $OUT, with what belongs to each: dictionary, options, seeds. Variables as OSS-Fuzz and
# ClusterFuzzLite set them: CC, CXX, CFLAGS, CXXFLAGS, LIB_FUZZING_ENGINE, SRC, WORK, OUT.
# SHK_TARGETS: names of the targets to build, if not all. `scripts/engine` runs this without a container.
set -euo pipefail
tree=$SRC/shakedown
build=$WORK/shakedown

cmake -S "$tree" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=None -DSHK_FUZZ=ON \
    -DSHK_FUZZING_ENGINE="$LIB_FUZZING_ENGINE"
# Programs of an earlier build are not installed with those that are asked for now.
find "$build/fuzz" -maxdepth 1 -type f -perm -100 -delete
read -ra names <<<"${SHK_TARGETS:-engine}"
cmake --build "$build" --target "${names[@]/#/fuzz_}"
cmake --install "$build" --component fuzz --prefix "$OUT"

# The machines that run the targets have nothing but the C and the C++ library.
mkdir -p "$OUT/lib"
for program in $(cd "$OUT" && find . -maxdepth 1 -type f -perm -100); do
    ldd "$OUT/$program" | awk '$3 ~ /^\// {print $3}'
done | sort -u | sed -E '/\/(libc|libm|libdl|librt|libpthread|libgcc_s|libstdc\+\+)\.so/d' |
    xargs -r cp -Lt "$OUT/lib"

PYTHONPATH=$tree python3 -m scripts.lib.fuzz.package "$OUT" --build "$build"
