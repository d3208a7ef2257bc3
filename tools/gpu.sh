#!/usr/bin/env bash
# Runs on a GPU the tests that matter there, side by side, and says what failed. Builds nothing: the build (preset cuda)
# may come from another machine.
#
#   tools/gpu.sh [--build DIR] [--logs DIR] [--timeout SECONDS] [--bench PROBLEMS [-- OPTIONS]]
#
#   --build    the built tree: bin/, lib/ and, where it was carried here, dep/ with other libraries that it needs
#              (default: build/cuda). Tests read the source tree where it was when they were compiled.
#   --logs     a folder for all outputs (default: build/gpu)
#   --timeout  for each program (default: 240)
#   --bench    also `cresset bench kernels --device cuda` of these problems, alone on the GPU, with OPTIONS, into
#              bench.json and bench.csv
#
# One line for each program: tests passed, failed and skipped, seconds. Then the names of what failed. Where there is
# compute-sanitizer, the tests of the backend's host side run under it too (memcheck). Exits with 1 where anything
# failed, 77 where there is no GPU.
set -euo pipefail
cd "$(dirname "$0")/.."

build=build/cuda logs=build/gpu limit=240 problems="" options=()
while [ $# -gt 0 ]; do
  case "$1" in
    --build) build=${2:?gpu: --build needs a folder} && shift ;;
    --logs) logs=${2:?gpu: --logs needs a folder} && shift ;;
    --timeout) limit=${2:?gpu: --timeout needs seconds} && shift ;;
    --bench) problems=${2:?gpu: --bench needs problems} && shift ;;
    --) shift && options=("$@") && break ;;
    -h | --help) sed -n '2,18s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "gpu: unknown option '$1' (known: --build, --logs, --timeout, --bench, --)" >&2; exit 2 ;;
  esac
  shift
done
[ -x "$build/bin/cresset" ] || { echo "gpu: no bin/cresset in $build" >&2; exit 2; }
build=$(cd "$build" && pwd)
mkdir -p "$logs"
logs=$(cd "$logs" && pwd)
rm -f "$logs"/*.log "$logs"/*.rc "$logs"/bench.{json,csv}
export CRESSET_PROGRAM=$build/bin/cresset
if [ -d "$build/dep" ]; then export LD_LIBRARY_PATH=$build/lib:$build/dep${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}; fi
"$CRESSET_PROGRAM" info >"$logs/info.log"
grep -E '^(cresset|processor|devices|cuda|cuDNN|cuBLASLt)\b' "$logs/info.log"
grep -q '^devices:.*cuda:0' "$logs/info.log" || { echo "gpu: there is no GPU that can be used"; exit 77; }

# run NAME COMMAND...: its output in NAME.log, its status and seconds in NAME.rc
run() {
  local name=$1 begin=$SECONDS status=0
  shift
  timeout "$limit" "$@" >"$logs/$name.log" 2>&1 </dev/null || status=$?
  echo "$status $((SECONDS - begin))" >"$logs/$name.rc"
}

# The sum over some logs of the numbers in lines as "[  PASSED  ] 12 tests."
count() {
  local word=$1
  shift
  sed -nE "s/^\[  $word *\] ([0-9]+) tests?[.,].*/\1/p" "$@" | awk '{n += $1} END {print n + 0}'
}

failed=0
# line NAME: what NAME.log, or NAME.0.log and so on, say
line() {
  local name=$1 file status seconds slowest=0 ended="" log=() numbers
  for file in "$logs/$name".rc "$logs/$name".[0-9].rc; do
    [ -f "$file" ] || continue
    read -r status seconds <"$file"
    log+=("${file%.rc}.log")
    if [ "$seconds" -gt "$slowest" ]; then slowest=$seconds; fi
    if [ "$status" -eq 0 ]; then continue; fi
    failed=1
    # A program that ends by itself, with failures, lists them.
    if ! grep -qE '^\[  FAILED  \] [0-9]+ tests?,' "${file%.rc}.log"; then
      ended+=", ended with $status after $(sed -nE 's/^\[ RUN +\] //p' "${file%.rc}.log" | tail -n 1)"
    fi
  done
  numbers="$(count PASSED "${log[@]}") passed, $(count FAILED "${log[@]}") failed, $(count SKIPPED "${log[@]}") skipped"
  printf '%-14s %s, %d s%s\n' "$name" "$numbers" "$slowest" "$ended"
}

shards=10
for ((i = 0; i < shards; ++i)); do
  GTEST_TOTAL_SHARDS=$shards GTEST_SHARD_INDEX=$i \
    run "cases.$i" "$build/bin/test_cases" --gtest_filter='*cuda*:*Cuda*' &
done
programs=()
for room in cuda device nn models dispatch ops optim autograd bench_kernels; do
  if [ -x "$build/bin/test_$room" ]; then
    programs+=("$room")
    run "$room" "$build/bin/test_$room" &
  else
    echo "$room: not in this build"
  fi
done
wait
for name in cases "${programs[@]}"; do line "$name"; done
if command -v compute-sanitizer >/dev/null; then
  # Calls that are refused for want of memory are what some tests are about.
  run memcheck compute-sanitizer --report-api-errors no --error-exitcode 99 "$build/bin/test_cuda" \
    --gtest_filter='Cuda*:-*Death*:*Unavail*'
  line memcheck
fi
sed -nE 's/^\[  FAILED  \] ([A-Za-z_][^ ,]*).*/failed: \1/p' "$logs"/*.log | sort -u
if [ -n "$problems" ]; then
  run bench "$CRESSET_PROGRAM" bench kernels --device cuda --problems "$problems" --json "$logs/bench.json" \
    --csv "$logs/bench.csv" "${options[@]}"
  read -r status seconds <"$logs/bench.rc"
  echo "bench          ended with $status, $seconds s: $(tail -n 1 "$logs/bench.log")"
  if [ "$status" -ne 0 ]; then failed=1; fi
fi
exit "$failed"
