#!/usr/bin/env bash
# Compiles the tests' kernels with nvcc, warnings as errors, and the signatures of the stand-in headers against the
# toolkit's. Exits with 77 where there is no nvcc.
#   nvcc.sh ROOT BUILD_DIR COMPILER
set -euo pipefail
root=$1
build=$2
compiler=$3
nvcc=$(command -v nvcc || echo "${CUDA_HOME:-/usr/local/cuda}/bin/nvcc")
if [ ! -x "$nvcc" ]; then
  echo "nvcc: not found"
  exit 77
fi
include=$(dirname "$(dirname "$(readlink -f "$nvcc")")")/include
"$compiler" -std=c++20 -fsyntax-only -isystem "$include" "$root/tests/sim/signatures.cpp"
for sm in 75 80; do
  "$nvcc" -std=c++20 "-arch=sm_$sm" "-DCRESSET_TEST_SM=$sm" --Werror all-warnings -Xcompiler -Wall,-Wextra "-I$root/kernels" "-I$root/tests/sim" \
    "$root/tests/sim/nvcc_kernels.cu" -o "$build/nvcc_kernels_$sm"
done
