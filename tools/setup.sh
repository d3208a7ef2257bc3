#!/usr/bin/env bash
# Installs what building and testing cresset needs: Debian 12, Debian 13, Ubuntu 24.04.
#
#   tools/setup.sh            all of it: to build, to test, and oneDNN
#   tools/setup.sh --build    only what a release build needs
#   tools/setup.sh --list     says what it would install, and installs nothing
#
# Runs as root or through sudo. What is already there is not installed again.
# oneDNN 3 comes from the distribution where it has one; on Debian 12 it is unpacked
# from PyPI into $CRESSET_DEPS/onednn (default ~/.cache/cresset/onednn), where CMake looks by itself.
set -euo pipefail

want_tests=1
list_only=0
for argument in "$@"; do
  case "$argument" in
    --build) want_tests=0 ;;
    --list) list_only=1 ;;
    -h | --help) sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "setup: unknown option '$argument' (known: --build, --list)" >&2; exit 2 ;;
  esac
done

deps=${CRESSET_DEPS:-${XDG_CACHE_HOME:-$HOME/.cache}/cresset}
# shellcheck source=/dev/null
. /etc/os-release

build_packages=(g++ cmake ninja-build pkg-config ccache ca-certificates libfmt-dev libhwy-dev nlohmann-json3-dev
  libcli11-dev libcurl4-openssl-dev libarchive-dev libssl-dev libstb-dev libonnx-dev libprotobuf-dev protobuf-compiler)
test_packages=(git libgtest-dev libgmock-dev libboost-context-dev gcovr python3 clang clang-format clang-tidy shellcheck
  doxygen)
onednn_from_pypi=0
case "${ID:-}-${VERSION_ID:-}" in
  debian-12)
    onednn_from_pypi=1
    ;;
  debian-13)
    build_packages+=(libdnnl-dev)
    ;;
  ubuntu-24.04)
    echo "setup: Ubuntu 24.04 goes by its package names; this list is untried there"
    build_packages+=(libdnnl-dev)
    ;;
  *)
    echo "setup: ${PRETTY_NAME:-this system} is not one of Debian 12, Debian 13, Ubuntu 24.04." >&2
    echo "setup: install by hand: ${build_packages[*]} ${test_packages[*]}, and oneDNN 3 (optional)." >&2
    exit 1
    ;;
esac

packages=("${build_packages[@]}")
if [ "$want_tests" = 1 ]; then packages+=("${test_packages[@]}"); fi

# The PyPI files have fixed names, versions and checksums: what is unpacked is what was tried.
onednn_version=2023.2.0
onednn_wheels=(
  "onednn_cpu_gomp-$onednn_version-py2.py3-none-manylinux1_x86_64.whl 2f22a54d6a890ed14bfa185d42a4be65d8b5b1df85dc1f0f3a9abe31620416fb"
  "onednn_devel_cpu_gomp-$onednn_version-py2.py3-none-manylinux1_x86_64.whl 9763c69e8c907e119056bd52ad918ca84ac9ba939d130a99dfa95ccca3e5e284"
)
if [ "$onednn_from_pypi" = 1 ] && [ "$(uname -m)" != x86_64 ]; then
  echo "setup: no oneDNN 3 for $(uname -m) on this system; cresset then uses its own kernels"
  onednn_from_pypi=0
fi
if [ "$onednn_from_pypi" = 1 ] && [ -f "$deps/onednn/.complete-$onednn_version" ]; then
  echo "setup: oneDNN is there already, in $deps/onednn"
  onednn_from_pypi=0
fi
if [ "$onednn_from_pypi" = 1 ] && ! python3 -m pip --version >/dev/null 2>&1; then packages+=(python3 python3-pip); fi

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null || true)" = "ii " ]; }
missing=()
for package in "${packages[@]}"; do is_installed "$package" || missing+=("$package"); done

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else
    echo "setup: must be root or have sudo to install: ${missing[*]}" >&2
    exit 1
  fi
}

if [ "${#missing[@]}" = 0 ]; then
  echo "setup: all ${#packages[@]} packages are there already"
else
  echo "setup: will install by apt: ${missing[*]}"
fi
if [ "$onednn_from_pypi" = 1 ]; then
  echo "setup: will unpack oneDNN 3.2 (PyPI onednn-cpu-gomp, onednn-devel-cpu-gomp $onednn_version) into $deps/onednn"
fi
if [ "$list_only" = 1 ]; then exit 0; fi

if [ "${#missing[@]}" != 0 ]; then
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

if [ "$onednn_from_pypi" = 1 ]; then
  mkdir -p "$deps"
  work=$(mktemp -d "$deps/.onednn.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  if ! python3 -m pip download --quiet --no-deps --only-binary=:all: --dest "$work/wheels" \
    "onednn-cpu-gomp==$onednn_version" "onednn-devel-cpu-gomp==$onednn_version"; then
    echo "setup: oneDNN could not be had from PyPI. The packages above are installed; cresset also builds without oneDNN" >&2
    echo "setup: (cmake -DCRESSET_ONEDNN=OFF), on its own kernels." >&2
    exit 1
  fi
  mkdir -p "$work/unpacked" "$work/prefix"
  for entry in "${onednn_wheels[@]}"; do
    read -r name sum <<<"$entry"
    echo "$sum  $work/wheels/$name" | sha256sum --check --quiet
    python3 -m zipfile -e "$work/wheels/$name" "$work/unpacked"
  done
  cp -r "$work"/unpacked/*.data/data/. "$work/prefix/"
  # A wheel has no symbolic links: it holds the same 55 MB library three times.
  ln -sf libdnnl.so.3.2 "$work/prefix/lib/libdnnl.so.3"
  ln -sf libdnnl.so.3 "$work/prefix/lib/libdnnl.so"
  chmod 755 "$work/prefix/lib/libdnnl.so.3.2"
  touch "$work/prefix/.complete-$onednn_version"
  rm -rf "$deps/onednn"
  mv "$work/prefix" "$deps/onednn"
  echo "setup: oneDNN 3.2 is in $deps/onednn"
fi
echo "setup: done"
