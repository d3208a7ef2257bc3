#!/usr/bin/env python3
"""Compares cresset with PyTorch's Python and with LibTorch on this machine, both sides in one run.

    tools/compare.py --build build/release --torch-python VENV/bin/python [--data DIR] [--only step,compile] [--json]

Prints a table: what, cresset, peer, ratio (how many times faster, or smaller, cresset is), bound, met or not. A row
says so where a side is missing, and the reasons follow. The sides of a step take turns, and the best of all rounds
counts, since other processes only ever slow a figure down. `others busy` at the end is the mean number of cores that
other processes kept busy meanwhile: repeat a run where it is far from 0.

Groups: compile size first step loader train repeat. `train` takes PyTorch's two epochs (minutes). Ends with 0 where
every bound is met, 1 where one is not, 2 where none fails but a side is missing.

    tools/compare.py --device cuda [--program "DIR/device_step_cresset"] [--rounds 3] [--output FILE]

compares training on a GPU instead (group `device`, about three minutes): steps a second of whole networks, eagerly and
by captured graphs, in float32 without tf32 and under bfloat16 autocast; what a small add costs; the start; memory.
Figures are the best of all rounds, their median in parentheses. --program runs a cresset side that was compiled
elsewhere; without it tools/peers/device_step_cresset.cpp is compiled against --build.
"""

import argparse
import json
import math
import os
import shlex
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "peers"))

import build_costs
import device_side
from cresset_side import SOURCE, Cresset, data_set_mb
from measure import Span, processor_name
from processes import Missing
from torch_side import Torch

BUSY = 0.2  # cores that others may keep busy, as a mean, before the table says that it is not to be relied on
GROUPS = ("compile", "size", "first", "step", "loader", "train", "repeat")


@dataclass
class Row:
    """One line of the table. A side is a number, the text that says why it is missing, or None: nothing to compare."""

    what: str
    unit: str
    cresset: float | str | None
    peer: float | str | None = None
    peer_name: str = ""
    at_most: float | None = None  # bounds on cresset's own figure
    at_least: float | None = None
    times: float | None = None  # bound on the ratio
    rate: bool = False  # more is better
    cresset_median: float | None = None  # where there are many samples: `cresset` and `peer` are the best of them
    peer_median: float | None = None

    @property
    def ratio(self):
        if not self.unit or not all(isinstance(side, (int, float)) for side in (self.cresset, self.peer)):
            return None
        over, under = (self.cresset, self.peer) if self.rate else (self.peer, self.cresset)
        return over / under if under else math.inf

    @property
    def bound(self):
        parts = [f"<= {self.at_most:g}"] if self.at_most is not None else []
        parts += [f">= {self.at_least:g}"] if self.at_least is not None else []
        parts += [f">= {self.times:g}x"] if self.times is not None else []
        return ", ".join(parts)

    @property
    def met(self):
        """True, False, or None where a side is missing or nothing is asked for."""
        if not self.bound or isinstance(self.cresset, str):
            return None
        checks = [self.at_most is None or self.cresset <= self.at_most]
        checks += [self.at_least is None or self.cresset >= self.at_least]
        if self.times is not None and self.ratio is not None:
            checks.append(self.ratio >= self.times)
        if not all(checks):
            return False
        return None if self.times is not None and self.ratio is None else True

    @property
    def missing(self):
        return [side for side in (self.cresset, self.peer) if isinstance(side, str)]


def attempt(figure, *arguments):
    """What `figure` gives, or the reason why there is none."""
    try:
        return figure(*arguments)
    except Missing as reason:
        return str(reason)


def member(figures, name, best=None):
    if isinstance(figures, str):
        return figures
    value = figures.get(name, f"gives no {name}")
    return value[best] if isinstance(value, dict) else value


def best_of(rounds, name, best):
    """The least or greatest of the rounds that gave the figure; where none did, why."""
    values = [member(figures, name, best) for figures in rounds]
    numbers = [value for value in values if isinstance(value, (int, float))]
    return (max if best == "max" else min)(numbers) if numbers else values[0]


def compile_rows(args, ours, torch):
    cresset = attempt(build_costs.compile_seconds, ours, "cresset", 3)
    peer = attempt(build_costs.compile_seconds, torch, "torch", 2)
    wall, cpu = ([member(side, name) for side in (cresset, peer)] for name in ("wall_s", "cpu_s"))
    yield Row("compile and link a training program, -O0", "s", *wall, "LibTorch", at_most=2, times=8)
    yield Row("the same, processor time", "s", *cpu, "LibTorch")


