#!/usr/bin/env python3
"""Fails where no test launched a kernel of the CUDA backend: each instance of a template counts.

usage: kernels_launched.py FOLDER ROOM...

FOLDER/ROOM has what the simulator wrote for the room's tests (CRESSET_SIM_LAUNCHES): a file for each process, a line for
each kernel, `launches name`. Skips (77) where a room has not run; the files are removed, so that each run counts alone.
"""

import collections
import pathlib
import sys


def main():
    folder, rooms = pathlib.Path(sys.argv[1]), sys.argv[2:]
    launches = collections.Counter()
    missing = []
    for room in rooms:
        files = list((folder / room).iterdir())
        if not files:
            missing.append(room)
        for file in files:
            for line in file.read_text().splitlines():
                count, name = line.split(" ", 1)
                launches[name] += int(count)
            file.unlink()
    if missing:
        print(f"skipped: run the rooms {', '.join(missing)} first")
        return 77
    # Those between our operands and cuDNN's run where a machine has cuDNN.
    beside_cudnn = [name for name in launches if "::cudnn::" in name]
    if not any(launches[name] for name in beside_cudnn):
        print(f"without cuDNN: {len(beside_cudnn)} kernels beside it are not counted")
        for name in beside_cudnn:
            del launches[name]
    never = sorted(name for name, count in launches.items() if count == 0)
    print(f"{len(launches)} kernels, {len(never)} of them never launched")
    for name in never:
        print(f"never launched: {name}")
    return 1 if never or not launches else 0


if __name__ == "__main__":
    sys.exit(main())
