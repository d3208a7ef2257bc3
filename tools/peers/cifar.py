"""CIFAR-10's binary version as torchvision's own data set.

torchvision reads the Python pickles. The arrays here come from the binary version instead; everything that runs per
image (`__getitem__`, with its PIL image, and `__len__`) is torchvision's, untouched. Both versions give the same
arrays: [N, 32, 32, 3] uint8 and a list of int.
"""

import os
from pathlib import Path

import numpy
import torchvision
from torchvision import transforms

FOLDER = "cifar-10-batches-bin"


def data_root(given=None):
    """The folder that holds FOLDER: the one given, or CRESSET_DATA_DIR."""
    root = given or os.environ.get("CRESSET_DATA_DIR")
    if not root or not (Path(root) / FOLDER).is_dir():
        raise SystemExit(f"no {FOLDER} in {root!r}: give --data or set CRESSET_DATA_DIR")
    return Path(root)


class BinaryCIFAR10(torchvision.datasets.CIFAR10):
    def __init__(self, root, train, transform):
        torchvision.datasets.VisionDataset.__init__(self, str(root), transform=transform)
        self.train = train
        names = [f"data_batch_{i}.bin" for i in range(1, 6)] if train else ["test_batch.bin"]
        files = [numpy.fromfile(Path(root) / FOLDER / name, numpy.uint8) for name in names]
        records = numpy.concatenate(files).reshape(-1, 3073)
        self.targets = records[:, 0].tolist()
        self.data = numpy.ascontiguousarray(records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))


def plain_transform():
    return transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))])


def augmenting_transform():
    return transforms.Compose(
        [
            transforms.RandomCrop(32, padding=4),
            transforms.RandomHorizontalFlip(),
            transforms.ToTensor(),
            transforms.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
        ]
    )
