#!/usr/bin/env bash
# Installs the build, moves the package, and builds and runs an outside project against it:
# by find_package, by pkg-config, and the installed program. The tutorials build against it, too.
#
#   tests/package/run.sh BUILD_DIR COMPILER GENERATOR
set -euo pipefail
build=$(cd "${1:?usage: run.sh BUILD_DIR COMPILER GENERATOR}" && pwd)
compiler=${2:?usage: run.sh BUILD_DIR COMPILER GENERATOR}
generator=${3:?usage: run.sh BUILD_DIR COMPILER GENERATOR}
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset LD_LIBRARY_PATH PKG_CONFIG_PATH CMAKE_PREFIX_PATH cresset_DIR

fail() {
  echo "package: $*" >&2
  exit 1
}

cmake --install "$build" --prefix "$work/first" >"$work/install.log" || { cat "$work/install.log"; fail "cmake --install failed"; }
mkdir -p "$work/moved/to another"
mv "$work/first" "$work/moved/to another/place"
prefix="$work/moved/to another/place"
libdir=$(dirname "$(find "$prefix" -name libcresset.so)")

# Nothing in the package may know where it was built or first installed. The bundled libraries of others are as they came,
# and a debug build names its sources.
places=("$work/first")
if ! grep -q '^CMAKE_BUILD_TYPE:.*=Debug$' "$build/CMakeCache.txt"; then places+=("$root" "$build" "${HOME:-/nonexistent}/"); fi
for path in "${places[@]}"; do
  if grep -rlF --exclude='libdnnl*' --exclude='libhwy*' -e "$path" "$prefix"; then fail "these files name the folder $path"; fi
done
while IFS= read -r -d '' file; do
  runpath=$(readelf -d "$file" 2>/dev/null | sed -nE 's/.*\((RPATH|RUNPATH)\).*\[(.*)\]/\2/p')
  case "$runpath" in
    "" | "\$ORIGIN" | "\$ORIGIN/../lib"*) ;;
    *) fail "$file has the run path $runpath" ;;
  esac
done < <(find "$prefix" -type f \( -name 'libcresset*' -o -path '*/bin/*' \) -print0)

echo "package: an outside project by find_package"
cmake -S "$here/outside" -B "$work/outside" -G "$generator" -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_FIND_USE_CMAKE_ENVIRONMENT_PATH=OFF >"$work/log" 2>&1 || { cat "$work/log"; fail "configure failed"; }
cmake --build "$work/outside" >"$work/log" 2>&1 || { cat "$work/log"; fail "build failed"; }
programs=(core extension with_data)
if [ -e "$libdir/libcresset_onnx.so" ]; then programs+=(with_onnx); fi
for program in "${programs[@]}"; do
  "$work/outside/$program" >"$work/$program.out" || fail "$program, built by find_package, failed"
done
"$work/outside/table" >"$work/table.out" || { cat "$work/table.out"; fail "the outside op's table failed"; }
for case in Case.outside.cube.rounded.float32 Threads.outside.cube.large.float64 Gradient.outside.cube.sliced \
  Error.outside.cube.integers Reach.EveryKernel; do
  grep -qF "[       OK ] $case " "$work/table.out" || fail "the outside op's table has not run $case"
done
for wrong in value gradient; do
  if OUTSIDE_WRONG=$wrong "$work/outside/table" >"$work/table.out"; then fail "the table takes an outside op with a wrong $wrong"; fi
done
grep -q "loss fell" "$work/core.out" || fail "core printed: $(cat "$work/core.out")"

echo "package: the tutorials"
cmake -S "$root/docs/tutorials" -B "$work/tutorials" -G "$generator" -DCMAKE_CXX_COMPILER="$compiler" \
  -DCMAKE_CXX_FLAGS="-Wall -Wextra -Werror" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_FIND_USE_CMAKE_ENVIRONMENT_PATH=OFF \
  >"$work/log" 2>&1 || { cat "$work/log"; fail "configuring the tutorials failed"; }
cmake --build "$work/tutorials" >"$work/log" 2>&1 || { cat "$work/log"; fail "building the tutorials failed"; }

