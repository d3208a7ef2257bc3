"""Writes safetensors fixtures with the Python package. Run with an interpreter that has torch and safetensors."""

import pathlib

import torch
from safetensors.torch import save_file

here = pathlib.Path(__file__).parent
save_file(
    {
        "f32": torch.arange(6, dtype=torch.float32).reshape(2, 3) / 4,
        "f64": torch.tensor([1 / 3, -2.0], dtype=torch.float64),
        "f16": torch.tensor([0.5, 65504.0], dtype=torch.float16),
        "bf16": torch.tensor([1.0, -3.0, 0.25], dtype=torch.bfloat16),
        "i64": torch.tensor([[2**62], [-5]]),
        "i32": torch.tensor([7, -8], dtype=torch.int32),
        "u8": torch.tensor([0, 255, 3], dtype=torch.uint8),
        "bool": torch.tensor([True, False, True]),
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 4),
        "ünïcode": torch.tensor([1.0]),
    },
    here / "io" / "python.safetensors",
    metadata={"format": "pt", "made": "by the package"},
)
save_file({"x": torch.tensor([1, 2], dtype=torch.int16)}, here / "io" / "int16.safetensors")
