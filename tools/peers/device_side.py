"""Training steps on a device: the two programs in turns, and what they printed. device_step.py says what that is."""

import json
import statistics
import tempfile
import time
from pathlib import Path

from build_costs import compile_program
from processes import Missing, run

CASES = (
    "cifar_net/4/32/float32/contiguous",
    "cifar_net/4/32/bfloat16/contiguous",
    "resnet20/128/32/float32/contiguous",
    "resnet20/128/32/bfloat16/contiguous",
    "resnet18/64/224/float32/contiguous",
    "resnet18/64/224/float32/channels_last",
    "resnet18/64/224/bfloat16/contiguous",
    "resnet18/64/224/bfloat16/channels_last",
)
ADDS = 10000
FIRST = 3  # starts of each side in a round
LIMIT = 90  # seconds until a process that hangs is ended
BUDGET = 180  # seconds for all rounds: one that would end later is not begun


class Turns:
    """What the rounds of both sides gave. `figure()` has a figure's best and median, or why it is missing."""

    def __init__(self, commands, device, cases, rounds, seconds):
        self.lines = {side: [] for side in commands}
        self.firsts = {side: [] for side in commands}
        self.reasons = {}
        self.rounds = 0
        begin = time.monotonic()
        for done in range(rounds):
            spent = time.monotonic() - begin
            if done and spent * (done + 1) / done > BUDGET:
                break
            self.rounds = done + 1
            for side, command in commands.items():
                if side not in self.reasons:  # what failed once is not tried again: a GPU's time is short
                    self.turn(side, command, device, cases, seconds)

    def turn(self, side, command, device, cases, seconds):
        try:
            for _ in range(FIRST):
                ended = run([*command, device], LIMIT)
                self.firsts[side].append((json.loads(ended.stdout)["first_ns"] - ended.begin_ns) / 1e9)
            self.lines[side] += parsed(run([*command, device, seconds, ADDS, *cases], LIMIT).stdout)
        except Missing as reason:
            self.reasons[side] = str(reason)
            self.lines[side] += parsed(reason.stdout)

    def facts(self, side):
        return next((line for line in self.lines[side] if "device" in line), self.reasons.get(side, "no facts"))

    def samples(self, side, name, case, mode):
        lines = [line for line in self.lines[side] if line.get("case") == case]
        if errors := [line["error"] for line in lines if "error" in line]:
            self.reasons.setdefault(side, f"{side}, {case}: {errors[0]}")
        lines = [line for line in lines if line.get("mode") == mode and name in line]
        values = [line[name] for line in lines]
        return [v for value in values for v in (value if isinstance(value, list) else [value])]

    def figure(self, side, name, case=None, mode=None, best=min, to=lambda sample: sample):
        samples = self.firsts[side] if name == "first_s" else self.samples(side, name, case, mode)
        values = [to(sample) for sample in samples]
        if not values:
            return self.reasons.get(side, f"{side} gives no {name}"), None
        return best(values), statistics.median(values)


def parsed(text):
    """The lines that are whole: a process that was ended may have left half of one."""
    lines = []
    for line in text.splitlines():
        try:
            lines.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return lines


def compiled(side, folder):
    program = Path(folder) / "device_step_cresset"
    compile_program(side, "device_step_cresset.cpp", program, "-O2")
    return [program]


def turns(program, ours, torch, device, cases, rounds, seconds):
    """`program`: the words that start the cresset side; none: it is compiled against the build."""
    with tempfile.TemporaryDirectory() as folder:
        commands = {"cresset": program or compiled(ours, folder)}
        commands["PyTorch"] = [torch.python, Path(__file__).with_name("device_step.py")]
        return Turns(commands, device, cases, rounds, seconds)
