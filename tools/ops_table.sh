#!/usr/bin/env bash
# Writes docs/ops.md from the lists of kernels and the case table.
#
#   tools/ops_table.sh [BUILD]     default: build/sim, for a build without CUDA does not know its kernels
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
"${1:-$root/build/sim}/bin/test_cases" --ops-page "$root/docs/ops.md"
