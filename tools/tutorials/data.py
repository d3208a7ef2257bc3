"""The folder `data` that the tutorials' programs read: the published files where they are found, else made-up ones."""
import os
import pathlib
import random
import struct

DEBIAN_FASHION = pathlib.Path("/usr/share/datasets/fashion-mnist")
MADE_UP_IMAGES = {"train": 640, "t10k": 320}


def published_folder(root):
    """CRESSET_DATA_DIR, else ../shared/data beside the checkout."""
    return pathlib.Path(os.environ.get("CRESSET_DATA_DIR") or root.parent / "shared" / "data").absolute()


def make_cifar10(folder):
    # A file must hold 10,000 records; all but the first are zeros, which take no room on the disk.
    folder.mkdir(parents=True)
    numbers = random.Random(0)
    for name in [f"data_batch_{i}.bin" for i in range(1, 6)] + ["test_batch.bin"]:
        with open(folder / name, "wb") as file:
            for i in range(400):  # of every class one among the first ten, which a short run divides by
                file.write(bytes([i % 10]) + numbers.randbytes(3072))
            file.truncate(10000 * 3073)


def make_idx(folder):
    folder.mkdir(parents=True)
    numbers = random.Random(0)
    for part, count in MADE_UP_IMAGES.items():
        images = struct.pack(">iiii", 0x803, count, 28, 28) + numbers.randbytes(count * 28 * 28)
        labels = struct.pack(">ii", 0x801, count) + bytes(numbers.randrange(10) for _ in range(count))
        (folder / f"{part}-images-idx3-ubyte").write_bytes(images)
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(labels)


def provide(folder, published, made_up):
    """Fills `folder` with links to published data sets; what is not there is made up if `made_up`, else left out."""
    sources = {
        "cifar-10-batches-bin": (published / "cifar-10-batches-bin", make_cifar10),
        "MNIST/raw": (published / "MNIST" / "raw", make_idx),
        "FashionMNIST/raw": (published / "FashionMNIST" / "raw", make_idx),
    }
    for place, (source, make) in sources.items():
        if place.startswith("Fashion") and not source.is_dir():
            source = DEBIAN_FASHION
        target = folder / place
        if source.is_dir():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(source)
        elif made_up:
            make(target)