echo "package: CUDA devices"
device=$work/outside/device
"$device" >"$work/device.out" || fail "device failed: $(cat "$work/device.out")"
# expect WORDS [VARIABLE=VALUE...]: what the program prints then
expect() {
  local words=$1 printed
  shift
  printed=$(env "$@" "$device" 2>&1) || fail "device failed with $*: $printed"
  grep -qE "$words" <<<"$printed" || fail "device, with $*, printed: $printed"
}
backend=$(find "$libdir" -name 'libcresset_cuda*.so' -printf '%f\n')
case "$backend" in
  "") expect "this process has no CUDA backend: libcresset_cuda.so is not in $libdir. Install cresset's CUDA package" ;;
  *_sim.so)
    expect "available \(simulated\)"
    expect "there is no NVIDIA driver \(libcuda.so.1\)" CRESSET_SIM_DRIVER=0
    ;;
  *)
    if ! ldconfig -p | grep -q libcuda.so.1; then
      expect "there is no NVIDIA driver \(libcuda.so.1\) on this machine: install one for CUDA [0-9]+\.[0-9] or newer"
    fi
    stub=$(sed -nE 's|^CMAKE_CUDA_COMPILER:[^=]*=(.*)/bin/nvcc$|\1/lib64/stubs/libcuda.so|p' "$build/CMakeCache.txt")
    if [ -f "$stub" ]; then
      "$here/fake_driver.py" "$stub" "$work/old" 11040 0
      expect "driver is too old: it supports CUDA 11.4, this build needs CUDA [0-9]+\.[0-9]; install a newer" LD_LIBRARY_PATH="$work/old"
      "$here/fake_driver.py" "$stub" "$work/empty" 20000 100
      expect "there is no CUDA device on this machine" LD_LIBRARY_PATH="$work/empty"
      "$here/fake_driver.py" "$stub" "$work/mismatch" 20000 803
      expect "the NVIDIA driver cannot be used: .*restart the machine" LD_LIBRARY_PATH="$work/mismatch"
    fi
    ;;
esac
# Loaded when a device is first asked for, and not before: a program without one starts as if there were none.
if [ -n "$backend" ]; then
  LD_DEBUG=files "$work/outside/core" 2>"$work/loaded" >/dev/null
  if grep -q "$backend" "$work/loaded"; then fail "a program that asks for no device loads $backend"; fi
  LD_DEBUG=files "$device" 2>"$work/loaded" >/dev/null
  grep -q "$backend" "$work/loaded" || fail "device does not load $backend"
  mv "$libdir/$backend" "$work/"
  expect "this process has no CUDA backend: $backend is not in $libdir"
  mv "$work/$backend" "$libdir/"
fi

echo "package: the same by pkg-config"
export PKG_CONFIG_PATH="$libdir/pkgconfig"
pairs=(cresset:core cresset-data:with_data)
if [ -e "$libdir/libcresset_onnx.so" ]; then pairs+=(cresset-onnx:with_onnx); fi
for pair in "${pairs[@]}"; do
  program=${pair#*:}
  # pkg-config escapes what a shell would split; eval reads that back.
  flags=()
  eval "flags=($(pkg-config --cflags --libs "${pair%:*}"))"
  "$compiler" "$here/outside/$program.cpp" -o "$work/$program" "${flags[@]}" -Wl,-rpath,"$libdir" || fail "pkg-config build of $program failed"
  "$work/$program" >/dev/null || fail "$program, built by pkg-config, failed"
done

echo "package: a CUDA backend that does not fit is refused, with the reason"
cat >"$work/reason.cpp" <<'END'
#include <cresset/cuda.h>
#include <cstdio>
int main() { std::puts(cresset::cuda::unavailable_reason().c_str()); }
END
eval "flags=($(pkg-config --cflags --libs cresset))"
"$compiler" -std=c++20 "$work/reason.cpp" -o "$work/reason" "${flags[@]}" -Wl,-rpath,"$libdir" || fail "reason.cpp does not compile"
backend=$libdir/$(sed -n 's/.*kDeviceLibrary = "\(.*\)";/\1/p' "$build/include/device_build.h")
refused() {
  local said
  said=$("$work/reason")
  case $said in "$1"*) ;; *) fail "of $2 the library says: $said" ;; esac
}
if [ -e "$backend" ]; then mv "$backend" "$work/backend"; fi
refused "this process has no CUDA backend: $(basename "$backend") is not in $libdir. Install cresset's CUDA package, or build with -DCRESSET_CUDA=ON" "none"
echo "no library" >"$backend"
refused "$backend cannot be loaded: " "a text file"
echo 'int other;' | "$compiler" -x c++ -shared -fPIC -o "$backend" -
refused "$backend is no CUDA backend of cresset" "another library"
echo 'extern "C" const char* cresset_cuda_backend() { return "0.0-other"; }' |
  "$compiler" -x c++ -shared -fPIC -o "$backend" -
refused "$backend belongs to another build of cresset (0.0-other, this is $(sed -n 's/.*kDeviceBuildId = "\(.*\)";/\1/p' "$build/include/device_build.h")): install both from one package" "a backend of another build"
rm "$backend"
if [ -e "$work/backend" ]; then mv "$work/backend" "$backend"; fi

echo "package: a version that does not fit is refused"
if cmake -S "$here/outside" -B "$work/refused" -G "$generator" -DCMAKE_CXX_COMPILER="$compiler" -DWANTED_VERSION=99.0 \
  -DCMAKE_PREFIX_PATH="$prefix" >"$work/log" 2>&1; then fail "find_package(cresset 99.0) was answered"; fi

if [ -x "$prefix/bin/cresset" ]; then
  echo "package: the program"
  env -i "$prefix/bin/cresset" info >"$work/info.out" || fail "cresset info failed"
fi
while IFS= read -r -d '' file; do
  if missing=$(ldd "$file" | grep "not found"); then fail "$file needs: $missing"; fi
done < <(find "$prefix" -type f \( -name '*.so*' -o -path '*/bin/*' \) -print0)
echo "package: passed"
