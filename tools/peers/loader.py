#!/usr/bin/env python3
"""Images per second of torchvision's CIFAR-10 through PyTorch's DataLoader: the peer of `cresset bench`'s loader.

Whole epochs, 2 workers.

batch128: RandomCrop(32, padding=4), RandomHorizontalFlip, ToTensor, Normalize, batch 128, shuffled.
batch4: ToTensor, Normalize, batch 4, shuffled.
The loop only takes the batches. An epoch's time includes starting its workers, as each `for` over the loader does.
torchvision's files are the pickles; the arrays come from the binary version instead, and what runs per image is
torchvision's own `__getitem__` (see cifar.py).
"""

import argparse
import time

import torch

from cifar import BinaryCIFAR10, augmenting_transform, data_root, plain_transform
from measure import Span, report, spread


def images_per_second(data_set, batch_size, workers):
    loader = torch.utils.data.DataLoader(data_set, batch_size=batch_size, shuffle=True, num_workers=workers)
    begin = time.perf_counter()
    images = sum(labels.size(0) for _, labels in loader)
    return images / (time.perf_counter() - begin)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--repeats4", type=int, default=1, help="epochs at batch 4, which take long")
    args = parser.parse_args()
    root = data_root(args.data)
    torch.manual_seed(0)
    figures, spans = {}, {}
    kinds = (("batch128", augmenting_transform(), 128, args.repeats), ("batch4", plain_transform(), 4, args.repeats4))
    for name, transform, batch_size, repeats in kinds:
        data_set = BinaryCIFAR10(root, train=True, transform=transform)
        span = Span()
        rates = [images_per_second(data_set, batch_size, args.workers) for _ in range(repeats)]
        figures[f"loader_{name}_images_s"] = spread(rates)
        spans[name] = span.stop()
    report("loader.py", figures, workers=args.workers, span=spans)


if __name__ == "__main__":
    main()
