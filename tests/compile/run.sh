#!/usr/bin/env bash
# Compiles one file of this folder and judges the outcome by the file's first line:
#   // compiles
#   // must not compile: REGEX        the compiler's message must match REGEX
#
#   run.sh SOURCE COMPILER [FLAGS...]
set -euo pipefail
export LC_ALL=C
source=$1
shift
expected=$(head -n 1 "$source")
if message=$("$@" -std=c++20 -fsyntax-only -Wall -Wextra -Werror "$source" 2>&1); then compiled=1; else compiled=0; fi
case "$expected" in
  "// compiles")
    if [ "$compiled" = 1 ]; then exit 0; fi
    echo "$source must compile, but:"
    ;;
  "// must not compile: "*)
    pattern=${expected#"// must not compile: "}
    if [ "$compiled" = 0 ] && grep -qE -- "$pattern" <<<"$message"; then exit 0; fi
    if [ "$compiled" = 1 ]; then echo "$source compiles, and must not"; fi
    echo "$source: expected an error that matches '$pattern', got:"
    ;;
  *) echo "$source: the first line must be '// compiles' or '// must not compile: REGEX'" ;;
esac
echo "$message"
exit 1
