#!/usr/bin/env bash
# Compares the twins of mma.sync and ldmatrix with CUTLASS's layout traits. Exits with 77 where CUTLASS's headers
# (PyPI's nvidia-cutlass, or the folder CUTLASS_INCLUDE) or the toolkit's are missing.
#   run.sh TEST_PROGRAM BUILD_DIR COMPILER PYTHON
set -euo pipefail
program=$1
build=$2
compiler=$3
python=$4
here=$(cd "$(dirname "$0")" && pwd)
find_wheel='import importlib.util as u
s = u.find_spec("cutlass_library")
print(s.submodule_search_locations[0] + "/source/include" if s else "")'
include=${CUTLASS_INCLUDE:-$("$python" -c "$find_wheel")}
if [ ! -f "$include/cute/atom/mma_traits_sm80.hpp" ]; then
  echo "cutlass: its headers are missing (pip install nvidia-cutlass, or CUTLASS_INCLUDE=folder)"
  exit 77
fi
nvcc=$(command -v nvcc || echo "${CUDA_HOME:-/usr/local/cuda}/bin/nvcc")
if [ ! -x "$nvcc" ]; then
  echo "cutlass: the CUDA toolkit's headers are missing"
  exit 77
fi
toolkit=$(dirname "$(dirname "$(readlink -f "$nvcc")")")/include
"$compiler" -std=c++20 -w -isystem "$include" -isystem "$toolkit" -isystem "$toolkit/cccl" "$here/layouts.cpp" -o "$build/cutlass_layouts"
"$build/cutlass_layouts" >"$build/cutlass_layouts.txt"
CRESSET_CUTLASS_LAYOUTS=$build/cutlass_layouts.txt "$program"
