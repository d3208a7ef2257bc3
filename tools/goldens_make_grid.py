#!/usr/bin/env python3
"""Writes tests/golden/make_grid.json: what torchvision.utils makes of small images.

    python3 tools/goldens_make_grid.py        needs torch, torchvision and pillow

Element i of every input is ((i * 37) % 101 - 20) / 64.
"""
import json
import pathlib
import tempfile

import numpy
import torch
import torchvision
from PIL import Image

CASES = [
    {"shape": [5, 3, 4, 6]},
    {"shape": [5, 3, 4, 6], "nrow": 2, "padding": 1, "pad_value": 0.25},
    {"shape": [5, 1, 3, 3], "nrow": 3, "padding": 0},
    {"shape": [4, 3, 4, 4], "nrow": 4, "normalize": True},
    {"shape": [4, 3, 4, 4], "nrow": 3, "normalize": True, "scale_each": True, "pad_value": 1.0},
    {"shape": [4, 1, 4, 4], "normalize": True, "value_range": [-0.125, 0.5]},
    {"shape": [1, 3, 4, 5]},
    {"shape": [3, 4, 5], "normalize": True},
    {"shape": [1, 4, 5]},
    {"shape": [4, 5]},
    {"shape": [9, 3, 2, 2]},
]


def main():
    cases = []
    for case in CASES:
        count = int(numpy.prod(case["shape"]))
        images = ((torch.arange(count) * 37 % 101 - 20) / 64).reshape(case["shape"])
        options = {key: value for key, value in case.items() if key != "shape"}
        if "value_range" in options:
            options["value_range"] = tuple(options["value_range"])
        grid = torchvision.utils.make_grid(images, **options)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "grid.png"
            torchvision.utils.save_image(images, path, **options)
            pixels = numpy.asarray(Image.open(path).convert("RGB"))
        cases.append({**case, "grid_shape": list(grid.shape), "grid": grid.flatten().tolist(),
                      "pixels": pixels.flatten().tolist()})
    path = pathlib.Path(__file__).resolve().parent.parent / "tests" / "golden" / "make_grid.json"
    path.write_text(json.dumps({"torchvision": torchvision.__version__.split("+")[0], "cases": cases}) + "\n")


if __name__ == "__main__":
    main()
