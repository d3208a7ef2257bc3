#!/usr/bin/env bash
# Writes docs/ops.md from the lists of kernels and the case table.
#
#   tools/ops_table.sh [BUILD]     default: build
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
"${1:-$root/build}/bin/test_cases" --ops-page "$root/docs/ops.md"
