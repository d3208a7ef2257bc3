"""The report as text: docs/kernels.md."""
import math
import statistics

INTRODUCTION = """# What the kernels allow

Written by `tools/kernel_report`; **every figure on this page is computed, none is measured.** (Measured on an H100, float32 convolutions reach about half of what is computed here: [benchmarks.md](benchmarks.md#on-an-h100).) Registers, shared memory and instructions come from the library that nvcc made, occupancy from CUDA's calculator (`cuda_occupancy.h`), and what a
kernel reads and writes from the simulator, which runs some of its blocks and enumerates each warp's addresses ([cuda_without_a_gpu.md](cuda_without_a_gpu.md), *Counting accesses*).

```bash
cmake --preset cuda && cmake --build --preset cuda                               # build/cuda/lib/libcresset_cuda.so
cmake --preset sim && cmake --build --preset sim --target kernel_accesses        # build/sim/recorded/bin/kernel_accesses
python3 tools/kernel_report --arch sm_90 --simulated build/sim/recorded/bin/kernel_accesses --write docs/kernels.md
```

"""

FORMULA = """## Convolutions on an H100

The share of the peak that tile, instructions and occupancy allow: of {fp32:.1f} TFLOP/s in float32 ({sms} SMs of 128 multiply-adds a clock at {clock32:.2f} GHz), and in bfloat16 of the {bf16:.0f} TFLOP/s of `mma.sync`,
{mma:.0%} of the {dense:.0f} ({sms} SMs of 2048 multiply-adds a clock at {clock16:.2f} GHz) that `wgmma` can have.
For a launch of `grid` blocks of `warps` warps, `b` of which an SM holds, with `w = ⌈b warps / 4⌉` warps in the fullest of its four parts, in clocks:

| term | clocks |
| --- | --- |
| iterations | barriers that a block passes / barriers of the main loop |
| issue(b) | iterations × max(w × instructions of the loop, w × multiply-adds × their clocks, instructions + {ls}, {lg} / slices under way + {ls}) |
| shared(b) | b × wavefronts of a block: cycles of shared memory's 32 banks |
| local | the busiest SM has ⌈grid / {sms}⌉ blocks and runs them b at a time: the sum of max(issue(b), shared(b)) |
| L2 | sectors of all blocks × 32 bytes / {l2} bytes a clock, as if L1 caught nothing |
| DRAM | each operand once / 3.35 TB a second |
| time | max(local, L2, DRAM), summed over the launches of a call |
| **share** | multiply-adds of the problem / (the device's rate × time) |

The columns are the same terms as shares of the peak: *tile* (multiply-adds of the problem among those that whole tiles make), *issue* (the loop's multiply-adds in the time of `issue`), *shared*, *L2*, *DRAM* (∞: nothing is asked of it),
*waves* (blocks an SM on average / of the busiest). The share is at most the least of them, and about tile × waves × the least of issue and shared where it is not memory that limits.
*Extra* is the sectors that the loop's requests of global memory touch, against the ideal of as many bytes side by side. What stands before and behind a main loop is not counted.
The multiply-adds of a problem are forward's in all three directions: where padding makes an output larger than its input, the gradient of the input needs fewer (shares above 100% are possible), and without padding, more.

Sources: SMs, lanes, HBM and both clocks from NVIDIA's *H100 Tensor Core GPU Architecture* (they give its 66.9 and 989.4 TFLOP/s), the SM's registers and shared memory from the *Hopper tuning guide*; L2's width from *A100 Tensor Core GPU
Architecture* (none is given for the H100); latencies and the part of the dense rate that `mma.sync` has from W. Luo et al., *Benchmarking and Dissecting the Nvidia Hopper GPU Architecture via Microbenchmarking* (arXiv:2402.13499).

*Large* below are the convolutions of at least {large:.0f} billion multiply-adds, whose work fills all SMs many times over.
"""


def percent(value):
    return "∞" if math.isinf(value) else f"{100 * value:.0f}%" if value < 9.995 else f"{value:.0f}×"


