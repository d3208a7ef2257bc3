#!/usr/bin/env python3
"""Writes tests/golden/autocast.json: in which dtype PyTorch computes each op under autocast, by type of device.

    python3 tools/goldens_autocast.py

A row is [device, dtype of the region, op, dtypes of the arguments, answer]: the result's dtype, with "!" behind it
where a gradient's dtype is not that of its argument, or "error". For "cuda" nothing is computed (fake tensors), so a
machine without a CUDA device answers too, but for gradients and for a float64 beside other types in products, which fake
tensors do not refuse.
"""
import contextlib
import json
import logging
from pathlib import Path

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.nn import functional as F

# An op of arguments [4, 4], written as in tests/ops/autocast_test.cpp. Those of two take each pair of dtypes.
ONE = {
    "exp": torch.exp, "log": torch.log, "sqrt": torch.sqrt, "rsqrt": torch.rsqrt, "square": torch.square,
    "reciprocal": torch.reciprocal, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu, "abs": torch.abs,
    "neg": torch.neg, "sign": torch.sign, "gelu": F.gelu, "clamp": lambda x: x.clamp(0, 1),
    "add.number": lambda x: x + 2, "mul.number": lambda x: x * 2.5, "div.number": lambda x: x / 2,
    "rsub": lambda x: 1 - x, "rdiv": lambda x: 2 / x,
    "pow.number": lambda x: x ** 3, "rpow": lambda x: 2 ** x,
    "sum": torch.sum, "sum.dims": lambda x: x.sum(1, keepdim=True), "sum.dtype": lambda x: x.sum(dtype=torch.float64),
    "mean": torch.mean, "mean.dims": lambda x: x.mean((0, 1)), "max": torch.max, "max.dim": lambda x: x.max(1).values,
    "min": torch.min, "var": lambda x: x.var(0), "std": lambda x: x.std(0),
    "softmax": lambda x: F.softmax(x, 1), "softmax.dtype": lambda x: F.softmax(x, 1, dtype=torch.float64),
    "log_softmax": lambda x: F.log_softmax(x, 1),
    "max_pool2d": lambda x: F.max_pool2d(x.view(1, 1, 4, 4), 2),
    "avg_pool2d": lambda x: F.avg_pool2d(x.view(1, 1, 4, 4), 2),
    "adaptive_avg_pool2d": lambda x: F.adaptive_avg_pool2d(x.view(1, 1, 4, 4), 1),
    "batch_norm": lambda x: F.batch_norm(x, None, None, training=True),
    "pad": lambda x: F.pad(x, (1, 1)), "pad.circular": lambda x: F.pad(x.view(1, 1, 4, 4), (1, 1, 1, 1), mode="circular"),
    "dropout": lambda x: F.dropout(x, 0.5, training=True),
    "cross_entropy": lambda x: F.cross_entropy(x, torch.zeros(4, dtype=torch.int64, device=x.device)),
    "exp_": lambda x: (x * 1).exp_(), "pow_": lambda x: (x * 1).pow_(2), "square_": lambda x: (x * 1).square_(),
    "reciprocal.method": lambda x: x.reciprocal(), "view": lambda x: x.view(16), "clone": lambda x: x.clone(),
}
TWO = {
    "add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "maximum": torch.maximum,
    "minimum": torch.minimum, "pow": torch.pow, "where": lambda a, b: torch.where(a > 0, a, b), "eq": torch.eq,
    "add_": lambda a, b: (a * 1).add_(b), "copy_": lambda a, b: (a * 1).copy_(b),
    "matmul": torch.matmul, "matmul.vector": lambda a, b: torch.matmul(a, b[0]), "mm": torch.mm,
    "matmul.batch": lambda a, b: torch.matmul(a.view(1, 4, 4), b.view(1, 4, 4)),
    "linear": F.linear, "linear.bias": lambda a, b: F.linear(a, b, b[0]),
    "conv2d": lambda a, b: F.conv2d(a.view(1, 1, 4, 4), b.view(4, 1, 2, 2)),
    "conv2d.bias": lambda a, b: F.conv2d(a.view(1, 1, 4, 4), b.view(4, 1, 2, 2), b[0]),
    "cat": lambda a, b: torch.cat([a, b]), "stack": lambda a, b: torch.stack([a, b]),
    "mse_loss": F.mse_loss, "mse_loss.none": lambda a, b: F.mse_loss(a, b, reduction="none"),
    "cross_entropy.probabilities": F.cross_entropy,
    "cross_entropy.weight": lambda a, b: F.cross_entropy(a, torch.zeros(4, dtype=torch.int64, device=a.device), b[0].detach()),
}
DTYPES = {"float16": torch.float16, "bfloat16": torch.bfloat16, "float32": torch.float32, "float64": torch.float64}
# Fake tensors compute these with a float64 among other types, where real ones are refused.
UNREFUSED = [name for name in TWO if name.split(".")[0] in ("matmul", "mm", "linear", "conv2d")] + ["cross_entropy.weight"]


def word(dtype):
    return str(dtype).removeprefix("torch.")


def answer(device, region, op, names):
    arguments = [torch.ones(4, 4, dtype=DTYPES[name], device=device, requires_grad=True) for name in names]
    torch.set_autocast_enabled(device, True)
    torch.set_autocast_dtype(device, DTYPES[region])
    try:
        result = op(*arguments)
        torch.set_autocast_enabled(device, False)
        text = word(result.dtype)
        if result.requires_grad and device == "cpu":
            result.backward(torch.ones_like(result))
            if any(x.grad is not None and x.grad.dtype != x.dtype for x in arguments):
                text += "!"
        return text
    except RuntimeError:
        return "error"
    finally:
        torch.set_autocast_enabled(device, False)
        torch.clear_autocast_cache()


def main():
    logging.disable(logging.ERROR)
    rows = []
    for device, mode in (("cpu", contextlib.nullcontext()), ("cuda", FakeTensorMode())):
        with mode:
            for region in ("bfloat16", "float16"):
                for name, op in ONE.items():
                    rows += [[device, region, name, [a], answer(device, region, op, [a])] for a in DTYPES]
                for name, op in TWO.items():
                    rows += [[device, region, name, [a, b], answer(device, region, op, [a, b])]
                             for a in DTYPES for b in DTYPES
                             if device == "cpu" or name not in UNREFUSED or (a == "float64") == (b == "float64")]
    path = Path(__file__).resolve().parent.parent / "tests" / "golden" / "autocast.json"
    path.write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")


if __name__ == "__main__":
    main()
