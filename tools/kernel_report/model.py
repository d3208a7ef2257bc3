"""What share of an H100's peak a kernel's tile, instructions and occupancy allow. Computed, never measured.

The terms, each a time in clocks, for a launch of `grid` blocks of `warps` warps, of which a multiprocessor (SM) holds `b`:

    iterations  barriers that a block passes (counted by the simulator) / barriers of the main loop
    issue(b)    iterations * the largest of
                  w * I                         every instruction of the loop takes a slot; w = b * warps / 4 warps share one
                  w * M * c                     M multiply-adds of c clocks each
                  I + L_shared                  a warp alone: its loop, and shared memory's latency behind the barrier
                  L_global / ahead + L_shared   a slice's way from L2, spread over the slices that are under way
    shared(b)   b * wavefronts of a block (counted by the simulator)
    local       the blocks of the busiest SM, ceil(grid / SMs), taken b at a time: the sum of max(issue(b), shared(b))
    L2          sectors of all blocks (counted by the simulator) * 32 bytes / bytes a clock: as if L1 caught nothing
    DRAM        each operand once / bytes a clock
    time        the largest of local, L2 and DRAM; launches of one call follow one another
    share       multiply-adds of the problem / the device's rate, divided by the time

So the share is at most the least of: issue share, shared-memory share, L2 share, DRAM share, each with the loss by tiles
that stick out of the problem and by the last wave.
"""
import math
from dataclasses import dataclass

# NVIDIA H100 SXM5. SMs, lanes and HBM from NVIDIA's "H100 Tensor Core GPU Architecture"; L2 from the same paper on the A100
# (5120 bytes a clock; none is given for the H100). Latencies and the rate of mma.sync against wgmma from W. Luo et al.,
# "Benchmarking and Dissecting the Nvidia Hopper GPU Architecture via Microbenchmarking", 2024, rounded.
SMS = 132
CLOCK = 1.83e9
DRAM_BYTES = 3.35e12 / CLOCK
L2_BYTES = 5120
LATENCY_SHARED = 30
LATENCY_GLOBAL = 270  # a hit in L2
FFMA_OF_SM = 128  # multiply-adds a clock
MMA_SYNC = 0.63  # of what wgmma reaches
BF16_OF_SM = 2048 * MMA_SYNC

# Multiply-adds of a warp's instruction, and its clocks in one of the four parts of an SM.
MATH = {
    "FFMA": (32, 1.0),
    "DFMA": (32, 2.0),
    "HMMA.16816": (2048, 4.0 / MMA_SYNC),
    "HMMA.1688": (1024, 2.0 / MMA_SYNC),
    "HMMA.1688.TF32": (1024, 4.0 / MMA_SYNC),
}


def rate_of_sm(dtype):
    return FFMA_OF_SM if dtype == "float32" else BF16_OF_SM


def math_kind(loop):
    name, _ = loop.math
    if name != "HMMA":
        return name
    op = next(op for op in loop.operations if op.startswith("HMMA"))
    shape = op.split(".")[1]
    return f"HMMA.{shape}" + (".TF32" if "TF32" in op else "")


@dataclass
class Terms:
    """Shares of the peak, and what they were made of."""

    kernel: str
    blocks: int
    held: int  # by one SM
    registers: int
    tile: float  # multiply-adds of the problem among those that the tiles make
    issue: float
    shared: float
    l2: float
    dram: float
    waves: float
    clocks: float
    conflicts: int
    in_loop_conflicts: int
    sectors_extra: float  # sectors of loads and stores in loops against the ideal
    math_share: float

    @property
    def limit(self):
        terms = {"tile": self.tile, "issue": self.issue, "shared": self.shared, "L2": self.l2, "DRAM": self.dram, "waves": self.waves}
        return min(terms, key=terms.get)


def count(launch, key, **where):
    return sum(s[key] for s in launch["sites"] if all(s[k] == v for k, v in where.items()))


def launch_terms(launch, kernel, held, multiplications, dram_bytes, dtype):
    grid = math.prod(launch["grid"])
    warps = math.ceil(math.prod(launch["block"]) / 32)
    ran = launch["blocks"]
    loop = kernel.loop
    kind = math_kind(loop) if loop else ""
    wavefronts = count(launch, "wavefronts") / ran
    l2_clocks = count(launch, "sectors") / ran * grid * 32 / L2_BYTES
    dram_clocks = dram_bytes / DRAM_BYTES
    instructions, per_loop, clocks = 0, 0, 0.0
    if kind:
        instructions, per_loop = loop.instructions, loop.math[1]
        adds, clocks = MATH[kind]
        if loop.barriers:
            iterations = launch["barriers"] / ran / loop.barriers
        else:  # nothing counts them: as many as the problem needs
            iterations = multiplications / (grid * warps * per_loop * adds)
        executed = grid * warps * iterations * per_loop * adds
    else:
        iterations, executed = 0, 0

    def issue(b):
        w = max(1.0, b * warps / 4)
        return iterations * max(
            w * instructions,
            w * per_loop * clocks,
            instructions + LATENCY_SHARED,
            LATENCY_GLOBAL / (loop.copies_ahead if loop else 1) + LATENCY_SHARED,
        )

    of_busiest = math.ceil(grid / SMS)
    held = max(1, held)
    local = 0.0
    for b, times in ((held, of_busiest // held), (of_busiest % held, 1)):
        if b:
            local += times * max(issue(b), b * wavefronts)
    full = min(held, of_busiest)
    math_clocks = iterations * max(1.0, full * warps / 4) * per_loop * clocks
    ideal = multiplications / (SMS * rate_of_sm(dtype))
    wanted, moved = count(launch, "sectors_ideal", in_loop=True), count(launch, "sectors", in_loop=True)
    share = lambda part, whole: part / whole if whole else math.inf
    return Terms(
        kernel=kernel.name,
        blocks=grid,
        held=held,
        registers=kernel.registers,
        tile=min(1.0, share(multiplications, executed)),
        issue=share(math_clocks, issue(full)),
        shared=share(math_clocks, full * wavefronts),
        l2=share(ideal, l2_clocks),
        dram=share(ideal, dram_clocks),
        waves=grid / SMS / of_busiest,
        clocks=max(local, l2_clocks, dram_clocks),
        conflicts=count(launch, "wavefronts") - count(launch, "wavefronts_ideal"),
        in_loop_conflicts=count(launch, "wavefronts", in_loop=True) - count(launch, "wavefronts_ideal", in_loop=True),
        sectors_extra=share(moved, wanted) if wanted else 1.0,
        math_share=per_loop / instructions if instructions else 0.0,
    )


def total_share(terms, multiplications, dtype):
    return multiplications / (SMS * rate_of_sm(dtype)) / sum(t.clocks for t in terms)
