"""Tensors from their descriptions in a case file, and the safetensors files of outputs. See ../goldens.py."""

import json
import math
import struct

import numpy
import torch

DTYPES = {
    "float32": torch.float32,
    "float64": torch.float64,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
    "int64": torch.int64,
    "int32": torch.int32,
    "uint8": torch.uint8,
    "bool": torch.bool,
}
STORED = {
    torch.float32: "F32",
    torch.float64: "F64",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}
GRAD_FORMULA = {"low": -3, "high": 3, "step": 2}  # never 0; the seed of output k is 100 + k


def hashes(seed, count):
    """The 32-bit hash of each element: MurmurHash3's finaliser of seed * 0x9E3779B1 + i, all modulo 2^32."""
    mask = numpy.uint64(0xFFFFFFFF)
    h = (numpy.uint64(seed * 0x9E3779B1 & 0xFFFFFFFF) + numpy.arange(count, dtype=numpy.uint64)) & mask
    h ^= h >> numpy.uint64(16)
    h = h * numpy.uint64(0x85EBCA6B) & mask
    h ^= h >> numpy.uint64(13)
    h = h * numpy.uint64(0xC2B2AE35) & mask
    return h ^ h >> numpy.uint64(16)


def values(data, count):
    """`count` doubles, or Python integers, of an explicit list or of a formula."""
    if isinstance(data, list):
        if len(data) != count:
            raise ValueError(f"data has {len(data)} values where the shape has {count}")
        return [float(value) if isinstance(value, str) else value for value in data]
    unknown = set(data) - {"seed", "low", "high", "step", "divisor"}
    if unknown:
        raise ValueError(f"data has no {', '.join(sorted(unknown))}")
    low, high, step = data.get("low", -4), data.get("high", 4), data.get("step", 1)
    choices = (high - low) // step + 1
    integers = low + step * (hashes(data.get("seed", 0), count) % numpy.uint64(choices)).astype(numpy.int64)
    divisor = data.get("divisor", 1)
    return (integers if divisor == 1 else integers / divisor).tolist()


def make_tensor(description):
    """A strided tensor in a storage of its own. Dimensions of stride 0 hold one slice of data."""
    dtype, shape = DTYPES[description["dtype"]], description["shape"]
    strides = description.get("strides")
    stored_shape = shape if strides is None else [1 if s == 0 else n for n, s in zip(shape, strides, strict=True)]
    listed = values(description["data"], math.prod(stored_shape))
    # Through int64 or float64: both hold every value that a case can give, and the conversion is PyTorch's.
    exact = torch.int64 if all(isinstance(value, int) for value in listed) else torch.float64
    dense = torch.tensor(listed, dtype=exact).to(dtype).reshape(stored_shape)
    if strides is None:
        return dense
    offset = description.get("offset", 0)
    reach = sum((n - 1) * s for n, s in zip(shape, strides, strict=True)) if math.prod(shape) else 0
    storage = torch.zeros(offset + reach + 1, dtype=dtype)
    storage.as_strided(stored_shape, strides, offset).copy_(dense)
    return storage.as_strided(shape, strides, offset)


def grad_of_output(output, k):
    data = {"seed": 100 + k, **GRAD_FORMULA}
    return make_tensor({"dtype": str(output.dtype)[6:], "shape": list(output.shape), "data": data})


def write_safetensors(path, tensors, metadata):
    """The same bytes for the same content, which the safetensors package does not promise of its metadata."""
    header, chunks, end = {"__metadata__": metadata}, [], 0
    for name, tensor in sorted(tensors.items()):
        flat = tensor.detach().contiguous().reshape(-1)
        chunk = flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b""
        offsets = [end, end + len(chunk)]
        header[name] = {"dtype": STORED[tensor.dtype], "shape": list(tensor.shape), "data_offsets": offsets}
        chunks.append(chunk)
        end = offsets[1]
    text = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(chunks))


def read_tensors(header, data):
    dtypes = {text: dtype for dtype, text in STORED.items()}
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            flat = torch.frombuffer(bytearray(data[begin:end]), dtype=dtypes[entry["dtype"]]) if end > begin else None
            empty = torch.empty(0, dtype=dtypes[entry["dtype"]])
            tensors[name] = (empty if flat is None else flat).reshape(entry["shape"])
    return tensors


def same(a, b):
    """Equal in dtype and shape, and in value up to what sums in another order may change."""
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if not a.is_floating_point():
        return torch.equal(a, b)
    tolerance = 32 * torch.finfo(a.dtype).eps
    scale = b.double().nan_to_num(0, 0, 0).abs().max().item() if b.numel() else 0
    return torch.allclose(a.double(), b.double(), rtol=tolerance, atol=tolerance * scale, equal_nan=True)
