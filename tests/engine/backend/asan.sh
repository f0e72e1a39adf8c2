#!/bin/sh
# Runs the tests of what is compiled, and of maps on which the kernels once wrote too far, under AddressSanitizer and UndefinedBehaviorSanitizer.
#
# From the root of a checkout whose Python has the test dependencies: sh tests/engine/backend/asan.sh [pytest options]
# PYTHON names another Python, CXX another compiler (g++).
set -eu
python=${PYTHON:-python3}
cc=${CXX:-g++}
root=$(cd "$(dirname "$0")/../../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R "$root/poolcli" "$root/tests" "$root/pyproject.toml" "$work"
find "$work/poolcli" -name "*.so" -delete
include=$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')
# Target clones are left out: they are chosen before the sanitizer has started.
for extension in engine/backend/_core io/pillow/_png_rows; do
    "$cc" -std=c++17 -g -O1 -fsanitize=address,undefined -fno-sanitize=alignment -fno-sanitize-recover=undefined -DPLAIN \
        -fPIC -shared -I"$include" "$work/poolcli/$extension.cpp" -o "$work/poolcli/$extension.abi3.so" -lm
done
cd "$work"
LD_PRELOAD="$("$cc" -print-file-name=libasan.so) $("$cc" -print-file-name=libubsan.so)" \
    ASAN_OPTIONS=detect_leaks=0:handle_segv=0 PYTHONPATH="$work" \
    "$python" -m pytest -p no:cacheprovider -q tests/engine/backend/test_core.py tests/io/pillow/test_png_rows.py \
    tests/engine/backend/test_same_bits.py::test_of_narrow_maps "$@"
