#!/bin/bash
# As for OSS-Fuzz, which sets the same variables.
exec "$SRC/shakedown/fuzz/oss-fuzz/build.sh"
