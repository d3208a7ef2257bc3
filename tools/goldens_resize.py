#!/usr/bin/env python3
"""Writes tests/golden/resize.json: what torchvision's Resize and CenterCrop make of small tensors.

    python3 tools/goldens_resize.py        needs torch and torchvision

Element i of every image is (i * 37) % 251, divided by 16 where it is floating.
"""
import json
import pathlib

import torch
import torchvision
from torchvision import transforms


def image_of(shape, dtype):
    count = torch.Size(shape).numel()
    ramp = torch.arange(count) * 37 % 251
    return (ramp if dtype == "uint8" else ramp / 16).to(getattr(torch, dtype)).reshape(shape)


def case(kind, shape, size, dtype="uint8", **options):
    make = transforms.Resize if kind == "resize" else transforms.CenterCrop
    result = make(size[0] if len(size) == 1 else size, **options)(image_of(shape, dtype))
    return {"kind": kind, "shape": shape, "dtype": dtype, "size": size, **options, "result_shape": list(result.shape),
            "result": result.double().flatten().tolist()}


CASES = [
    # By the shorter edge: downwards, upwards, square, as it is; ratios that are no whole numbers.
    case("resize", [3, 12, 17], [8]),
    case("resize", [3, 17, 12], [5]),
    case("resize", [1, 9, 9], [4]),
    case("resize", [3, 5, 7], [11]),
    case("resize", [3, 8, 8], [4]),
    case("resize", [2, 6, 9], [6]),
    case("resize", [1, 3, 40], [2]),
    # To a given size: one edge longer, the other shorter; one that stays.
    case("resize", [3, 12, 17], [7, 30]),
    case("resize", [3, 12, 17], [12, 5]),
    case("resize", [3, 12, 17], [5, 17]),
    case("resize", [1, 7, 7], [1, 1]),
    case("resize", [3, 1, 1], [3, 4]),
    case("resize", [2, 3, 6, 10], [3, 5]),
    case("resize", [1, 6, 10], [4, 7]),
    case("resize", [3, 12, 17], [8], max_size=10),
    case("resize", [3, 30, 10], [8], max_size=20),
    case("resize", [3, 12, 17], [8], max_size=40),
    case("resize", [3, 12, 17], [5, 9], antialias=False),
    case("resize", [3, 5, 7], [11, 13], antialias=False),
    case("resize", [3, 12, 17], [7, 30], dtype="float32"),
    case("resize", [3, 12, 17], [8], dtype="float32"),
    case("resize", [3, 12, 17], [5, 9], dtype="float32", antialias=False),
    case("resize", [3, 12, 17], [5, 20], dtype="float64"),
    case("crop", [3, 9, 12], [4]),
    case("crop", [3, 9, 12], [5, 5]),
    case("crop", [3, 9, 11], [4, 4]),
    case("crop", [3, 10, 12], [3, 5]),
    case("crop", [1, 4, 5], [7]),
    case("crop", [1, 4, 5], [9, 2]),
    case("crop", [1, 9, 3], [4, 8]),
    case("crop", [2, 3, 5, 6], [2, 3], dtype="float32"),
]

target = pathlib.Path(__file__).resolve().parent.parent / "tests/golden/resize.json"
target.write_text(json.dumps({"torchvision": torchvision.__version__.split("+")[0], "cases": CASES}) + "\n")
