#!/usr/bin/env python3
"""Microseconds per training step of the small network in PyTorch's eager Python: the peer of `cresset bench`.

One batch of 4 random images in memory. A step is zero_grad, forward, cross-entropy, backward, SGD 0.001 with momentum
0.9, and `loss.item()`. Figures with PyTorch's default number of threads and with one; the spread is over repeats, each
the mean of `--steps` steps. Also the add of two tensors of 16 float32, without and with tape, in nanoseconds.
"""

import argparse
import time

import torch
from torch import nn

from measure import Span, report, spread
from network import Net


def step_samples(steps, repeats):
    torch.manual_seed(0)
    inputs, labels = torch.randn(4, 3, 32, 32), torch.randint(0, 10, (4,))
    model = Net()
    cross_entropy = nn.CrossEntropyLoss()
    opt = torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9)

    def run(count):
        begin = time.perf_counter()
        for _ in range(count):
            opt.zero_grad()
            loss = cross_entropy(model(inputs), labels)
            loss.backward()
            opt.step()
            loss.item()
        return (time.perf_counter() - begin) / count * 1e6

    run(steps)
    return spread([run(steps) for _ in range(repeats)])


def add_samples(requires_grad, count, repeats):
    a, b = torch.ones(16, requires_grad=requires_grad), torch.ones(16)

    def run():
        begin = time.perf_counter()
        for _ in range(count):
            a + b
        return (time.perf_counter() - begin) / count * 1e9

    run()
    return spread([run() for _ in range(repeats)])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--repeats", type=int, default=7)
    args = parser.parse_args()
    threads = torch.get_num_threads()
    span = Span()
    figures = {"step_us": step_samples(args.steps, args.repeats)}
    torch.set_num_threads(1)
    figures["step_us_1_thread"] = step_samples(args.steps, args.repeats)
    figures["add_ns"] = add_samples(False, 20000, args.repeats)
    figures["add_tape_ns"] = add_samples(True, 20000, args.repeats)
    report("step.py", figures, threads=threads, span=span.stop())


if __name__ == "__main__":
    main()
