"""Tensors between the tests and Python: safetensors files, without the package, which has no bfloat16 for numpy."""

import json

import numpy as np

# safetensors' names, numpy's types (bfloat16 as its bits), ONNX's numbers.
TYPES = {"F32": (np.float32, 1), "F64": (np.float64, 11), "F16": (np.float16, 10), "BF16": (np.uint16, 16),
         "I64": (np.int64, 7), "I32": (np.int32, 6), "U8": (np.uint8, 2), "BOOL": (np.bool_, 9)}


def read(path):
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    tensors = {}
    for name, entry in json.loads(data[8:8 + size]).items():
        if name == "__metadata__":
            continue
        first, last = (8 + size + offset for offset in entry["data_offsets"])
        array = np.frombuffer(data[first:last], TYPES[entry["dtype"]][0]).reshape(entry["shape"]).copy()
        tensors[name] = (entry["dtype"], array)
    return tensors


def write(path, tensors):
    header, at, parts = {}, 0, []
    for name, (kind, shape, data) in tensors.items():
        header[name] = {"dtype": kind, "shape": list(shape), "data_offsets": [at, at + len(data)]}
        at += len(data)
        parts.append(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"".join(parts))
