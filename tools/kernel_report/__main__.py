"""Reports what the CUDA kernels are made of and what share of an H100's peak that allows. Everything is computed from the
binary and from addresses that the simulator counts; nothing is measured, and no GPU is needed.

  python3 tools/kernel_report [--library FILE...]              registers, shared memory, occupancy and main loops
  python3 tools/kernel_report --simulated FILE --write FILE    and each convolution's terms, as a page

A FILE of the library may be an object file that nvcc made of one .cu: what is not there is left out. Exits with 1 where a
kernel uses local memory (spills), a kernel of a GPU is over its shared memory, or, with --simulated, a main loop of a
convolution or matrix product has bank conflicts, or a kernel that a convolution takes is in none of the files.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import binary  # noqa: E402
import model  # noqa: E402
import networks  # noqa: E402
import page  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DTYPES = (("float32", "contiguous"), ("bfloat16", "channels_last"))
DIRECTIONS = ("forward", "grad_input", "grad_weight")


def occupancies(rows):
    """Blocks a multiprocessor holds, for rows of (arch, registers, static, dynamic shared memory, threads)."""
    here = os.path.dirname(os.path.abspath(__file__))
    if binary.toolkit() is None:
        sys.exit("kernel_report: cuda_occupancy.h is missing: install the CUDA toolkit")
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "occupancy")
        include = os.path.join(binary.toolkit(), "include")
        compiler = os.environ.get("CXX", "c++")
        source = os.path.join(here, "occupancy.cpp")
        subprocess.run([compiler, "-std=c++20", "-O1", "-isystem", include, source, "-o", program], check=True)
        lines = []
        for arch, *numbers in rows:
            sm = int("".join(c for c in arch if c.isdigit()))
            lines.append(" ".join(map(str, (sm // 10, sm % 10, *numbers))))
        done = subprocess.run([program], input="\n".join(lines) + "\n", capture_output=True, text=True, check=True)
    return [int(line) for line in done.stdout.split()]


def problems():
    """The lines that kernel_accesses reads, with the convolution of each."""
    rows = []
    for c in networks.all_convolutions():
        for dtype, layout in DTYPES:
            for direction in DIRECTIONS:
                if direction == "grad_input" and c.C in (1, 3) and c.layer in ("conv1", "conv_1", "whiten"):
                    continue  # images need no gradient
                sizes = (c.N, c.C, c.H, c.W, c.K, c.R, c.S, c.stride, c.padding, c.groups)
                rows.append((" ".join([direction, dtype, layout, *map(str, sizes)]), c, direction, dtype))
    return rows


def simulate(program, blocks, text):
    environment = dict(os.environ, CRESSET_SIM_SM="90", CRESSET_SIM_SEED="0")
    done = subprocess.run([program, str(blocks)], input=text, capture_output=True, text=True, env=environment, check=False)
    if done.returncode != 0:
        sys.exit(f"kernel_report: {program} failed: {done.stderr.strip()}")
    return {row["problem"]: row["launches"] for row in map(json.loads, done.stdout.splitlines())}


def dram_bytes(c, dtype):
    return sum(c.elements) * (4 if dtype == "float32" else 2)


def convolution_rows(kernels, launches_of):
    """(convolution, direction, dtype, terms of each launch, share), and the kernels that no file has."""
    by_name = {(k.file, k.name): k for (arch, _), k in kernels.items() if arch == "sm_90"}
    wanted, asked, missing = [], [], set()
    for line in dict.fromkeys(line for line, *_ in problems()):  # two layers may be one problem
        names = [(launch["place"].split(":")[0], binary.plain(launch["kernel"])) for launch in launches_of[line]]
        missing.update(name for name in names if name not in by_name)
        if any(name not in by_name for name in names):
            continue
        for launch, name in zip(launches_of[line], names):
            kernel = by_name[name]
            threads = launch["block"][0] * launch["block"][1] * launch["block"][2]
            asked.append(("sm_90", kernel.registers, kernel.shared, launch["dynamic_shared"], threads))
            wanted.append((line, kernel, launch))
    held = iter(occupancies(asked))
    terms = {}
    conv_of = {line: (c, direction, dtype) for line, c, direction, dtype in problems()}
    for line, kernel, launch in wanted:
        c, direction, dtype = conv_of[line]
        has_math = kernel.loop is not None and kernel.loop.math[1] > 0
        terms.setdefault(line, []).append(
            model.launch_terms(
                launch, kernel, next(held), c.multiplications if has_math else 0,
                dram_bytes(c, dtype) if has_math else 0, dtype,
            )
        )  # fmt: skip
    rows = [
        (c, direction, dtype, terms[line], model.total_share(terms[line], c.multiplications, dtype))
        for line, c, direction, dtype in problems()
        if line in terms
    ]
    return rows, missing


def main():
    parser = argparse.ArgumentParser(prog="kernel_report", description=__doc__.split("\n\n")[0])
    parser.add_argument("--library", nargs="+", default=[os.path.join(ROOT, "build/cuda/lib/libcresset_cuda.so")])
    parser.add_argument("--arch", action="append", help="read the code of this architecture (default: all of the library's)")
    parser.add_argument("--simulated", metavar="PROGRAM", help="kernel_accesses of a sim build (build/sim/recorded/bin)")
    parser.add_argument("--blocks", type=int, default=4, help="blocks of each launch that the simulator runs (default: 4)")
    parser.add_argument("--counts", metavar="FILE", help="keep what the simulator counted, or read it where FILE exists")
    parser.add_argument("--tools", action="store_true", help="only look for cuobjdump and nvdisasm")
    parser.add_argument("--write", metavar="FILE", help="write the tables there, as Markdown")
    arguments = parser.parse_args()

    environment = binary.find_tools()
    if arguments.tools:
        return 0
    kernels = {}
    for library in arguments.library:
        found = binary.read_resources(library, environment)
        for arch in sorted({arch for arch, _ in found}):
            if not arguments.arch or arch in arguments.arch:
                binary.read_code(library, arch, found, environment)
        kernels.update(found)
    archs = sorted({arch for arch, _ in kernels}, key=lambda a: int(a[3:].rstrip("af")))

    wrong = []
    for kernel in kernels.values():
        if kernel.local:
            wrong.append(f"{kernel.arch} {kernel.file} {kernel.name}: {kernel.local} loads and stores of local memory")
        if kernel.shared > 48 << 10:
            wrong.append(f"{kernel.arch} {kernel.name}: {kernel.shared} bytes of static shared memory, 49152 are allowed")
    listed = sorted(kernels.values(), key=lambda k: (k.arch, k.name))
    threads = [k.max_threads or 1024 for k in listed]
    held = occupancies([(k.arch, k.registers, k.shared, 0, t) for k, t in zip(listed, threads)])
    for kernel, t, blocks in zip(listed, threads, held):
        print(page.kernel_line(kernel, t, blocks))
    rows = []
    if arguments.simulated or (arguments.counts and os.path.exists(arguments.counts)):
        if arguments.counts and os.path.exists(arguments.counts):
            with open(arguments.counts, encoding="utf-8") as file:
                launches_of = json.load(file)
        else:
            launches_of = simulate(arguments.simulated, arguments.blocks, "\n".join(line for line, *_ in problems()) + "\n")
            if arguments.counts:
                with open(arguments.counts, "w", encoding="utf-8") as file:
                    json.dump(launches_of, file)
        rows, missing = convolution_rows(kernels, launches_of)
        wrong += [f"{name} of {file} is in none of the files: are they of the simulator's source?" for file, name in missing]
        for c, direction, dtype, terms, _ in rows:
            for t in terms:
                if t.in_loop_conflicts:
                    wrong.append(f"{t.kernel} ({direction} of {c}, {dtype}): {t.in_loop_conflicts} bank conflicts in loops")
    if arguments.write:
        with open(arguments.write, "w", encoding="utf-8") as file:
            file.write(page.INTRODUCTION + page.convolutions(rows) + page.kernels(listed, threads, held, rows))
    for line in sorted(set(wrong)):
        print("kernel_report:", line, file=sys.stderr)
    print(f"kernel_report: {len(kernels)} kernels of {len(archs)} architectures, {len(set(wrong))} complaints")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
