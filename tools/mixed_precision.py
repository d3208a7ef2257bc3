#!/usr/bin/env python3
"""Trains networks in float32 and under bfloat16 autocast on the CPU, and writes the figures into docs/benchmarks.md.

    python3 tools/mixed_precision.py [--program build/release/bin/cresset] [--data FOLDER] [--runs FOLDER]
                                     [--models cifar_net,resnet20] [--precisions float32,bfloat16] [--seeds 0,1,2]
                                     [--epochs 5] [--until HH:MM] [--write]

Each run is one call of `cresset train`: the network of PyTorch's CIFAR-10 tutorial with that tutorial's recipe, and
ResNet-20 (width 16) with batch 128, SGD with momentum 0.9 and weight decay 5e-4, the learning rate going up to 0.1 and
down again (one_cycle); no augmentation. A run's log and checkpoint stay in --runs: what was interrupted goes
on where it stopped, what is done is not done again. --until ends a run at that time of the day; --write only (no run)
writes the section between the marks in docs/benchmarks.md from the logs that are there.
"""
import argparse
import datetime
import json
import platform
import statistics
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- mixed precision: begin -->", "<!-- mixed precision: end -->"
RECIPES = {
    "cifar_net": ["--batch", "4", "--lr", "0.001"],
    "resnet20": ["--batch", "128", "--lr", "0.1", "--weight-decay", "5e-4", "--schedule", "one_cycle"],
}
NAMES = {"cifar_net": "network of the CIFAR-10 tutorial", "resnet20": "ResNet-20, width 16"}


def log_of(arguments, model, precision, seed):
    return arguments.runs / f"{model}-{arguments.epochs}-{precision}-{seed}.jsonl"


def lines_of(log):
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def tests_of(log):
    return [line for line in lines_of(log) if "accuracy" in line]


def train(arguments, model, precision, seed):
    """Whether the run is done."""
    log = log_of(arguments, model, precision, seed)
    if len(tests_of(log)) == arguments.epochs:
        return True
    checkpoint = log.with_suffix(".safetensors")
    command = [arguments.program, "train", "--data", arguments.data, "--log", str(log), "--checkpoint", str(checkpoint),
               "--checkpoint-every", "200" if model == "resnet20" else "5000"]
    if checkpoint.exists():
        command += ["--resume"]
    else:
        command += ["--model", model, *RECIPES[model], "--epochs", str(arguments.epochs), "--seed", str(seed)]
        if precision != "float32":
            command += ["--autocast", precision]
    print(f"{datetime.datetime.now():%H:%M:%S}", *command, flush=True)
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        left = None
        if arguments.until:
            end = datetime.datetime.combine(datetime.date.today(), arguments.until)
            left = max(0, (end - datetime.datetime.now()).total_seconds())
        process.wait(left)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)  # it saves its checkpoint
        process.wait()
    return len(tests_of(log)) == arguments.epochs


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def percent(values):
    spread = f" (from {100 * min(values):.2f} to {100 * max(values):.2f})" if len(values) > 1 else ""
    return f"{100 * statistics.mean(values):.2f} %{spread}"


def section(arguments):
    rows, missing = [], []
    for model in arguments.models:
        accuracies = {}
        for precision in ("float32", "bfloat16"):
            done, losses = {}, []
            for seed in arguments.seeds:
                tests = tests_of(log_of(arguments, model, precision, seed))
                if len(tests) == arguments.epochs:
                    done[seed] = tests[-1]["accuracy"]
                    losses.append(tests[-1]["test_loss"])
                else:
                    missing.append(f"{model} in {precision} with seed {seed} (tested after {len(tests)} epochs)")
            accuracies[precision] = done
            if done:
                rows.append(f"| {NAMES[model]} | {precision} | {', '.join(map(str, done))} | "
                            f"{percent(list(done.values()))} | {statistics.mean(losses):.3f} |")
        both = sorted(set(accuracies["float32"]) & set(accuracies["bfloat16"]))
        if both:
            gaps = [100 * (accuracies["bfloat16"][s] - accuracies["float32"][s]) for s in both]
            mean = statistics.mean(gaps)
            rows.append(f"| | bfloat16 less float32 | {', '.join(map(str, both))} | {mean:+.2f} points "
                        f"(seed by seed {', '.join(f'{g:+.2f}' for g in gaps)}) | |")
    epochs = f"{arguments.epochs} epoch" + "s" * (arguments.epochs > 1)
    text = [f"Test accuracy on CIFAR-10 after {epochs}, on the CPU ({processor()}).", "",
            "| network | precision | seeds | test accuracy, mean | test loss, mean |", "| --- | --- | --- | --- | --- |",
            *rows]
    if missing:
        text += ["", "Not run to the end: " + "; ".join(missing) + "."]
    return "\n".join(text)


def write(arguments):
    page = PAGE.read_text()
    before, rest = page.split(BEGIN)
    PAGE.write_text(before + BEGIN + "\n\n" + section(arguments) + "\n\n" + END + rest.split(END)[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=str(ROOT / "build/release/bin/cresset"))
    parser.add_argument("--data", default="data")
    parser.add_argument("--runs", type=Path, default=ROOT / "build/mixed_precision")
    parser.add_argument("--models", type=lambda s: s.split(","), default=list(RECIPES))
    parser.add_argument("--precisions", type=lambda s: s.split(","), default=["float32", "bfloat16"])
    parser.add_argument("--seeds", type=lambda s: [int(x) for x in s.split(",")], default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--until", type=datetime.time.fromisoformat)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    if arguments.write:
        write(arguments)
        return 0
    arguments.runs.mkdir(parents=True, exist_ok=True)
    for seed in arguments.seeds:
        for model in arguments.models:
            for precision in arguments.precisions:
                if not train(arguments, model, precision, seed):
                    print(f"{model}, {precision}, seed {seed}: not done")
                    return 1
    write(arguments)
    return 0


if __name__ == "__main__":
    sys.exit(main())
