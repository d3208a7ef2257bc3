#!/usr/bin/env python3
"""Writes tests/golden/random_crop.json: the padded images that torchvision's RandomCrop cuts its pieces from.

    python3 tools/goldens_crop.py

Each case has the options, the image's shape, and the padded image [C, H, W]. The image is 1, 2, 3, … in row-major order,
of bytes through PIL as torchvision's data sets give them, or of floats as a tensor.
"""
import json
import pathlib

import numpy
import torch
from PIL import Image
from torchvision import transforms


class Padded(transforms.RandomCrop):
    """Keeps what it is about to cut."""

    @staticmethod
    def get_params(img, output_size):
        Padded.image = img
        return transforms.RandomCrop.get_params(img, output_size)


def case(shape, size, padding=None, pad_if_needed=False, fill=0, padding_mode="constant", dtype="uint8"):
    ramp = torch.arange(1, 1 + shape[0] * shape[1] * shape[2]).reshape(shape)
    crop = Padded(size, padding, pad_if_needed, fill, padding_mode)
    if dtype == "uint8":
        planes = ramp.to(torch.uint8).permute(1, 2, 0).numpy()
        crop(Image.fromarray(planes if shape[0] == 3 else planes[:, :, 0]))
        padded = numpy.asarray(Padded.image)
        padded = padded.transpose(2, 0, 1) if shape[0] == 3 else padded[None]
    else:
        crop(ramp.to(getattr(torch, dtype)))
        padded = Padded.image.numpy()
    numbers = [0] if padding is None else [padding] if isinstance(padding, int) else list(padding)
    fills = list(fill) if isinstance(fill, tuple) else [fill]
    return {"shape": shape, "dtype": dtype, "size": size, "padding": numbers, "pad_if_needed": pad_if_needed,
            "fill": fills, "padding_mode": padding_mode, "padded_shape": list(padded.shape),
            "padded": padded.reshape(-1).tolist()}


CASES = [
    case([3, 4, 5], [3, 3]),
    case([3, 4, 5], [4, 5], 2, fill=9),
    case([3, 4, 5], [5, 4], (1, 3), fill=(7, 8, 9)),
    case([3, 4, 5], [6, 6], (1, 2, 3, 4), fill=(200, 0, 255)),
    case([1, 4, 5], [6, 6], (4, 3, 2, 1), fill=30),
    case([1, 2, 3], [5, 7], pad_if_needed=True, fill=5),
    case([3, 2, 6], [5, 4], (0, 1), pad_if_needed=True, fill=(1, 2, 3)),
    case([2, 4, 5], [5, 6], (1, 2, 3, 4), fill=2.5, dtype="float32"),
    case([2, 4, 5], [8, 8], 1, pad_if_needed=True, fill=-1.5, dtype="float64"),
]
for mode in ("edge", "reflect", "symmetric"):
    CASES += [
        case([3, 4, 5], [5, 5], 3, padding_mode=mode),
        case([1, 4, 5], [5, 6], (4, 2), padding_mode=mode),
        case([3, 4, 5], [6, 6], (1, 2, 3, 0), padding_mode=mode),
        case([2, 4, 5], [6, 6], (1, 2, 3, 0), padding_mode=mode, dtype="float32"),
        # More than there is to mirror, and a side of one pixel.
        case([1, 3, 4], [9, 9], 11, padding_mode=mode),
        case([3, 1, 2], [4, 4], 4, padding_mode=mode),
        # What was padded is padded again.
        case([3, 3, 4], [7, 9], pad_if_needed=True, padding_mode=mode),
        case([1, 3, 4], [8, 9], (1, 0, 2, 1), pad_if_needed=True, padding_mode=mode),
        case([1, 2, 3], [9, 11], (0, 1), pad_if_needed=True, padding_mode=mode),
    ]

target = pathlib.Path(__file__).resolve().parent.parent / "tests/golden/random_crop.json"
target.write_text("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in CASES) + "\n]\n")
