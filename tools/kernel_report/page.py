"""The report as text: docs/kernels.md."""
import math

INTRODUCTION = """# What the kernels allow

Written by `tools/kernel_report`; **every figure on this page is computed, none is measured.** Registers, shared memory and instructions come from the library that nvcc made, occupancy from CUDA's calculator (`cuda_occupancy.h`), and what a
kernel reads and writes from the simulator, which runs some of its blocks and enumerates each warp's addresses ([cuda_without_a_gpu.md](cuda_without_a_gpu.md), *Counting accesses*).

```bash
cmake --preset cuda && cmake --build --preset cuda                               # build/cuda/lib/libcresset_cuda.so
cmake --preset sim && cmake --build --preset sim --target kernel_accesses        # build/sim/recorded/bin/kernel_accesses
python3 tools/kernel_report --arch sm_90 --simulated build/sim/recorded/bin/kernel_accesses --write docs/kernels.md
```

"""

FORMULA = """## Convolutions on an H100

The share of the peak that tile, instructions and occupancy allow: of {fp32:.1f} TFLOP/s in float32 ({sms} SMs of 128 multiply-adds a clock at {clock:.2f} GHz) and of {bf16:.0f} TFLOP/s by `mma.sync` in bfloat16 (it reaches about {mma:.0%} of what `wgmma` does).
For a launch of `grid` blocks of `warps` warps, `b` of which an SM holds, with `w = b warps / 4` warps in each of its four parts, in clocks:

| term | clocks |
| --- | --- |
| iterations | barriers that a block passes / barriers of the main loop |
| issue(b) | iterations × max(w × instructions of the loop, w × multiply-adds × their clocks, instructions + {ls}, {lg} / slices under way + {ls}) |
| shared(b) | b × wavefronts of a block: cycles of shared memory's 32 banks |
| local | the busiest SM has ⌈grid / {sms}⌉ blocks and runs them b at a time: the sum of max(issue(b), shared(b)) |
| L2 | sectors of all blocks × 32 bytes / {l2} bytes a clock, as if L1 caught nothing |
| DRAM | each operand once / {dram:.0f} bytes a clock |
| time | max(local, L2, DRAM), summed over the launches of a call |
| **share** | multiply-adds of the problem / (the device's rate × time) |

The columns are the same terms as shares of the peak: *tile* (multiply-adds of the problem among those that whole tiles make), *issue* (the loop's multiply-adds in the time of `issue`), *shared*, *L2*, *DRAM* (∞: nothing is asked of it),
*waves* (blocks an SM on average / of the busiest). The share is at most the least of them, and about tile × waves × the least of issue and shared where it is not memory that limits.
*Extra* is the sectors that the loop's requests of global memory touch, against the ideal of as many bytes side by side. Sources of the device's figures: `tools/kernel_report/model.py`.
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


def kernels(listed, threads, held):
    """The kernels with a main loop of multiply-adds, on the newest architecture whose code was read."""
    rows = [(k, t, b) for k, t, b in zip(listed, threads, held) if k.arch == "sm_90"]
    lines = [
        "## Kernels of sm_90",
        "",
        f"{len(rows)} kernels; no kernel of the library uses local memory (no spills)."
        if not any(k.local for k in listed)
        else "Kernels with local memory: " + ", ".join(f"`{k.name}` ({k.arch})" for k in listed if k.local) + ".",
        "Those whose main loop multiplies and adds (the innermost loop; loads with their width in bits):",
        "",
        "| kernel | registers | shared, bytes | threads | blocks a SM | instructions | FFMA, HMMA or DFMA | loads and stores of the loop |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for kernel, t, b in rows:
        if kernel.loop is None or not kernel.loop.math[1] or kernel.loop.math[1] < 16 and kernel.loop.math[0] == "FFMA":
            continue
        name, count = kernel.loop.math
        share = f"{count} {name} ({count / kernel.loop.instructions:.0%})"
        lines.append(
            f"| {kernel.file} `{kernel.name}` | {kernel.registers} | {kernel.shared} | {t} | {b} | {kernel.loop.instructions} | {share} | {kernel.loop.widths()} |"
        )
    return "\n".join(lines) + "\n"


def convolutions(rows):
    import model

    peak = 2 * model.SMS * model.CLOCK / 1e12
    lines = [
        FORMULA.format(
            fp32=peak * model.FFMA_OF_SM, bf16=peak * model.BF16_OF_SM, sms=model.SMS, clock=model.CLOCK / 1e9,
            mma=model.MMA_SYNC, ls=model.LATENCY_SHARED, lg=model.LATENCY_GLOBAL, l2=model.L2_BYTES, dram=model.DRAM_BYTES,
        )
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
