#!/usr/bin/env bash
# Builds cresset and tests it. The last line is `N passed, N failed, N skipped` over all runs of ctest.
#
#   tools/test.sh              what CI runs: release and sim whole; coverage; sanitizers on fixed rooms, with the simulated
#                              kernels; nvcc on a fixed part of the kernels; clang's warnings on libraries and program;
#                              formatting, headers (docs/verification.md: what is left out)
#   tools/test.sh --quick      dev only; under five minutes with a warm ccache
#   tools/test.sh --full       everything under every preset, and the section of docs/verification.md
#   --only "PART PART"         some parts of the mode only, and with --full their rows of that section:
#                              checks release coverage sim dev clang asan tsan sim-coverage sim-asan sim-tsan nvcc mutate
#   --no-setup                 does not install dependencies
#
# CRESSET_DATA_DIR names the folder of the data sets (default: ../shared/data beside the checkout, where it exists).
# CRESSET_JOBS is the number of parallel jobs (default: the processors).
# CRESSET_MINUTES: no part is begun after so many (default: all are); those left are counted as skipped.
set -euo pipefail
cd "$(dirname "$0")/.."

# At least so many percent of the lines of src/ are executed by the tests.
coverage_threshold=90
# And of the lines of kernels/, in the simulator.
kernel_coverage_threshold=95
# The fixed part of the suite whose executed lines are counted.
coverage_rooms=(autograd backend cases cli core data device dispatch io models nn onnx ops optim plot trace)
# Without what runs long and no other lines: the table again for each instruction set, the largest networks.
coverage_tests='-Cpu/Isa.RunsTheTable/*:Registry/ModelGolden.*vgg*'
# The fixed part of the suite under the sanitizers, as rooms of tests/: under AddressSanitizer where memory and lifetimes
# are handled and every op's case table, under ThreadSanitizer where threads meet.
asan_rooms=(autograd cases core cuda dispatch io sim)
# Without the simulated device's table once more for each of three capabilities.
asan_tests='-*ComputeCapability*'
tsan_rooms=(autograd core data dispatch sim)
# And of the room cases under ThreadSanitizer these: a kernel's threads against each other, in every op.
tsan_cases='Case.*.plain.*.cuda:Gradient.*.plain.cuda'
# The tests of the simulator, of the CUDA backend, and of the kernels: the ops' cases on that device.
sim_entries='^(cases|cuda|sim|sim.planted)$'
native_entries='^(autograd|cases|cuda|models|nn|ops|optim)$'
sim_tests='*.cuda:*Test.*:Cuda*:KernelVariants.*:TensorCore.*-*ComputeCapability*'

mode=default
setup=1
only=""
while [ $# -gt 0 ]; do
  case "$1" in
    --quick) mode=quick ;;
    --full) mode=full; export CRESSET_FULL=1 ;;  # plans of cuDNN's for every card
    --only) only=${2:?test: --only needs names of parts} && shift ;;
    --no-setup) setup=0 ;;
    -h | --help) sed -n '2,16s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "test: unknown option '$1' (known: --quick, --full, --only PARTS, --no-setup)" >&2; exit 2 ;;
  esac
  shift
done

case "$mode" in
  quick) parts="checks dev" ;;
  default) parts="checks release coverage sim clang sim-asan sim-tsan nvcc" ;;
  full) parts="checks release coverage sim dev clang asan tsan sim-coverage sim-asan sim-tsan nvcc mutate" ;;
esac
for part in $only; do
  case " $parts " in
    *" $part "*) ;;
    *) echo "test: '$part' is no part of this mode (its parts: $parts)" >&2; exit 2 ;;
  esac
done

started=$SECONDS
# All checkouts share what ccache has compiled.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
jobs=${CRESSET_JOBS:-$(nproc)}
if [ -z "${CRESSET_DATA_DIR:-}" ] && [ -d ../shared/data ]; then
  CRESSET_DATA_DIR=$(cd ../shared/data && pwd)
  export CRESSET_DATA_DIR
fi
if [ "$setup" = 1 ]; then tools/setup.sh; fi

results=build/results
logs=build/logs
rm -rf "$results" "$logs"
mkdir -p "$results" "$logs"
failed_steps=()
skipped_steps=()
ok_steps=0