def size_rows(args, ours, torch):
    library = attempt(lambda: build_costs.stripped_mb(ours.library()))
    yield Row("libcresset.so, stripped", "MB", library, at_most=10)
    sizes = [attempt(build_costs.shipped_mb, *side) for side in ((ours, "cresset"), (torch, "torch"))]
    yield Row("libraries to ship, stripped", "MB", *sizes, "LibTorch")


def first_rows(args, ours, torch):
    times = [attempt(build_costs.first_tensor_ms, *side, 9) for side in ((ours, "cresset"), (torch, "torch"))]
    yield Row("process start to first tensor", "ms", *times, "LibTorch", at_most=20)


def step_rows(args, ours, torch):
    program = attempt(torch.program, "peer_step")
    rounds = {"cresset": [], "PyTorch": [], "LibTorch": []}
    for _ in range(args.rounds):
        rounds["PyTorch"].append(attempt(torch.figures, "step.py"))
        rounds["LibTorch"].append(program if isinstance(program, str) else attempt(torch.program_figures, program))
        rounds["cresset"].append(attempt(ours.bench, None))
    for name, what in (("step_us", "training step, batch 4"), ("step_us_1_thread", "the same, 1 thread")):
        cresset = best_of(rounds["cresset"], name, "min")
        for peer, times in (("PyTorch", 6), ("LibTorch", 4)):
            yield Row(what, "us", cresset, best_of(rounds[peer], name, "min"), peer, times=times)
    for name, what, bound in (("add_ns", "add of 16 elements", 100), ("add_tape_ns", "the same, with tape", 200)):
        cresset = best_of(rounds["cresset"], name, "min")
        yield Row(what, "ns", cresset, best_of(rounds["LibTorch"], name, "min"), "LibTorch", at_most=bound)


def loader_rows(args, ours, torch):
    peer = attempt(torch.figures, "loader.py", "--data", args.data)
    cresset = [attempt(ours.bench, args.data)]
    for batch, what, times in (("128", "crop, flip, normalise", 10), ("4", "normalise", 40)):
        name = f"loader_batch{batch}_images_s"
        sides = best_of(cresset, name, "max"), best_of([peer], name, "max")
        yield Row(f"loader, batch {batch}: {what}", "images/s", *sides, "torchvision", times=times, rate=True)


def train_rows(args, ours, torch):
    runs = [attempt(ours.train, args.data, seed) for seed in range(args.seeds)]
    peer = attempt(torch.train, args.data)

    def mean(name):
        values = [member(figures, name) for figures in runs]
        reasons = [value for value in values if isinstance(value, str)]
        return reasons[0] if reasons else sum(values) / len(values)

    seeds = f"mean of {args.seeds} seeds"
    first = mean("loss_first"), member(peer, "loss_first")
    yield Row(f"loss of steps 1 to 2,000, {seeds}", "", *first, "PyTorch", at_least=2.05, at_most=2.30)
    last = mean("loss_last"), member(peer, "loss_last")
    yield Row(f"loss of the last 2,000 steps, {seeds}", "", *last, "PyTorch", at_most=1.35)
    accuracy = mean("accuracy"), member(peer, "accuracy")
    yield Row(f"accuracy after 2 epochs, {seeds}", "", *accuracy, "PyTorch", at_least=0.53, rate=True)
    times = best_of(runs, "wall_s", "min"), member(peer, "wall_s")
    yield Row("2 epochs, whole process", "s", *times, "PyTorch", times=5)
    peak = best_of([{"peak": r if isinstance(r, str) else r["peak_mb"]} for r in runs], "peak", "max")
    beyond = peak if isinstance(peak, str) else peak - data_set_mb(args.data)
    yield Row("peak memory of training beyond the data set", "MB", beyond, at_most=120)


def repeat_rows(args, ours, torch):
    """Number of different checkpoints that one seed gives, whatever the threads and the workers."""
    settings = ((2, 2), (2, 2), (1, 2), (2, 0), (2, 1), (2, 3))

    def different():
        return len({ours.checkpoint_digest(args.data, threads, workers, 300) for threads, workers in settings})

    yield Row("different checkpoints of one seed, 300 steps", "", attempt(different), at_most=1)


