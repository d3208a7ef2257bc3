#!/usr/bin/env python3
"""Writes tests/golden/optim.json: what PyTorch's optimisers and learning rate schedulers do, step by step.

    python3 tools/goldens_optim.py

Each optimiser case starts from the same two parameters and gets the same gradients (none for the second parameter in
step 2); `values` holds both parameters, flattened, after each step. Each schedule case holds the learning rate of each
group, and SGD's momentum or Adam's first beta, after the constructor and after each step.
"""
import json
import pathlib

import torch

STEPS = 6
SIZES = [3, 4]

SGD_CASES = {
    "plain": {},
    "momentum": {"lr": 0.1, "momentum": 0.9},
    "dampening": {"lr": 0.1, "momentum": 0.9, "dampening": 0.3},
    "weight_decay": {"lr": 0.1, "weight_decay": 0.2},
    "nesterov": {"lr": 0.1, "momentum": 0.8, "nesterov": True},
    "maximize": {"lr": 0.1, "momentum": 0.8, "maximize": True},
    "all": {"lr": 0.05, "momentum": 0.7, "weight_decay": 0.1, "nesterov": True, "maximize": True},
}
ADAM_CASES = {
    "plain": {},
    "betas": {"lr": 0.1, "betas": [0.5, 0.9], "eps": 1e-3},
    "weight_decay": {"lr": 0.1, "weight_decay": 0.2},
    "amsgrad": {"lr": 0.1, "betas": [0.5, 0.6], "amsgrad": True},
    "maximize": {"lr": 0.1, "weight_decay": 0.1, "maximize": True},
    "all": {"lr": 0.1, "betas": [0.5, 0.6], "eps": 1e-4, "weight_decay": 0.1, "amsgrad": True, "maximize": True},
}


def number(generator):
    # Few binary digits: the same in float32 and float64.
    return (torch.randint(-64, 65, (1,), generator=generator).item()) / 32


def trajectory(kind, options, start, grads, dtype):
    params = [torch.tensor(values, dtype=dtype, requires_grad=True) for values in start]
    options = {key: tuple(value) if isinstance(value, list) else value for key, value in options.items()}
    optimizer = getattr(torch.optim, kind)(params, **options)
    values = []
    for step in grads:
        for parameter, grad in zip(params, step):
            parameter.grad = None if grad is None else torch.tensor(grad, dtype=dtype)
        optimizer.step()
        values.append([v for parameter in params for v in parameter.tolist()])
    return values


def schedule(kind, optimizer, groups, options, steps, resume=None):
    params = [{"params": [torch.zeros(1, requires_grad=True)], "lr": lr} for lr in groups]
    if resume is not None:
        for group in params:
            group["initial_lr"] = group["lr"]
        options = {**options, "last_epoch": resume}
    keywords = {"momentum": 0.9} if optimizer == "SGD" else {}
    opt = getattr(torch.optim, optimizer)(params, **keywords)
    scheduler = getattr(torch.optim.lr_scheduler, kind)(opt, **options)

    def state():
        momentum = [group["momentum"] if optimizer == "SGD" else group["betas"][0] for group in opt.param_groups]
        return {"lr": scheduler.get_last_lr(), "momentum": momentum}

    rows = [state()]
    for _ in range(steps):
        opt.step()
        scheduler.step()
        rows.append(state())
    return {"kind": kind, "optimizer": optimizer, "groups": groups, "options": options, "rows": rows}


def main():
    generator = torch.Generator().manual_seed(0)
    start = [[number(generator) for _ in range(size)] for size in SIZES]
    grads = [[[number(generator) for _ in range(size)] for size in SIZES] for _ in range(STEPS)]
    grads[2][1] = None
    optimizers = []
    for kind, cases in (("SGD", SGD_CASES), ("Adam", ADAM_CASES), ("AdamW", ADAM_CASES)):
        for name, options in cases.items():
            for dtype in (torch.float64, torch.float32):
                optimizers.append({
                    "name": f"{kind}.{name}", "kind": kind, "options": options, "dtype": str(dtype).split(".")[1],
                    "values": trajectory(kind, options, start, grads, dtype)})
    schedules = [
        schedule("StepLR", "SGD", [0.4, 0.1], {"step_size": 3}, 10),
        schedule("StepLR", "SGD", [0.4], {"step_size": 2, "gamma": 0.5}, 7),
        schedule("CosineAnnealingLR", "SGD", [0.4, 0.1], {"T_max": 5}, 17),
        schedule("CosineAnnealingLR", "Adam", [0.4], {"T_max": 4, "eta_min": 0.01}, 9),
        schedule("CosineAnnealingLR", "SGD", [0.4], {"T_max": 9, "eta_min": 0.01}, 5, resume=3),
        schedule("OneCycleLR", "SGD", [0.4, 0.1], {"max_lr": 0.5, "total_steps": 20}, 20),
        schedule("OneCycleLR", "SGD", [0.4, 0.1], {"max_lr": [0.5, 2.0], "total_steps": 10}, 9),
        schedule("OneCycleLR", "Adam", [0.4], {"max_lr": 0.5, "epochs": 3, "steps_per_epoch": 4}, 11),
        schedule("OneCycleLR", "SGD", [0.4], {"max_lr": 0.5, "total_steps": 15, "anneal_strategy": "linear"}, 14),
        schedule("OneCycleLR", "SGD", [0.4], {"max_lr": 0.5, "total_steps": 20, "three_phase": True}, 19),
        schedule("OneCycleLR", "Adam", [0.4],
                 {"max_lr": 0.5, "total_steps": 12, "cycle_momentum": False, "pct_start": 0.5, "div_factor": 10.0,
                  "final_div_factor": 100.0}, 11),
        schedule("OneCycleLR", "SGD", [0.4],
                 {"max_lr": 0.5, "total_steps": 12, "base_momentum": 0.5, "max_momentum": 0.7}, 11),
    ]
    path = pathlib.Path(__file__).resolve().parent.parent / "tests" / "golden" / "optim.json"
    path.parent.mkdir(exist_ok=True)
    data = {"torch": torch.__version__.split("+")[0], "start": start, "grads": grads, "optimizers": optimizers,
            "schedules": schedules}
    # One case a line.
    text = "{\n" + ",\n".join(
        f'"{key}": ' + ("[\n" + ",\n".join(json.dumps(case) for case in value) + "\n]" if key in ("optimizers", "schedules")
                       else json.dumps(value))
        for key, value in data.items()) + "\n}\n"
    path.write_text(text)


if __name__ == "__main__":
    main()