# Runs a command with its output in a log file; prints one line, and the log where it failed.
step() {
  local name=$1 begin=$SECONDS
  shift
  if "$@" >"$logs/$name.log" 2>&1 </dev/null; then
    printf 'ok      %-22s %4d s\n' "$name" $((SECONDS - begin))
    ok_steps=$((ok_steps + 1))
  else
    printf 'FAILED  %-22s %4d s, the end of %s:\n' "$name" $((SECONDS - begin)) "$logs/$name.log"
    tail -n 60 "$logs/$name.log"
    failed_steps+=("$name")
    return 1
  fi
}

# build PRESET [TARGETS...]
build() {
  local preset=$1
  shift
  step "configure-$preset" cmake --preset "$preset" &&
    step "build-$preset" cmake --build --preset "$preset" -j "$jobs" ${1:+--target "$@"}
}

# Builds and runs some rooms of the suite: run_rooms PRESET ROOMS...
run_rooms() {
  local preset=$1 room targets=() names=""
  shift
  for room in "$@"; do
    targets+=("test_$room")
    names+="${names:+|}$room"
    if [ "$room" = sim ]; then
      targets+=(planted)
      names+="|sim.planted"
    fi
  done
  if build "$preset" "${targets[@]}"; then run_tests "$preset" -R "^($names)\$"; fi
}

# Builds and runs the tests of the simulated kernels that a filter takes: run_sim PRESET FILTER
run_sim() {
  if build "$1" test_cases test_cuda test_sim planted; then GTEST_FILTER=$2 run_tests "$1" -R "$sim_entries"; fi
}

# Counters of an earlier run would hide lines that no test reaches any more.
forget_counters() { find "build/$1" -name '*.gcda' -delete 2>/dev/null || true; }

# run_tests PRESET OPTIONS of ctest. Counting is test_report.py's: a failing test is no failed step. $run names a second
# run under a preset.
run_tests() {
  local preset=$1 begin=$SECONDS name=${run:-$1}
  shift
  mkdir -p "$results/$name"
  local prefix=()
  # ThreadSanitizer's memory layout does not go with much address randomisation.
  if [[ "$preset" = *tsan ]] && setarch -R true 2>/dev/null; then prefix=(setarch -R); fi
  if GTEST_OUTPUT="xml:$PWD/$results/$name/" "${prefix[@]}" ctest --preset "$preset" -j "$jobs" \
    --output-junit "$PWD/$results/$name/ctest.xml" "$@" >"$logs/test-$name.log" 2>&1 </dev/null; then
    printf 'ok      %-22s %4d s\n' "test-$name" $((SECONDS - begin))
  else
    printf 'FAILED  %-22s %4d s, the end of %s:\n' "test-$name" $((SECONDS - begin)) "$logs/test-$name.log"
    grep -E '\[  FAILED  \]|Failure|ERROR: |WARNING: ThreadSanitizer|runtime error|\*\*\*' "$logs/test-$name.log" | head -n 60 || true
    tail -n 30 "$logs/test-$name.log"
    if [ ! -s "$results/$name/ctest.xml" ]; then failed_steps+=("test-$name"); fi
  fi
}

# shellcheck disable=SC2317  # the checks are called by `step`
check_format() {
  if ! clang-format --version | grep -q 'version 14\.'; then
    echo "format: the checked-in formatting is clang-format 14's; this is $(clang-format --version)"
    return 0
  fi
  git ls-files -z '*.h' '*.cpp' '*.cu' '*.cuh' | xargs -0 clang-format --dry-run --Werror
}

# shellcheck disable=SC2317
check_scripts() { git ls-files -z '*.sh' .ci/run | xargs -0 shellcheck; }

# check_coverage PRESET FOLDER LEAST: the lines of FOLDER that the tests under PRESET executed, in percent.
# shellcheck disable=SC2317
check_coverage() {
  local report=$results/$1/coverage.txt
  gcovr --root . --filter "$2/" --object-directory "build/$1" -j "$jobs" --txt "$report" "build/$1" || return 1
  cat "$report"
  # Read here and not by --fail-under-line, which passes when no line was found at all.
  awk -v least="$3" -v folder="$2" '
    $1 == "TOTAL" { found = $2 > 0 && 100 * $3 >= least * $2 }
    END { if (!found) print "coverage: below " least " percent of the lines of " folder "/, or no line counted"; exit !found }' \
    "$report"
}

# cover PRESET FOLDER LEAST: the check, and its sum.
cover() {
  step "$1-of-$2" check_coverage "$@" || true
  grep -E '^TOTAL' "$results/$1/coverage.txt" | sed "s/^TOTAL/coverage of $2, lines:/" || true
}

