"""Reads, with the Python package, a file that cresset wrote (see safetensors_test.cpp), and writes it again elsewhere."""

import sys

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

path, again = sys.argv[1:]
tensors = load_file(path)
expected = {
    "f32": torch.arange(6, dtype=torch.float32).reshape(2, 3) / 4,
    "f64": torch.tensor([1 / 3, -2.0], dtype=torch.float64),
    "f16": torch.tensor([0.5, 65504.0], dtype=torch.float16),
    "bf16": torch.tensor([1.0, -3.0, 0.25], dtype=torch.bfloat16),
    "i64": torch.tensor([2**62, -5]),
    "i32": torch.tensor([7, -8], dtype=torch.int32),
    "u8": torch.tensor([0, 255, 3], dtype=torch.uint8),
    "bool": torch.tensor([True, False, True]),
    "scalar": torch.tensor(2.5),
    "empty": torch.zeros(0, 4),
    "image": torch.arange(24, dtype=torch.float32).reshape(1, 2, 3, 4),
    "transposed": torch.arange(6, dtype=torch.float32).reshape(2, 3).T,
}
assert sorted(tensors) == sorted(expected), sorted(tensors)
for name, tensor in expected.items():
    assert tensors[name].dtype == tensor.dtype and torch.equal(tensors[name], tensor), name
with safe_open(path, "pt") as file:
    assert file.metadata()["note"] == "for the reader", file.metadata()
save_file(tensors, again)
