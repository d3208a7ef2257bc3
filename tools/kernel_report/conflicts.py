#!/usr/bin/env python3
"""Main loops of convolutions and matrix products have no bank conflicts: counted in the simulator, for the kernels that a
T4, an A100 and an H100 would run.

conflicts.py PROGRAM    PROGRAM: kernel_accesses of a sim build. Prints each access with conflicts and exits with 1.
"""
import json
import os
import subprocess
import sys

CONVOLUTIONS = (  # N C H W K R S stride padding groups: small, medium and large tiles, strides, few channels, groups
    "2 16 9 9 24 3 3 1 1 1",
    "4 32 16 16 64 3 3 1 1 1",
    "16 64 18 18 128 3 3 1 1 1",
    "16 64 18 18 128 1 1 2 0 1",
    "8 3 32 32 64 5 5 1 2 1",
    "8 3 32 32 16 7 7 2 3 1",
    "4 64 14 14 64 3 3 1 1 4",
    "4 64 14 14 64 3 3 1 1 64",
)
PRODUCTS = ("48 40 200", "256 256 256", "512 512 128", "1024 128 512", "100 1000 512")
DTYPES = ("float32", "bfloat16", "float16")
BLOCKS = 2


def problems():
    for dtype in DTYPES:
        for direction in ("forward", "grad_input", "grad_weight"):
            for layout in ("contiguous", "channels_last"):
                for sizes in CONVOLUTIONS:
                    yield f"{direction} {dtype} {layout} {sizes}"
        for sizes in PRODUCTS:
            yield f"matmul {dtype} {sizes}"


def main():
    program = sys.argv[1]
    found, kernels = {}, set()
    for sm in ("75", "80", "90"):
        environment = dict(os.environ, CRESSET_SIM_SM=sm, CRESSET_SIM_SEED="0")
        done = subprocess.run(
            [program, str(BLOCKS)], input="\n".join(problems()) + "\n", env=environment, capture_output=True, text=True
        )
        if done.returncode != 0:
            sys.exit(f"conflicts: {program} failed on sm_{sm}: {done.stderr.strip()}")
        for row in map(json.loads, done.stdout.splitlines()):
            for launch in row["launches"]:
                if any(s["shared"] and s["in_loop"] for s in launch["sites"]):
                    kernels.add(launch["kernel"])
                for site in launch["sites"]:
                    more = site["wavefronts"] - site["wavefronts_ideal"]
                    if site["shared"] and site["in_loop"] and more:
                        kind = "write" if site["write"] else "read"
                        place = site["place"].split(" in ")[0]
                        key = f"{launch['kernel']}: {kind} of {site['bytes']} bytes at {place}"
                        text = f"{site['wavefronts'] / site['wavefronts_ideal']:.2f} times the cycles, as in `{row['problem']}` on sm_{sm}"
                        found.setdefault(key, text)
    for key, text in sorted(found.items()):
        print(f"conflicts: {key}: {text}")
    if not kernels:
        sys.exit("conflicts: no kernel with a main loop in shared memory has run")
    print(f"conflicts: {len(kernels)} kernels, {len(found)} accesses in main loops with bank conflicts")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
