"""What a library costs before it computes: compile time, size, and a process's time to its first tensor.

The same commands for both sides, which differ in the flags of `compile_flags()` and the name in the source files.
"""

import os
import tempfile
from pathlib import Path

from processes import run

FOLDER = Path(__file__).resolve().parent
SYSTEM = ("libc.so", "libm.so", "libstdc++.so", "libgcc_s.so", "librt.so", "libdl.so", "libpthread.so", "libutil.so")


def compile_program(side, source, output, optimise="-O0"):
    before, after = side.compile_flags()
    compiler = os.environ.get("CXX", "g++")
    return run([compiler, "-std=c++20", optimise, *before, FOLDER / source, "-o", output, *after, "-pthread"])


def compile_seconds(side, name, repeats):
    """Compile and link at -O0 of a one-file program that trains a module, the least; the program must then run."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "program"
        ended = [compile_program(side, f"train_module_{name}.cpp", program) for _ in range(repeats)]
        run([program])
    return {"wall_s": min(one.wall_s for one in ended), "cpu_s": min(one.cpu_s for one in ended)}


def first_tensor_ms(side, name, repeats):
    """Milliseconds from just before a process starts to its first tensor, the least."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "program"
        compile_program(side, f"first_tensor_{name}.cpp", program, "-O2")
        ends = (run([program]) for _ in range(repeats))
        return min(int(ended.stdout.split()[0]) - ended.begin_ns for ended in ends) / 1e6


def shared_libraries(program):
    """The libraries that a program loads, but those that come with every C and C++ compiler."""
    lines = run(["ldd", program]).stdout.splitlines()
    paths = {line.split("=>")[1].split()[0] for line in lines if "=> /" in line}
    return sorted({os.path.realpath(path) for path in paths if not Path(path).name.startswith(SYSTEM)})


def stripped_mb(library):
    with tempfile.TemporaryDirectory() as folder:
        stripped = Path(folder) / "stripped"
        run(["strip", "-o", stripped, library])
        return stripped.stat().st_size / 1e6


def shipped_mb(side, name):
    """Megabytes (10^6) that a user ships beside a program that makes a tensor: the libraries it loads, stripped."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "program"
        compile_program(side, f"first_tensor_{name}.cpp", program, "-O2")
        return sum(map(stripped_mb, shared_libraries(program)))
