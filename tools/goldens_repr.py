#!/usr/bin/env python3
"""Writes tests/golden/repr.json: how PyTorch prints modules, by the names that tests/nn/print_test.cpp gives them.

    python3 tools/goldens_repr.py
"""
import collections
import json
import pathlib

import torch
from torch import nn


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 5)
        self.body = nn.Sequential(nn.ReLU(), nn.Sequential(nn.Linear(2, 2, bias=False)))
        self.layers = nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2), nn.ReLU()])
        self.weights = nn.ParameterList([torch.zeros(2, 3), torch.zeros(1)])
        self.scale = nn.Parameter(torch.zeros(1))


class WithExtra(nn.Module):
    def __init__(self):
        super().__init__()
        self.act = nn.ReLU()

    def extra_repr(self):
        return "width=3"


MODULES = {
    "conv2d": nn.Conv2d(3, 6, 5),
    "conv2d_all": nn.Conv2d(3, 6, (5, 3), stride=(2, 1), padding=1, dilation=2, groups=3, bias=False,
                            padding_mode="reflect"),
    "conv2d_same": nn.Conv2d(3, 6, 3, padding="same"),
    "conv2d_valid": nn.Conv2d(3, 6, 3, padding="valid", padding_mode="circular"),
    "max_pool2d": nn.MaxPool2d(2, 2),
    "max_pool2d_all": nn.MaxPool2d((2, 3), stride=(1, 2), padding=1, dilation=2, ceil_mode=True),
    "max_pool2d_square": nn.MaxPool2d((3, 3)),
    "avg_pool2d": nn.AvgPool2d(3, 2, 1),
    "adaptive_avg_pool2d": nn.AdaptiveAvgPool2d((7, 6)),
    "adaptive_avg_pool2d_one": nn.AdaptiveAvgPool2d(3),
    "adaptive_avg_pool2d_square": nn.AdaptiveAvgPool2d((3, 3)),
    "adaptive_avg_pool2d_none": nn.AdaptiveAvgPool2d((None, 7)),
    "linear": nn.Linear(3, 4),
    "linear_no_bias": nn.Linear(3, 4, bias=False),
    "batch_norm2d": nn.BatchNorm2d(6),
    "batch_norm1d_all": nn.BatchNorm1d(6, eps=0.5, momentum=None, affine=False, track_running_stats=False),
    "relu": nn.ReLU(),
    "relu_inplace": nn.ReLU(inplace=True),
    "sigmoid": nn.Sigmoid(),
    "tanh": nn.Tanh(),
    "gelu": nn.GELU(),
    "gelu_tanh": nn.GELU(approximate="tanh"),
    "softmax": nn.Softmax(1),
    "log_softmax": nn.LogSoftmax(-1),
    "flatten": nn.Flatten(),
    "dropout": nn.Dropout(),
    "dropout_all": nn.Dropout(1.0, inplace=True),
    "identity": nn.Identity(),
    "cross_entropy_loss": nn.CrossEntropyLoss(),
    "mse_loss": nn.MSELoss(),
    "sequential": nn.Sequential(),
    "sequential_named": nn.Sequential(collections.OrderedDict(conv=nn.Conv2d(1, 2, 3), act=nn.ReLU())),
    "block": Block(),
    "with_extra": WithExtra(),
    "parameter": nn.Parameter(torch.zeros(1, 2, 2)),
    "frozen_parameter": nn.Parameter(torch.tensor([0.5]), requires_grad=False),
    "no_parameter": nn.Linear(1, 1, bias=False).bias,
}


def main():
    path = pathlib.Path(__file__).resolve().parent.parent / "tests" / "golden" / "repr.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({name: repr(module) for name, module in MODULES.items()}, indent=1) + "\n")


if __name__ == "__main__":
    main()
