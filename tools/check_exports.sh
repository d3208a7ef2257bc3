#!/usr/bin/env bash
# What a user's program may call must be in the shared libraries, and nothing else should be.
#
#   tools/check_exports.sh BUILD_DIR      BUILD_DIR: a build with tests
#
# The tests link static twins in which hidden functions can be reached, so a missing CRESSET_API would not show there.
# Therefore: each object of a test that includes only public headers may ask for nothing of ours that
# libcresset, libcresset_data or libcresset_onnx does not export, or that another test object defines.
set -euo pipefail
build=$(cd "${1:?usage: tools/check_exports.sh BUILD_DIR}" && pwd)
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C

libraries=("$build/lib/libcresset.so" "$build/lib/libcresset_data.so")
if [ -e "$build/lib/libcresset_onnx.so" ]; then libraries+=("$build/lib/libcresset_onnx.so"); fi
nm -D --defined-only --format=posix "${libraries[@]}" | awk 'NF > 1 {print $1}' | sort -u >"$work/exported"
if grep -vE '^(cresset_|_Z(N|NK|NO|NR|NKO|NKR|TIN|TSN|TVN|TTN|T[hvc][^N]*N|ZN|ZNK|GVN|GVZN|GVZNK|THN|TWN)7cresset)' "$work/exported" >"$work/foreign"; then
  echo "check_exports: the libraries show names that are not ours:" >&2
  c++filt <"$work/foreign" | head -n 20 >&2
  exit 1
fi

: >"$work/public_objects"
: >"$work/all_objects"
while IFS= read -r source; do
  while IFS= read -r object; do
    echo "$object" >>"$work/all_objects"
    # Internal headers are included with quotes and a path below src/ ("core/check.h"); support/ is the tests' own.
    if ! grep -E '^#include "' "$source" | grep -qvE '"(support|cresset)/'; then echo "$object" >>"$work/public_objects"; fi
  done < <(find "$build/CMakeFiles" -path "*/$source.o")
done < <(find tests -name '*.cpp' -not -path 'tests/compile/*' -not -path 'tests/package/*' -not -path 'tests/support/*')
find "$build/CMakeFiles" -path '*/tests/support/*.o' >>"$work/all_objects"
if [ ! -s "$work/all_objects" ]; then
  echo "check_exports: no test object in $build" >&2
  exit 1
fi

xargs nm --defined-only --format=posix <"$work/all_objects" | awk 'NF > 1 {print $1}' | sort -u >"$work/defined"
xargs --no-run-if-empty nm --undefined-only --format=posix <"$work/public_objects" | awk 'NF > 1 {print $1}' | grep -E '^_Z.*7cresset' |
  sort -u >"$work/wanted" || true
sort -u "$work/exported" "$work/defined" >"$work/known"
comm -23 "$work/wanted" "$work/known" | grep -E '^_Z(N|NK|T[ISVT]N)7cresset' >"$work/missing" || true
if [ -s "$work/missing" ]; then
  echo "check_exports: public tests use these names, but the libraries do not export them (CRESSET_API is missing?):" >&2
  c++filt <"$work/missing" >&2
  exit 1
fi
echo "check_exports: $(wc -l <"$work/wanted") names used by $(wc -l <"$work/public_objects") public test files; $(wc -l <"$work/exported") exported"