def device_rows(args, ours, torch):
    """Fills args.facts with what both sides say of themselves."""
    cases = args.cases.split(",")
    program = shlex.split(args.program)
    turns = attempt(device_side.turns, program, ours, torch, args.device, cases, args.rounds, args.seconds)
    if isinstance(turns, str):
        yield Row("training on a device", "", turns, turns)
        return
    args.facts |= {side: turns.facts(side) for side in ("cresset", "PyTorch")} | {"rounds": turns.rounds}

    def row(what, unit, name, *where, to, rate=False):
        best = max if rate else min
        ours, peer = (turns.figure(side, name, *where, best=best, to=to) for side in ("cresset", "PyTorch"))
        return Row(what, unit, ours[0], peer[0], "PyTorch", rate=rate, cresset_median=ours[1], peer_median=peer[1])

    on_gpu = args.device != "cpu"
    for case in cases:
        for mode in ("eager", "graph") if on_gpu else ("eager",):
            yield row(f"{case}, {mode}", "steps/s", "step_s", case, mode, to=lambda s: 1 / s, rate=True)
    for case in cases if on_gpu else ():
        yield row(f"{case}, peak of tensors", "MB", "peak_bytes", case, "eager", to=lambda b: b / 1e6)
        yield row(f"{case}, reserved", "MB", "reserved_bytes", case, "eager", to=lambda b: b / 1e6)
    yield row("add of 10 elements, until the host goes on", "us", "add_host_s", to=lambda s: s * 1e6)
    yield row("the same, until all are done", "us", "add_s", to=lambda s: s * 1e6)
    yield row("process start to first tensor on the device", "ms", "first_s", to=lambda s: s * 1e3)


def text(side, median=None):
    if side is None:
        return ""
    if isinstance(side, str):
        return "missing"
    number = f"{side:.4g}" if side < 1e4 else f"{side:.0f}"
    return number if median is None else f"{number} ({text(median)})"


def table(rows):
    verdict = {True: "met", False: "NOT MET"}
    lines = [("what", "cresset", "peer", "", "ratio", "bound", "")]
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}x"
        state = verdict.get(row.met, "missing" if row.missing and row.bound else "")
        what = f"{row.what} ({row.unit})" if row.unit else row.what
        sides = text(row.cresset, row.cresset_median), text(row.peer, row.peer_median)
        lines.append((what, *sides, row.peer_name, ratio, row.bound, state))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def commit():
    try:
        words = ["git", "-C", SOURCE, "describe", "--always", "--dirty"]
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release", help="a built tree of cresset")
    parser.add_argument("--torch-python", help="a Python with torch and torchvision (default: this one)")
    parser.add_argument("--peer-build", default="build/peers", help="where the C++ peers are built")
    parser.add_argument("--data", default=os.environ.get("CRESSET_DATA_DIR", "../shared/data"))
    parser.add_argument("--only", help="groups, by commas (default: all)")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each side in the groups step and device")
    parser.add_argument("--seeds", type=int, default=3, help="trainings of cresset")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--output", help="a file for the JSON, beside the table")
    parser.add_argument("--device", help="compare training on this device: cuda, cuda:1, cpu (the group device)")
    parser.add_argument("--program", default="", help="the cresset side of --device, with words before it if need be")
    parser.add_argument("--cases", default=",".join(device_side.CASES), help="of --device: see peers/device_step.py")
    parser.add_argument("--seconds", type=float, default=0.4, help="for each case of --device and its graph")
    parser.add_argument("--commit", default=commit(), help="of cresset, where there is no repository to ask")
    args = parser.parse_args()
    groups = ("device",) if args.device else GROUPS
    chosen = args.only.split(",") if args.only else groups
    if unknown := sorted(set(chosen) - set(groups)):
        parser.error(f"no group {', '.join(unknown)}; there are {', '.join(groups)}")

    span = Span()
    ours, torch = Cresset(args.build), Torch(args.torch_python, args.peer_build)
    makers = {"compile": compile_rows, "size": size_rows, "first": first_rows, "step": step_rows}
    makers |= {"loader": loader_rows, "train": train_rows, "repeat": repeat_rows, "device": device_rows}
    args.facts = {}
    rows = [row for group in groups if group in chosen for row in makers[group](args, ours, torch)]
    facts = attempt(lambda: torch.facts)
    machine = {
        "processor": processor_name(),
        "cores": os.cpu_count(),
        "torch": facts if isinstance(facts, str) else facts[2],
        "commit": args.commit,
    } | args.facts
    machine["others_busy"] = round(span.stop()["others_busy"], 2)

    keys = [asdict(row) | {"ratio": row.ratio, "bound": row.bound, "met": row.met} for row in rows]
    everything = json.dumps({"machine": machine, "rows": keys}, indent=1)
    if args.output:
        Path(args.output).write_text(everything + "\n")
    if args.json:
        print(everything)
    else:
        print(table(rows))
        for reason in sorted({reason for row in rows for reason in row.missing}):
            print(f"missing: {reason}")
        print(", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in machine.items()))
        if machine["others_busy"] > BUSY:
            print("not to be relied on: other processes were at work; PyTorch's threads suffer most from that")
    if any(row.met is False for row in rows):
        return 1
    return 2 if any(row.missing for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
