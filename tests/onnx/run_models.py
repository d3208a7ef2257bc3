"""Runs exported models by ONNX Runtime, many in one process.

run_models.py FOLDER: for each model.onnx with model.in.0.safetensors, … beside it (one file for each run; names are the inputs.)
writes model.out.0.safetensors, …. FOLDER/results.json says what became of each: "ok",
"no kernel" where the run-time has none for a type or op, or the error.
"""

import ctypes
import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime as ort

from run_models_io import TYPES, read, write

OF_RUNTIME = {"tensor(float)": "F32", "tensor(double)": "F64", "tensor(float16)": "F16", "tensor(bfloat16)": "BF16",
              "tensor(int64)": "I64", "tensor(int32)": "I32", "tensor(uint8)": "U8", "tensor(bool)": "BOOL"}


def run(session, inputs):
    given = {}
    for name, (kind, array) in inputs.items():
        if kind == "BF16":
            given[name] = ort.OrtValue.ortvalue_from_numpy_with_onnx_type(array, TYPES[kind][1])
        else:
            given[name] = ort.OrtValue.ortvalue_from_numpy(array)
    names = [output.name for output in session.get_outputs()]
    outputs = {}
    for name, value in zip(names, session.run_with_ort_values(names, given)):
        kind = OF_RUNTIME[value.data_type()]
        count = int(np.prod(value.shape(), dtype=np.int64))
        size = count * np.dtype(TYPES[kind][0]).itemsize
        outputs[name] = (kind, value.shape(), ctypes.string_at(value.data_ptr(), size) if size else b"")
    return outputs


def no_kernel(message):
    return "NOT_IMPLEMENTED" in message or "Could not find an implementation" in message


def result_of(path, options):
    try:
        onnx.checker.check_model(str(path), full_check=True)
    except Exception as error:
        return f"onnx.checker: {error}"
    try:
        session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        wanted = {i.name for i in session.get_inputs()}
        for given in sorted(path.parent.glob(path.stem + ".in.*.safetensors")):
            inputs = {name: value for name, value in read(given).items() if name in wanted}
            write(given.with_name(given.name.replace(".in.", ".out.")), run(session, inputs))
    except Exception as error:
        return "no kernel" if no_kernel(str(error)) else str(error)
    return "ok"


def main():
    folder = pathlib.Path(sys.argv[1])
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    # Every op as it is written.
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    results = {path.stem: result_of(path, options) for path in sorted(folder.glob("*.onnx"))}
    (folder / "results.json").write_text(json.dumps(results))


main()