def kernel_line(kernel, threads, held):
    line = f"{kernel.arch} {kernel.file} {kernel.name}: {kernel.registers} registers, {kernel.shared} bytes shared, "
    line += f"{held} blocks of {threads} threads a multiprocessor"
    if kernel.local:
        line += f", LOCAL MEMORY: {kernel.local} loads and stores"
    if kernel.loop is not None and kernel.loop.math[1]:
        name, count = kernel.loop.math
        line += f"; main loop {kernel.loop.instructions} instructions, {name} {count / kernel.loop.instructions:.0%}"
        line += f", {kernel.loop.widths()}"
    return line


def kernels(listed, threads, held, rows):
    """The kernels that the convolutions take, and how many others there are."""
    named = {t.kernel: t.held for *_, terms, _ in rows for t in terms}
    found = [k for k in listed if k.arch == "sm_90"]
    spilled = [k for k in listed if k.local]
    lines = [
        "## Kernels of sm_90 (computed)",
        "",
        "Those of the tables above that multiply and add: their innermost loop, loads and stores with their width in bits. "
        + (f"None of all {len(found)} kernels that were looked into uses local memory (no spills)."
           if not spilled else "With local memory: " + ", ".join(f"`{k.name}` ({k.arch})" for k in spilled) + "."),
        "",
        "| kernel | registers | shared, bytes | blocks a SM | instructions | FFMA, HMMA or DFMA | loads and stores of the loop |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]  # fmt: skip
    for kernel in found:
        if kernel.name not in named or kernel.loop is None or not kernel.loop.math[1]:
            continue
        name, count = kernel.loop.math
        share = f"{count} {name} ({count / kernel.loop.instructions:.0%})"
        lines.append(
            f"| `{kernel.name}` | {kernel.registers} | {kernel.shared} | {named[kernel.name]} | {kernel.loop.instructions} | {share} | {kernel.loop.widths()} |"
        )
    return "\n".join(lines) + "\n"


LARGE = 1e9


def summary(rows):
    """Of the large convolutions, the least and the greatest share for each direction."""
    lines = ["| large | " + " | ".join(("forward", "grad_input", "grad_weight")) + " |", "| --- | --- | --- | --- |"]
    for dtype in ("float32", "bfloat16"):
        cells = []
        for direction in ("forward", "grad_input", "grad_weight"):
            shares = [share for c, d, of, _, share in rows if (d, of) == (direction, dtype) and c.multiplications >= LARGE]
            cells.append(f"{percent(min(shares))} to {percent(max(shares))}, median {percent(statistics.median(shares))}" if shares else "")
        lines.append(f"| {dtype} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def convolutions(rows):
    import model

    lines = [
        FORMULA.format(
            fp32=model.peak("float32"), bf16=model.peak("bfloat16"), dense=model.peak("bfloat16") / model.MMA_SYNC,
            clock32=model.CLOCKS["float32"] / 1e9, clock16=model.CLOCKS["bfloat16"] / 1e9, sms=model.SMS, mma=model.MMA_SYNC,
            ls=model.LATENCY_SHARED, lg=model.LATENCY_GLOBAL, l2=model.L2_BYTES, large=LARGE / 1e9,
        ),
        summary(rows),
    ]  # fmt: skip
    for dtype, layout in (("float32", "contiguous"), ("bfloat16", "channels_last")):
        lines += [
            f"### {dtype}, {layout} (computed)",
            "",
            "| network | layer | direction | kernel | blocks | a SM | tile | issue | shared | L2 | DRAM | waves | conflicts | extra | **share** |",
            "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        ]
        for c, direction, of, terms, share in rows:
            if of != dtype:
                continue
            main = max(terms, key=lambda t: t.clocks)
            more = f" + {len(terms) - 1}" if len(terms) > 1 else ""
            lines.append(
                f"| {c.network} | {c.layer}: {c} | {direction} | `{main.kernel}`{more} | {main.blocks} | {main.held} | {percent(main.tile)} | "
                f"{percent(main.issue)} | {percent(main.shared)} | {percent(main.l2)} | {percent(main.dram)} | {percent(main.waves)} | "
                f"{main.in_loop_conflicts} | {main.sectors_extra:.2f} | **{percent(share)}** |"
            )
        lines.append("")
    return "\n".join(lines) + "\n"
