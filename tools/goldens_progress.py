#!/usr/bin/env python3
"""Writes tests/golden/progress.json: lines of tqdm's progress bar, and how it writes numbers behind the bar.

    python3 tools/goldens_progress.py        needs the package tqdm
"""
import itertools
import json
import pathlib

import tqdm

STATES = [
    {"n": 0, "total": 750, "elapsed": 0.0},
    {"n": 3, "total": 10, "elapsed": 1.5},
    {"n": 30, "total": 750, "elapsed": 3.6, "rate": 8.53},
    {"n": 750, "total": 750, "elapsed": 92.8},
    {"n": 333, "total": 1000, "elapsed": 4000.25, "prefix": "epoch 1"},
    {"n": 5, "total": 40, "elapsed": 10.0, "initial": 3, "postfix": "loss=0.5, acc=12"},
    {"n": 11, "total": 10, "elapsed": 2.0},
    {"n": 7, "total": 0, "elapsed": 3.5, "prefix": "reading", "unit": "batch"},
    {"n": 99999, "total": 100000, "elapsed": 59.9999, "unit": "img"},
]
NUMBERS = [0.0, 1.0, 0.5, 2.30258, 123456.0, 0.00001234, 1234567.0, -0.25, 12.0, 1e-7, 99.95, 100.0]


def main():
    lines = []
    for state, columns, ascii_bar in itertools.product(STATES, (None, 0, 40, 79), (False, True)):
        arguments = {"rate": None, "initial": 0, "prefix": "", "postfix": None, "unit": "it", **state}
        arguments["total"] = arguments["total"] or None
        text = tqdm.tqdm.format_meter(ncols=columns, ascii=ascii_bar, **arguments)
        lines.append({**state, "columns": columns, "ascii": ascii_bar, "text": text})
    numbers = [{"number": number, "text": tqdm.tqdm.format_num(number)} for number in NUMBERS]
    path = pathlib.Path(__file__).resolve().parent.parent / "tests" / "golden" / "progress.json"
    path.write_text(json.dumps({"tqdm": tqdm.__version__, "lines": lines, "numbers": numbers}, indent=1) + "\n")


if __name__ == "__main__":
    main()
