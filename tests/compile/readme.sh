#!/usr/bin/env bash
# Compiles every program of a Markdown file: ```cpp blocks with a main or a using directive.
#
#   readme.sh MARKDOWN COMPILER [FLAGS...]
set -euo pipefail
markdown=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
awk -v out="$work/block" '
  /^```cpp$/ { inside = 1; count += 1; file = out count ".cpp"; next }
  /^```$/ { inside = 0 }
  inside { print > file }' "$markdown"
programs=0
for block in "$work"/block*.cpp; do
  grep -qE '^(int main\(|using namespace cresset;)' "$block" 2>/dev/null || continue
  programs=$((programs + 1))
  "$@" -std=c++20 -fsyntax-only -Wall -Wextra -Werror "$block"
done
if [ "$programs" = 0 ]; then
  echo "$markdown has no program" >&2
  exit 1
fi
echo "$markdown: $programs compiled"
