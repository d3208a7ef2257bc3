#!/usr/bin/env bash
# Writes tests/golden/*.safetensors anew: the op case table's own list of cases, answered by PyTorch.
#
#   tools/write_goldens.sh [BUILD] [PYTHON]     defaults: build, python3 (which needs torch and numpy)
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-$root/build}
python=${2:-python3}
cases=$(mktemp --suffix .json)
trap 'rm -f "$cases"' EXIT
"$build/bin/test_cases" --dump "$cases"
"$python" "$root/tools/goldens.py" write "$cases"
