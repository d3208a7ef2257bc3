#!/usr/bin/env bash
# Installs a build with CUDA, moves the package, and builds and runs outside projects with .cu files against it: the one that
# docs/adding_a_kernel.md prints, and outside_cuda.
#
#   tests/package/cuda.sh BUILD_DIR COMPILER GENERATOR
#
# BUILD_DIR of the preset `sim`, where the kernels run on the processor, or of `cuda`: then nvcc compiles them, and without a
# GPU the programs run on the processor alone. CUDAARCHS says for which GPU (default: 80).
set -euo pipefail
build=$(cd "${1:?usage: cuda.sh BUILD_DIR COMPILER GENERATOR}" && pwd)
compiler=${2:?usage: cuda.sh BUILD_DIR COMPILER GENERATOR}
generator=${3:?usage: cuda.sh BUILD_DIR COMPILER GENERATOR}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset LD_LIBRARY_PATH CMAKE_PREFIX_PATH cresset_DIR
export CUDAARCHS=${CUDAARCHS:-80}

fail() {
  echo "package.cuda: $*" >&2
  exit 1
}
must_say() { # PATTERN FILE
  grep -qE -e "$1" "$2" || { cat "$2"; fail "$(basename "$2") does not say: $1"; }
}
run() { # NAME COMMAND...
  local log=$work/$1
  shift
  "$@" >"$log" 2>&1 || { cat "$log"; fail "failed: $*"; }
}
build_project() { # SOURCE BUILD
  run configure cmake -S "$1" -B "$2" -G "$generator" -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_CXX_FLAGS="-Wall -Wextra -Werror" -DCMAKE_PREFIX_PATH="$prefix"
  run build cmake --build "$2"
}
block() { # the code in docs/adding_a_kernel.md whose first line is this
  awk -v first="$1" '/^```/ { if (mine) exit; open = !open; fresh = open; next }
    open && fresh { mine = $0 == first; fresh = 0 }
    mine' "$here/../../docs/adding_a_kernel.md"
}

run install cmake --install "$build" --prefix "$work/first"
mkdir -p "$work/moved/to another"
mv "$work/first" "$work/moved/to another/place"
prefix="$work/moved/to another/place"

echo "package.cuda: the project that the manual prints"
mkdir "$work/manual"
block "# CMakeLists.txt" >"$work/manual/CMakeLists.txt"
for file in relu.cu table.cpp; do block "// $file" >"$work/manual/$file"; done
build_project "$work/manual" "$work/manual/build"
run relu "$work/manual/build/table"
must_say '\[       OK \] Case\.relu\.sliced\.float32 ' "$work/relu"

echo "package.cuda: a project with an op of its own, and a kernel that goes wrong"
build_project "$here/outside_cuda" "$work/own"
run table "$work/own/table"
"$work/own/errors" >"$work/errors" 2>"$work/reports" || { cat "$work/errors" "$work/reports"; fail "errors failed"; }
must_say '\[       OK \] Case\.outside\.squared_norm\.rounded\.float64 ' "$work/table"

if grep -q '^CRESSET_CUDA:.*=SIM$' "$build/CMakeCache.txt"; then
  must_say '\[       OK \] Case\.relu\.dense\.float32\.cuda ' "$work/relu"
  must_say '\[       OK \] Reach\.EveryKernel ' "$work/relu"
  for case in Case.outside.squared_norm.whole.float32 Gradient.outside.squared_norm.transposed \
    Error.outside.squared_norm.integers; do
    must_say "\\[       OK \\] $case\\.cuda " "$work/table"
  done
  must_say '\[       OK \] Reach\.EveryKernel ' "$work/table"
  line=$(grep -n 'y\[i \* step\] = 1' "$here/outside_cuda/faulty.cu" | cut -d: -f1)
  must_say "^cudasim: illegal address: kernel write_ones, block \\([0-9]+,0,0\\), thread \\([0-9]+,0,0\\): .* at faulty\\.cu:$line " "$work/reports"
  must_say '^cudasim: launch over a limit: kernel write_ones: block \(2048,1,1\)' "$work/reports"

  echo "package.cuda: a wrong kernel is found"
  sed -i 's/y\[i\] = x\[i\] < 0 ? 0 : x\[i\]/y[i] = x[i] < 1 ? 0 : x[i]/' "$work/manual/relu.cu"
  run build cmake --build "$work/manual/build"
  if "$work/manual/build/table" >"$work/relu" 2>&1; then fail "the table takes a wrong kernel"; fi
  must_say '\[  FAILED  \] Case\.relu\.dense\.float32\.cuda' "$work/relu"
fi
echo "package.cuda: passed"