# Kernels by nvcc, where there is one: `check_nvcc OPTIONS of tools/cuda.sh`.
check_nvcc() {
  if command -v nvcc >/dev/null || [ -x "${CUDA_HOME:-/usr/local/cuda}/bin/nvcc" ]; then
    step nvcc tools/cuda.sh "$@" || true
  else
    skipped_steps+=("nvcc: there is none")
  fi
}

# The parts. Those of clang, the sanitizers and nvcc are whole with --full only; without it no test runs in two of them that
# is the same in both.
part_checks() {
  step format check_format || true
  step shellcheck check_scripts || true
  step kernels tools/check_kernels.sh || true
}
part_release() {
  if build release; then
    step headers tools/check_headers.sh build/release || true
    if [ "$mode" = full ]; then run_tests release; else run_tests release -LE '^sim$'; fi
  fi
}
part_coverage() {
  forget_counters coverage
  if [ "$mode" != full ]; then
    GTEST_FILTER=$coverage_tests run_rooms coverage "${coverage_rooms[@]}"
  elif build coverage; then
    run_tests coverage
  fi
  cover coverage src "$coverage_threshold"
}
part_sim() {
  if ! build sim; then return; fi
  if [ "$mode" = full ]; then
    run_tests sim -LE package
    # As on a machine without NVIDIA's libraries: our own kernels alone.
    CRESSET_CUDNN=off CRESSET_CUBLASLT=off run=sim-native run_tests sim -R "$native_entries"
  else
    run_tests sim -LE package -E '^sim\.planted\.(address|thread)$'
  fi
}
part_dev() {
  if ! build dev; then return; fi
  if [ "$mode" = full ]; then
    run_tests dev
  else
    step headers tools/check_headers.sh build/dev || true
    run_tests dev -LE package
  fi
}
part_clang() {
  if [ "$mode" = full ]; then build clang || true; else build clang cresset cresset_data cresset_program || true; fi
}
part_asan() { if build asan; then run_tests asan; fi; }
part_tsan() { if build tsan; then run_tests tsan; fi; }
part_sim-coverage() {
  forget_counters sim-coverage
  run_sim sim-coverage "$sim_tests"
  cover sim-coverage kernels "$kernel_coverage_threshold"
}
part_sim-asan() {
  if [ "$mode" = full ]; then
    run_sim sim-asan "$sim_tests"
  else
    GTEST_FILTER=$asan_tests run_rooms sim-asan "${asan_rooms[@]}"
  fi
}
part_sim-tsan() {
  if [ "$mode" = full ]; then
    run_sim sim-tsan "$sim_tests"
  else
    run_rooms sim-tsan "${tsan_rooms[@]}"
    if build sim-tsan test_cases; then run=sim-tsan-cases GTEST_FILTER=$tsan_cases run_tests sim-tsan -R '^cases$'; fi
  fi
}
part_nvcc() { if [ "$mode" = full ]; then check_nvcc --two; else check_nvcc --part; fi; }
part_mutate() { step mutate tools/mutate || true; }

# Runs a part, and writes what docs/verification.md says of it beside its counts.
run_part() {
  local part=$1 begin=$SECONDS ok_before=$ok_steps failed_before=${#failed_steps[@]} names="" name commit
  mkdir -p "$results/$part"
  commit=$(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
  if ! git diff --quiet HEAD -- . ':!docs/verification.md' 2>/dev/null; then commit+=", changed"; fi
  "part_$part"
  for name in "${failed_steps[@]:$failed_before}"; do names+="${names:+, }\"$name\""; done
  printf '{"commit": "%s", "seconds": %d, "steps": %d, "failed_steps": [%s]}\n' "$commit" $((SECONDS - begin)) \
    $((ok_steps - ok_before)) "$names" >"$results/$part/part.json"
  if [ "$mode" = full ]; then python3 tools/verification.py --results "$results"; fi
}

for part in ${only:-$parts}; do
  if [ -n "${CRESSET_MINUTES:-}" ] && [ $((SECONDS - started)) -ge $((60 * CRESSET_MINUTES)) ]; then
    skipped_steps+=("$part: $CRESSET_MINUTES minutes were over")
  else
    run_part "$part"
  fi
done

echo
echo "minutes: $(((SECONDS - started + 30) / 60))"
for name in "${failed_steps[@]}"; do echo "failed step: $name"; done
python3 tools/test_report.py "$results" --steps "$ok_steps" --extra-failures "${#failed_steps[@]}" "${skipped_steps[@]/#/--skipped=}"
