#!/usr/bin/env python3
"""Trains the small network on CIFAR-10 with PyTorch, and tests it: the peer of `cresset train`.

Batch 4, shuffled, 2 loader workers, ToTensor and Normalize(0.5, 0.5), SGD 0.001 with momentum 0.9, `loss.item()` each
step; then one pass over the test images. Prints JSON: wall and CPU seconds since the first statement of this file
(`whole`, which has the imports of torch and torchvision in it) and of its parts, the mean loss of each 2,000 steps of
an epoch, of the first and the last 2,000 steps of all, and the accuracy. The start of the interpreter is outside;
tools/compare.py times the process.

    CRESSET_DATA_DIR=DIR tools/peers/train.py [--epochs 2] [--max-steps N] [--seed 0]
"""

import argparse
import statistics

from measure import Span, report

whole = Span()

import torch
from torch import nn

from cifar import BinaryCIFAR10, data_root, plain_transform
from network import Net

WINDOW = 2000  # steps that one printed loss is the mean of


def train(model, loader, epochs, max_steps):
    """All losses, epoch by epoch."""
    cross_entropy = nn.CrossEntropyLoss()
    opt = torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9)
    losses = []
    for _ in range(epochs):
        losses.append([])
        for inputs, labels in loader:
            if max_steps and sum(map(len, losses)) >= max_steps:
                return losses
            opt.zero_grad()
            loss = cross_entropy(model(inputs), labels)
            loss.backward()
            opt.step()
            losses[-1].append(loss.item())
    return losses


def test(model, loader):
    correct = total = 0
    with torch.no_grad():
        for images, labels in loader:
            predicted = model(images).argmax(1)
            total += labels.size(0)
            correct += (predicted == labels).sum().item()
    return correct / total


def windows(epoch_losses):
    return [statistics.fmean(epoch_losses[i : i + WINDOW]) for i in range(0, len(epoch_losses) - WINDOW + 1, WINDOW)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--max-steps", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    root = data_root(args.data)
    train_set, test_set = (
        BinaryCIFAR10(root, train=is_train, transform=plain_transform()) for is_train in (True, False)
    )
    train_loader = torch.utils.data.DataLoader(train_set, batch_size=4, shuffle=True, num_workers=args.workers)
    test_loader = torch.utils.data.DataLoader(test_set, batch_size=4, shuffle=False, num_workers=args.workers)
    model = Net()

    span = Span()
    losses = train(model, train_loader, args.epochs, args.max_steps)
    training = span.stop()
    span = Span()
    accuracy = test(model, test_loader)
    testing = span.stop()

    everything = [loss for epoch in losses for loss in epoch]
    figures = {
        "whole": whole.stop(),
        "training": training,
        "testing": testing,
        "steps": len(everything),
        "losses": [windows(epoch) for epoch in losses],
        "loss_first": statistics.fmean(everything[:WINDOW]),
        "loss_last": statistics.fmean(everything[-WINDOW:]),
        "accuracy": accuracy,
    }
    report("train", figures, seed=args.seed, threads=torch.get_num_threads())


if __name__ == "__main__":
    main()
