"""Reads models by OpenCV's dnn: opencv_dnn.py FOLDER, for each model.onnx with model.in.0.safetensors writes
model.cv.0.safetensors. FOLDER/opencv.json says what became of each."""

import json
import pathlib
import sys

import cv2
import numpy as np

import run_models_io as files


def result_of(path):
    try:
        net = cv2.dnn.readNetFromONNX(str(path))
        (name, (kind, array)), = files.read(path.with_suffix(".in.0.safetensors")).items()
        assert kind == "F32", kind
        net.setInput(array, name)
        output = np.ascontiguousarray(net.forward(), np.float32)
        files.write(path.with_suffix(".cv.0.safetensors"), {"output": ("F32", output.shape, output.tobytes())})
    except Exception as error:
        return str(error)
    return "ok"


def main():
    folder = pathlib.Path(sys.argv[1])
    cv2.setNumThreads(1)
    (folder / "opencv.json").write_text(json.dumps({p.stem: result_of(p) for p in sorted(folder.glob("*.onnx"))}))


main()
