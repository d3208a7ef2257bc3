"""torchvision's side of torchvision_test.cpp.

    exchange_weights.py MODEL OURS THEIRS

Loads the weights, an input and the output of cresset's network from OURS into torchvision's, compares the outputs, and
writes those of a new network of torchvision to THEIRS.
"""

import sys

import torch
import torchvision
from safetensors.torch import load_file, save_file

name, ours, theirs = sys.argv[1:]
make = getattr(torchvision.models, name)

model = make(num_classes=10, **({} if name in ("resnet18", "alexnet") else {"init_weights": False})).eval()
tensors = load_file(ours)
images, outputs = tensors.pop("images"), tensors.pop("outputs")
print(model.load_state_dict(tensors))
with torch.no_grad():
    difference = (model(images) - outputs).abs().max().item()
largest = outputs.abs().max().item()
assert largest > 0 and difference <= 1e-4 * largest, (difference, largest)

torch.manual_seed(1)
model = make(num_classes=10).eval()
with torch.no_grad():
    outputs = model(images)
save_file({**model.state_dict(), "images": images, "outputs": outputs}, theirs)
