#!/usr/bin/env python3
"""Writes tests/golden/padding_modes.json: what nn.Conv2d makes of 1 to 48 as [1, 3, 4, 4] with each padding_mode, for
weights that are all one and for a fixed set. All numbers are exact in float32.

    python3 tools/goldens_padding.py
"""
import json
import pathlib

import torch
from torch import nn

MODES = ("zeros", "reflect", "replicate", "circular")


def fixed_weight(kernel):
    """Multiples of 1/4 from -1 to 1, by their place."""
    count = 3 * 3 * kernel * kernel
    return ((torch.arange(count) * 5 % 9 - 4) / 4).reshape(3, 3, kernel, kernel)


def main():
    x = torch.arange(1.0, 49.0).reshape(1, 3, 4, 4)
    cases = []
    for kernel, padding in ((1, 1), (3, 2)):
        for mode in MODES:
            for weights in ("ones", "fixed"):
                conv = nn.Conv2d(3, 3, kernel, padding=padding, padding_mode=mode, bias=False)
                conv.weight.data = torch.ones(3, 3, kernel, kernel) if weights == "ones" else fixed_weight(kernel)
                out = conv(x)
                grad = torch.autograd.grad(out, conv.weight, x.new_ones(()).expand_as(out))[0]
                cases.append({"kernel": kernel, "padding": padding, "mode": mode, "weights": weights,
                              "shape": list(out.shape), "out": out.flatten().tolist(),
                              "grad_weight": grad.flatten().tolist()})
    path = pathlib.Path(__file__).resolve().parent.parent / "tests" / "golden" / "padding_modes.json"
    path.write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")


if __name__ == "__main__":
    main()
