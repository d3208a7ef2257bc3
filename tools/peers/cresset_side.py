"""How tools/compare.py runs cresset, and what it expects of the program: the only place that knows.

`cresset bench --json` prints one JSON object with an object `figures`, whose members are named as those of the peers:
`step_us`, `step_us_1_thread`, `add_ns`, `add_tape_ns`, and, given `--data DIR`, also `loader_batch128_images_s` and
`loader_batch4_images_s`. Each is `{"min": …, "median": …, "max": …}` over repeats. A step is what step.py says it is,
`loader_…` what loader.py says, with 2 workers; `step_us` uses the default number of threads.

`cresset train` (see `train_command`) trains, tests on the test images at the end, and writes one JSON object a line to
its log. A line with `step` and `loss` holds the mean loss of the steps since the line before; `step` counts all steps
from 1, over the epochs, and lines fall on multiples of 2,000 and on the last step but may come oftener. The last line
that has `accuracy` (0 to 1) holds that on the test images. `--checkpoint FILE` leaves the last checkpoint in FILE.
"""

import hashlib
import json
import tempfile
from pathlib import Path

from processes import Missing, run

SOURCE = Path(__file__).resolve().parents[2]
MODEL = "cifar_net"  # the name of the small network in cresset::models
WINDOW = 2000
FIGURES = ("step_us", "step_us_1_thread", "add_ns", "add_tape_ns", "loader_batch128_images_s", "loader_batch4_images_s")


class Cresset:
    def __init__(self, build):
        self.build = Path(build)

    def find(self, name):
        for path in (self.build / name, self.build / "bin" / name, self.build / "lib" / name):
            if path.is_file():
                return path.resolve()
        raise Missing(f"no {name} in {self.build}")

    def library(self):
        return self.find("libcresset.so")

    def compile_flags(self):
        folders = [SOURCE / "include", self.build / "include"]
        library = self.library()
        includes = [f"-I{folder}" for folder in folders if folder.is_dir()]
        return includes, [f"-L{library.parent}", "-lcresset", f"-Wl,-rpath,{library.parent}"]

    def bench(self, data):
        command = [self.find("cresset"), "bench", "--json"]
        if data:
            command += ["--data", data]
        figures = json.loads(run(command).stdout).get("figures", {})
        return {name: figures[name] for name in FIGURES if name in figures}

    def train_command(self, data, folder, seed=0, epochs=2, max_steps=0, threads=0, workers=2):
        command = [self.find("cresset"), "train", "--data", data, "--model", MODEL, "--epochs", epochs, "--batch", 4]
        command += ["--optimizer", "sgd", "--lr", 0.001, "--seed", seed, "--workers", workers]
        command += ["--checkpoint", folder / "checkpoint", "--log", folder / "log.jsonl"]
        if max_steps:
            command += ["--max-steps", max_steps]
        if threads:
            command += ["--threads", threads]
        return command

    def train(self, data, seed):
        """One whole training: seconds of the process, its peak memory, first and last mean losses, accuracy."""
        with tempfile.TemporaryDirectory() as folder:
            ended = run(self.train_command(data, Path(folder), seed))
            lines = [json.loads(line) for line in (Path(folder) / "log.jsonl").read_text().splitlines()]
        losses = [line for line in lines if "loss" in line and "step" in line]
        accuracies = [line["accuracy"] for line in lines if "accuracy" in line]
        if not losses or not accuracies:
            raise Missing("the log of cresset train has no line with step and loss, or none with accuracy")
        last = losses[-1]["step"]
        figures = {"loss_first": mean_loss(losses, 0, WINDOW), "loss_last": mean_loss(losses, last - WINDOW, last)}
        return {"wall_s": ended.wall_s, "peak_mb": ended.peak_mb, **figures, "accuracy": accuracies[-1]}

    def checkpoint_digest(self, data, threads, workers, max_steps):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            run(self.train_command(data, folder, 0, 1, max_steps, threads, workers))
            written = sorted(path for path in folder.rglob("checkpoint*") if path.is_file())
            if not written:
                raise Missing("cresset train wrote no checkpoint")
            return hashlib.sha256(b"".join(path.read_bytes() for path in written)).hexdigest()


def mean_loss(lines, after, until):
    """Mean loss of the steps in (after, until]; each line stands for the steps since the one before."""
    total = steps = before = 0
    for line in lines:
        if after < line["step"] <= until:
            count = line["step"] - max(before, after)
            total += line["loss"] * count
            steps += count
        before = line["step"]
    return total / steps if steps else float("nan")


def data_set_mb(data):
    return sum(path.stat().st_size for path in (Path(data) / "cifar-10-batches-bin").glob("*.bin")) / 1e6
