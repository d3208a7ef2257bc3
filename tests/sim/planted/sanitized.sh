#!/usr/bin/env bash
# Builds the planted bugs with a sanitizer, and runs those that only it can find.
#   sanitized.sh address|thread BUILD_DIR GENERATOR      exits with 77 where no compiler can
set -euo pipefail
sanitizer=$1
build=$2/planted-$1
generator=$3
here=$(cd "$(dirname "$0")" && pwd)

flags=address,undefined
compiler=${CXX:-c++}
if [ "$sanitizer" = thread ]; then
  # clang's: g++ 12's takes twenty times as long, and as much memory.
  flags=thread
  compiler=clang++
fi
if ! printf 'int main() {}' | "$compiler" "-fsanitize=$flags" -x c++ - -o /dev/null 2>/dev/null; then
  echo "planted: $compiler has no -fsanitize=$flags"
  exit 77
fi
cmake -S "$here/.." -B "$build" -G "$generator" -DCMAKE_BUILD_TYPE=Debug "-DCMAKE_CXX_FLAGS_DEBUG=-O1 -g1" \
  "-DCMAKE_CXX_COMPILER=$compiler" "-DCRESSET_SANITIZE=$flags"
cmake --build "$build" --target planted
run=()
# ThreadSanitizer's memory layout does not go with much address randomisation.
if [ "$sanitizer" = thread ] && setarch -R true 2>/dev/null; then run=(setarch -R); fi
"${run[@]}" python3 "$here/run.py" "$build/bin/planted" "$sanitizer"
