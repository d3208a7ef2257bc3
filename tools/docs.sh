#!/usr/bin/env bash
# Builds the site of the project: API pages of the public headers and every Markdown page, linked with each other.
#
#   tools/docs.sh [FOLDER]      default: build/docs; the first page is FOLDER/html/index.html
#
# Needs doxygen (Debian: apt-get install doxygen). Fails where a link within the site leads nowhere.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(mkdir -p "${1:-build/docs}" && cd "${1:-build/docs}" && pwd)
if ! command -v doxygen >/dev/null; then
  echo "docs: doxygen is not installed (Debian: apt-get install doxygen)" >&2
  exit 1
fi
rm -rf "$out/html" "$out/links"
mkdir -p "$out/links"

configured() { cat docs/Doxyfile - <<<"OUTPUT_DIRECTORY = $out"; }
# First only the names of the classes, so that their pages can be given links to the tutorials that use them.
{ configured; printf '%s\n' "GENERATE_HTML = NO" "GENERATE_TAGFILE = $out/links/names.tag"; } | doxygen -
python3 tools/site.py tutorials "$out/links/names.tag" "$out/links/tutorials.dox"
{ configured; printf '%s\n' "INPUT += $out/links/tutorials.dox" "FILE_PATTERNS += *.dox"; } | doxygen -
cp -r docs/tutorials/images "$out/html/"  # of <img> tags, which Doxygen leaves as they are
python3 tools/site.py check "$out/html"
