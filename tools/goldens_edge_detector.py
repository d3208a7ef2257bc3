#!/usr/bin/env python3
"""Writes tests/golden/edge_detector.json: how PyTorch learns a kernel of 1 by 2 that finds edges, from stated weights.

    python3 tools/goldens_edge_detector.py

The kernel is found by 100 steps of plain gradient descent on the sum of squared differences, as docs/tutorials/lenet.md
does it.
"""
import json
import pathlib

import torch


def corr2d(x, k):
    h, w = k.shape
    y = torch.zeros(x.shape[0] - h + 1, x.shape[1] - w + 1)
    for i in range(y.shape[0]):
        for j in range(y.shape[1]):
            y[i, j] = (x[i:i + h, j:j + w] * k).sum()
    return y


def main():
    x = torch.ones(6, 8)
    x[:, 2:6] = 0
    y = corr2d(x, torch.tensor([[1000, -0.1]]))
    weight = torch.tensor([[0.5, -0.25]], requires_grad=True)
    bias = torch.tensor([0.125], requires_grad=True)
    start = {"weight": weight.tolist(), "bias": bias.tolist()}
    table = []
    for step in range(100):
        loss = ((corr2d(x, weight) + bias - y) ** 2).sum()
        loss.backward()
        weight.data -= 0.01 * weight.grad
        bias.data -= 0.01 * bias.grad
        weight.grad.fill_(0)
        bias.grad.fill_(0)
        if (step + 1) % 5 == 0:
            table.append({"step": step + 1, "loss": loss.item()})
    path = pathlib.Path(__file__).resolve().parent.parent / "tests" / "golden" / "edge_detector.json"
    path.write_text(json.dumps({"torch": torch.__version__.split("+")[0], "start": start, "table": table,
                                "weight": weight.tolist(), "bias": bias.tolist()}, indent=1) + "\n")


if __name__ == "__main__":
    main()
