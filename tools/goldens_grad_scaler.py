#!/usr/bin/env python3
"""Writes tests/golden/grad_scaler.json: what torch.amp.GradScaler does with two optimisers in a short run.

    python3 tools/goldens_grad_scaler.py

`grads` holds, for each step, the gradients of two parameters before scaling, with planted infinities and NaN (as text);
`rows`, after each step's update: scale, growth tracker, and both parameters.
"""
import json
import pathlib

import torch

INF, NAN = float("inf"), float("nan")
OPTIONS = {"init_scale": 8.0, "growth_factor": 4.0, "backoff_factor": 0.25, "growth_interval": 2}
GRADS = [
    ([0.5, -0.25], [1.0, 2.0, -1.5]),
    ([0.25, 0.125], [0.5, 0.5, 0.5]),
    ([INF, 1.0], [1.0, 1.0, 1.0]),
    ([1.0, 1.0], [0.5, NAN, 0.5]),
    ([-0.5, 0.75], [0.25, -0.5, 1.0]),
    ([0.5, 0.5], [1.0, 0.5, 0.25]),
    ([0.125, 0.5], [-1.0, 0.5, 0.25]),
    ([-INF, 0.5], [NAN, 0.5, 0.25]),
    ([0.125, 0.25], [-1.0, 2.5, 0.25]),
]


def main():
    a = torch.tensor([1.0, 2.0], requires_grad=True)
    b = torch.tensor([3.0, -1.0, 0.5], requires_grad=True)
    optimizers = [torch.optim.SGD([a], lr=0.1, momentum=0.9), torch.optim.SGD([b], lr=0.5)]
    scaler = torch.amp.GradScaler("cpu", **OPTIONS)
    rows = []
    for of_a, of_b in GRADS:
        for optimizer in optimizers:
            optimizer.zero_grad()
        loss = (a * torch.tensor(of_a)).sum() + (b * torch.tensor(of_b)).sum()
        scaler.scale(loss).backward()
        scaler.unscale_(optimizers[0])
        for optimizer in optimizers:
            scaler.step(optimizer)
        scaler.update()
        state = scaler.state_dict()
        rows.append([state["scale"], state["_growth_tracker"], a.tolist(), b.tolist()])
    words = [[[str(g) for g in grads] for grads in step] for step in GRADS]
    path = pathlib.Path(__file__).resolve().parent.parent / "tests" / "golden" / "grad_scaler.json"
    path.write_text(json.dumps({"options": OPTIONS, "grads": words, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
