#!/usr/bin/env bash
# Installs what is missing, builds cresset, and trains a small convolutional network on CIFAR-10 for two epochs.
# Shows the accuracy in all and for each class (`cresset eval` does so again), and says where the curve, the test images and
# the checkpoint lie.
#
#   tools/quickstart.sh [OPTIONS OF cresset train]      such as --max-steps 500, --threads 1, --seed 3
#
# The data set is read from $CRESSET_DATA_DIR, else from ../shared/data, else downloaded (162 MiB) to build/quickstart/data.
# Where CIFAR-10 cannot be had at all, Fashion-MNIST from Debian's package dataset-fashion-mnist takes its place.
set -euo pipefail
case "${1:-}" in
  -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
esac
start_folder=$PWD
cd "$(dirname "$0")/.."

tools/setup.sh --build
echo "quickstart: building (a few minutes the first time)"
mkdir -p build/quickstart
if ! {
  cmake --preset release -DCRESSET_WERROR=OFF -DCRESSET_TESTS=OFF -B build/quickstart/release &&
    cmake --build build/quickstart/release
} >build/quickstart/build.log 2>&1; then
  tail -n 40 build/quickstart/build.log >&2
  echo "quickstart: the build failed; all of it is in build/quickstart/build.log" >&2
  exit 1
fi
cresset=build/quickstart/release/bin/cresset

out=build/quickstart
dataset=cifar10
download=()
has_cifar10() { [ -f "$1/cifar-10-batches-bin/data_batch_1.bin" ] || [ -f "$1/data_batch_1.bin" ]; }
data=${CRESSET_DATA_DIR:-}
case "$data" in "" | /*) ;; *) data=$start_folder/$data ;; esac
if [ -n "$data" ] && ! has_cifar10 "$data"; then echo "quickstart: no CIFAR-10 in CRESSET_DATA_DIR ($data)"; fi
if [ -z "$data" ] || ! has_cifar10 "$data"; then data=../shared/data; fi
if ! has_cifar10 "$data"; then
  data=$out/data
  download=(--download)
fi

train() {
  "$cresset" train --data "$data" --dataset "$dataset" "${download[@]}" --model cifar_net --epochs 2 --batch 4 \
    --optimizer sgd --lr 0.001 --momentum 0.9 --checkpoint "$out/cifar_net.safetensors" --log "$out/training.jsonl" \
    --curve "$out/curve.png" --grid "$out/predictions.png" "$@"
}

# One step fetches the data set, and shows whether that can be done.
if [ "${#download[@]}" != 0 ] && ! "$cresset" train --data "$data" --download --model cifar_net --max-steps 1 \
  --checkpoint "$out/try.safetensors"; then
  cat >&2 <<'TEXT'

=====================================================================
CIFAR-10 could not be had: neither in CRESSET_DATA_DIR, nor in
../shared/data, nor by download (the reason is above).
This run trains on FASHION-MNIST instead: other images, other
accuracies. They say nothing about CIFAR-10.
=====================================================================

TEXT
  dataset=fashion_mnist
  data=/usr/share/datasets/fashion-mnist
  download=()
  if [ ! -d "$data" ]; then
    if [ "$(id -u)" = 0 ]; then root=(); else root=(sudo); fi
    "${root[@]}" apt-get install -y --no-install-recommends dataset-fashion-mnist
  fi
fi
rm -f "$out"/try.safetensors*

train "$@"

echo
echo "curve of loss and accuracy:  $out/curve.png"
echo "test images with labels:     $out/predictions.png"
echo "log, JSON every 500 steps:   $out/training.jsonl"
echo "checkpoint:                  $out/cifar_net.safetensors"
if [ "$dataset" != cifar10 ]; then echo "NOTE: this was Fashion-MNIST, not CIFAR-10"; fi
