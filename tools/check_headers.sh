#!/usr/bin/env bash
# Every public header compiles alone, with g++ and clang++, all warnings on; and so does one file that includes them all
# after `using namespace std`.
#
#   tools/check_headers.sh BUILD_DIR      BUILD_DIR: a configured build, for the generated version.h
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:?usage: tools/check_headers.sh BUILD_DIR}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mapfile -t headers < <(cd include && find cresset -name '*.h' | LC_ALL=C sort)
{
  # Standard headers first, so that a name of ours that clashes with one of theirs is found.
  printf '#include <%s>\n' algorithm map memory string thread vector
  echo 'using namespace std;'
  printf '#include <%s>\n' "${headers[@]}"
} >"$work/together.cpp"
files=("$work/together.cpp")
for header in "${headers[@]}"; do
  file=$work/$(tr / _ <<<"$header").cpp
  printf '#include <%s>\n' "$header" >"$file"
  files+=("$file")
done

if grep -rnE '#include *[<"](fmt|oneapi|dnnl|hwy|cuda|cudnn|google/protobuf|Python\.h|ranges|source_location|iostream|regex)' include; then
  echo "check_headers: a public header includes what it must not" >&2
  exit 1
fi

failed=0
for compiler in g++ clang++; do
  printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$(nproc)" \
    "$compiler" -std=c++20 -fsyntax-only -Wall -Wextra -Wpedantic -Werror -I include -I "$build/include" || failed=1
done
if [ "$failed" = 1 ]; then
  echo "check_headers: a header does not compile alone" >&2
  exit 1
fi
echo "check_headers: ${#headers[@]} headers compile alone with g++ and clang++"
