"""What PyTorch runs for each op of a case file: op -> function(*inputs, **options), giving a tensor, a text, or a list.

Inputs are positional, options are PyTorch's keyword arguments. An op that is not here is a tensor method or a function
of `torch` or `torch.nn.functional` with that name, so most need no entry.
"""

import torch
import torch.nn.functional as F
from torch import nn

from tensors import DTYPES, make_tensor


def batch_norm(x, running_mean, running_var, weight=None, bias=None, **options):
    """y, and the running statistics afterwards."""
    statistics = [None if t is None else t.detach().clone() for t in (running_mean, running_var)]
    return [F.batch_norm(x, *statistics, weight, bias, **options), *(t for t in statistics if t is not None)]


def cross_entropy(x, target, weight=None, **options):
    return F.cross_entropy(x, target, weight=weight, **options)


def conv2d(x, weight, bias=None, padding_mode="zeros", **options):
    """With `padding_mode` as the module has it."""
    if padding_mode == "zeros":
        return F.conv2d(x, weight, bias, **options)
    groups = options.get("groups", 1)
    sizes = weight.shape[1] * groups, weight.shape[0], tuple(weight.shape[2:])
    module = nn.Conv2d(*sizes, bias=bias is not None, padding_mode=padding_mode, **options)
    return module._conv_forward(x, weight, bias)


def index_items(items):
    """Python's own text: "0, 1:3, ::2, None, ..., -1"."""

    def read(item):
        if item in ("...", "None"):
            return {"...": Ellipsis, "None": None}[item]
        bounds = [int(bound) if bound.strip() else None for bound in item.split(":")]
        return slice(*bounds) if ":" in item else bounds[0]

    return tuple(read(item.strip()) for item in items.split(","))


def index_put_(x, value, items):
    x = x.clone()
    x[index_items(items)] = value
    return x


def optimizer(kind):
    """`steps` steps of one parameter group, inputs: the parameters.

    The gradient of parameter i in step k (from 0) is the formula with seed 1000 + 100 * k + i, -8 to 8 in eighths.
    Gives the parameters after the last step.
    """

    def run(*parameters, steps, **options):
        parameters = [p.detach().clone().requires_grad_() for p in parameters]
        opt = kind(parameters, **options)
        for k in range(steps):
            for i, p in enumerate(parameters):
                data = {"seed": 1000 + 100 * k + i, "low": -8, "high": 8, "divisor": 8}
                p.grad = make_tensor({"dtype": str(p.dtype)[6:], "shape": list(p.shape), "data": data})
            opt.step()
        return [p.detach() for p in parameters]

    return run


def schedule(kind):
    """The rates of `steps` steps, before each: float64 [steps]. `lr`, and `momentum` where given, are SGD's."""

    def run(steps, lr, momentum=0, **options):
        opt = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=lr, momentum=momentum)
        scheduler = kind(opt, **options)
        rates, momenta = [], []
        for _ in range(steps):
            rates.append(opt.param_groups[0]["lr"])
            momenta.append(opt.param_groups[0]["momentum"])
            opt.step()
            scheduler.step()
        return [torch.tensor(listed, dtype=torch.float64) for listed in (rates, momenta)]

    return run


def tensor_text(x, **options):
    """str(x) with these print options, and no others set."""
    torch.set_printoptions(profile="default")
    torch.set_printoptions(**options)
    return str(x)


def module_text(module, arguments=(), **options):
    return str(getattr(nn, module)(*arguments, **options))


TABLE = {
    "batch_norm": batch_norm,
    "cat": lambda *inputs, **options: torch.cat(inputs, **options),
    "conv2d": conv2d,
    "cross_entropy": cross_entropy,
    "index": lambda x, items: x[index_items(items)],
    "index_put_": index_put_,
    "mT": lambda x: x.mT,
    "repr": module_text,
    "slice": lambda x, dim, start=None, end=None, step=1: x[(slice(None),) * dim + (slice(start, end, step),)],
    "stack": lambda *inputs, **options: torch.stack(inputs, **options),
    "str": tensor_text,
    "T": lambda x: x.permute(*reversed(range(x.dim()))),
    "max_pool2d_with_indices": lambda x, **options: F.max_pool2d(x, return_indices=True, **options),
    "pow": torch.pow,
    "SGD": optimizer(torch.optim.SGD),
    "Adam": optimizer(torch.optim.Adam),
    "AdamW": optimizer(torch.optim.AdamW),
    "StepLR": schedule(torch.optim.lr_scheduler.StepLR),
    "CosineAnnealingLR": schedule(torch.optim.lr_scheduler.CosineAnnealingLR),
    "OneCycleLR": schedule(torch.optim.lr_scheduler.OneCycleLR),
}


def find(op):
    if op in TABLE:
        return TABLE[op]
    if op.endswith("_"):
        # In place on a copy, since a leaf that wants a gradient cannot be written to.
        method = getattr(torch.Tensor, op)
        return lambda x, *inputs, **options: method(x.clone(), *inputs, **options)
    for room in (F, torch, torch.Tensor):
        if hasattr(room, op):
            return getattr(room, op)
    raise ValueError(f"PyTorch has no {op}, and neither has the table in tools/golden/ops.py")


def arguments(options):
    """Options of a case file as PyTorch's: names of dtypes and memory formats become the things themselves."""
    formats = {"channels_last": torch.channels_last, "contiguous": torch.contiguous_format}
    readers = {"dtype": DTYPES.__getitem__, "memory_format": formats.__getitem__, "betas": tuple}
    return {name: readers[name](value) if name in readers else value for name, value in options.items()}
