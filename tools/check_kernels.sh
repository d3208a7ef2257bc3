#!/usr/bin/env bash
# What nvcc compiles of a kernel is what the simulator ran: outside kernels/common/ no source of a kernel asks which of
# the two it is, or for which GPU it is compiled, and none has inline assembly. Prints what breaks this, and exits with 1.
#   check_kernels.sh [FOLDER]   FOLDER: of the kernels (default: kernels/ of this checkout)
set -euo pipefail
kernels=${1:-$(dirname "$0")/../kernels}
status=0
refuse() {
  local text=$1 pattern=$2
  if find "$kernels" -path "$kernels/common" -prune -o -type f -print0 | xargs -0 grep -nE "$pattern" /dev/null; then
    echo "kernels: $text; put it into a function of kernels/common/" >&2
    status=1
  fi
}
refuse "conditional compilation" '^[[:space:]]*#[[:space:]]*(if|ifdef|ifndef|elif|else|endif)\b'
refuse "a macro of the simulator or of an architecture" '__CUDASIM__|__CUDA_ARCH|__CUDACC__|CUDASIM_'
refuse "inline assembly" '(^|[^[:alnum:]_])(asm|__asm__|__asm)[[:space:]]*(volatile|__volatile__)?[[:space:]]*\('
# What the simulator makes of a cuDNN plan proves something about the backend's graphs as long as it has nothing of them.
tree=$(dirname "$0")/..
if grep -rnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]([^>"]*/)?(backend|cresset|core|dispatch)/' "$tree/tools/cudasim" ||
  grep -rnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"][^>"]*cudasim/cudnn/' "$tree/src"; then
  echo "tools/cudasim and src/backend/cuda must share no header" >&2
  status=1
fi
exit "$status"
