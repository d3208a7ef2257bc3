#!/usr/bin/env bash
# Builds the real CUDA backend with nvcc, warnings as errors; no GPU is needed. Then: the library needs no driver to be
# linked, the program starts and says what is missing, the installed package has the backend and works elsewhere, and no
# kernel spills (tools/kernel_report).
#
#   tools/cuda.sh              code for all GPUs from sm_75 to sm_120, and PTX
#   tools/cuda.sh --two        sm_80 and sm_90 only
#   tools/cuda.sh --part       compiles for these two only the kernels that take seconds, all but the tiled products and
#                              convolutions, and ends there
#   tools/cuda.sh --arch LIST  as CMAKE_CUDA_ARCHITECTURES takes it: 86-real;90
#
# Exits with 77 where there is no nvcc. Without cuobjdump and nvdisasm (the toolkit's, or PyPI's nvidia-cuda-cuobjdump and
# nvidia-cuda-nvdisasm) the kernels are not looked into, and the last line says so. CRESSET_JOBS is the number of parallel
# jobs (default: the processors).
set -euo pipefail
cd "$(dirname "$0")/.."

architectures=""
part=0
while [ $# -gt 0 ]; do
  case "$1" in
    --two) architectures="80-real;90-real" ;;
    --part) architectures="80-real;90-real" part=1 ;;
    --arch) architectures=${2:?cuda: --arch needs a list} && shift ;;
    -h | --help) sed -n '2,15s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "cuda: unknown option '$1' (known: --two, --part, --arch LIST)" >&2; exit 2 ;;
  esac
  shift
done
if ! command -v nvcc >/dev/null && [ ! -x "${CUDA_HOME:-/usr/local/cuda}/bin/nvcc" ]; then
  echo "cuda: there is no nvcc"
  exit 77
fi
export PATH=$PATH:${CUDA_HOME:-/usr/local/cuda}/bin CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1

cmake --preset cuda "-DCMAKE_CUDA_ARCHITECTURES=$architectures"
if [ "$part" = 1 ]; then
  objects=()
  for source in kernels/*.cu; do
    case "$source" in
      *conv2d* | *matmul*) ;;
      *) objects+=("CMakeFiles/cresset_cuda_kernels.dir/$source.o") ;;
    esac
  done
  cmake --build --preset cuda -j "${CRESSET_JOBS:-$(nproc)}" --target "${objects[@]}"
  exit
fi
cmake --build --preset cuda -j "${CRESSET_JOBS:-$(nproc)}" --target cresset_cuda cresset_program cresset_data cresset_test_support
library=build/cuda/lib/libcresset_cuda.so
if readelf -d "$library" | grep -E 'NEEDED.*(libcuda|libcudart)'; then
  echo "cuda: $library needs a library that machines without a GPU lack" >&2
  exit 1
fi
build/cuda/bin/cresset info | grep -E '^(devices|cuda):'
ctest --preset cuda -R '^package$'
if python3 tools/kernel_report --tools; then
  python3 tools/kernel_report --library "$library" >build/cuda/kernel_report.txt || { tail -n 20 build/cuda/kernel_report.txt; exit 1; }
  tail -n 1 build/cuda/kernel_report.txt
else
  echo "cuda: built; the kernels were not looked into"
fi
