#!/usr/bin/env python3
"""Writes tests/golden/models.json: what PyTorch and torchvision say of the networks of cresset::models.

    python3 tools/goldens_models.py [NAME…]

For each name of the registry
    repr        what print(model) shows
    state       names and shapes of state_dict()
    parameters  how many numbers train
    flops       of one input of `input`, by torch.utils.flop_counter: two for each multiply-add of convolutions and
                linear layers, nothing else
    eval        of the model in eval mode, weights and input by the formula below: the input's shape, and the output's
                first values, sum, and sum of absolute values
    train       where the network is not too large for a test: the loss (cross-entropy, label i of image i) of the model
                in training mode, dropout off, before and after one step of SGD, and the sum of the absolute values of
                the gradients of the first and last parameter and of all buffers after the step

Weights and inputs are small integers over a power of two (see `formula`), exact in float32; PyTorch computes in float64.
"""
import json
import sys
from pathlib import Path

import numpy as np
import torch
import torchvision
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

LEARNING_RATE = 0.01
TRAINED_PARAMETERS = 40_000_000  # of networks up to here
STEP_BATCH = 4


def formula(seed, count):
    """count integers in [-4, 4]: MurmurHash3's finaliser of seed * 0x9E3779B1 + i, modulo 9, less 4."""
    h = np.arange(count, dtype=np.uint32) + np.uint32((seed * 0x9E3779B1) & 0xFFFFFFFF)
    h ^= h >> np.uint32(16)
    h *= np.uint32(0x85EBCA6B)
    h ^= h >> np.uint32(13)
    h *= np.uint32(0xC2B2AE35)
    h ^= h >> np.uint32(16)
    return (h % np.uint32(9)).astype(np.float32) - 4


def divisor_for(shape):
    """The power of two that gives the formula about the spread of He et al. for this weight."""
    fan_in = int(np.prod(shape[1:]))
    divisor = 1
    while divisor * divisor * 6 < 20 * fan_in:
        divisor *= 2
    return divisor


def fill(model):
    for seed, (name, value) in enumerate(model.state_dict().items()):
        if name.endswith("num_batches_tracked"):
            continue
        numbers = formula(seed, value.numel())
        if value.dim() > 1:
            numbers /= divisor_for(value.shape)
        elif name.endswith("running_var") or (name.endswith("weight")):
            numbers = 1 + numbers / 16
        else:
            numbers /= 32
        value.copy_(torch.from_numpy(numbers).reshape(value.shape))


def image(shape):
    return torch.from_numpy(formula(1000, int(np.prod(shape))).reshape(shape) / 4).double()


class CifarNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv_1 = nn.Conv2d(3, 6, 5)
        self.pool = nn.MaxPool2d(2, 2)
        self.conv_2 = nn.Conv2d(6, 16, 5)
        self.fc_1 = nn.Linear(16 * 5 * 5, 120)
        self.fc_2 = nn.Linear(120, 84)
        self.fc_3 = nn.Linear(84, 10)

    def forward(self, x):
        x = self.pool(F.relu(self.conv_1(x)))
        x = self.pool(F.relu(self.conv_2(x)))
        x = x.view(-1, 16 * 5 * 5)
        return self.fc_3(F.relu(self.fc_2(F.relu(self.fc_1(x)))))


class MnistCnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        self.conv2 = nn.Sequential(nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        self.output = nn.Linear(32 * 7 * 7, 10)

    def forward(self, x):
        x = self.conv2(self.conv1(x))
        return self.output(x.view(x.size(0), -1))


class MnistNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, kernel_size=3, stride=1, padding=1)
        self.conv2 = nn.Conv2d(32, 64, kernel_size=3, stride=1, padding=1)
        self.maxpool = nn.MaxPool2d(kernel_size=2, stride=2, padding=0)
        self.fc1 = nn.Linear(64 * 7 * 7, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x):
        x = self.maxpool(F.relu(self.conv1(x)))
        x = self.maxpool(F.relu(self.conv2(x)))
        return self.fc2(F.relu(self.fc1(x.view(-1, 64 * 7 * 7))))


class ConvNet(nn.Module):
    def __init__(self, layer1_filter, dropout_softmax=False):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, layer1_filter, 3, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(layer1_filter, 384, 3, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(384, 384, 3), nn.ReLU(), nn.Conv2d(384, 256, 3), nn.ReLU())
        end = [nn.Dropout(), nn.Softmax(dim=1)] if dropout_softmax else []
        self.classifier = nn.Sequential(
            nn.Linear(256 * 4 * 4, 4096), nn.ReLU(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 10), *end)

    def forward(self, x):
        return self.classifier(self.features(x).reshape(-1, 256 * 4 * 4))


class Flatten(nn.Module):
    def forward(self, x):
        return x.view(x.shape[0], -1)


class LeNet(nn.Module):
    def __init__(self, activation=nn.Sigmoid, pooling=nn.MaxPool2d):
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2), activation(), pooling(2, 2), nn.Conv2d(6, 16, 5), activation(),
            pooling(2, 2))
        self.fc = nn.Sequential(
            Flatten(), nn.Linear(16 * 5 * 5, 120), activation(), nn.Linear(120, 84), activation(), nn.Linear(84, 10))

    def forward(self, img):
        return self.fc(self.conv(img))


def nin_block(in_channels, widths, kernel_size, stride=1, padding=0):
    return nn.Sequential(
        nn.Conv2d(in_channels, widths[0], kernel_size, stride, padding), nn.ReLU(),
        nn.Conv2d(widths[0], widths[1], 1), nn.ReLU(), nn.Conv2d(widths[1], widths[2], 1), nn.ReLU())


class NiN(nn.Sequential):
    def __init__(self, cifar=False):
        if cifar:
            blocks = [
                nin_block(3, [192, 160, 96], 5, padding=2), nn.MaxPool2d(3, 2, padding=1), nn.Dropout(0.5),
                nin_block(96, [192] * 3, 5, padding=2), nn.AvgPool2d(3, 2, padding=1), nn.Dropout(0.5),
                nin_block(192, [192, 192, 10], 3, padding=1)]
        else:
            blocks = [
                nin_block(3, [96] * 3, 11, stride=4), nn.MaxPool2d(3, 2),
                nin_block(96, [256] * 3, 5, padding=2), nn.MaxPool2d(3, 2),
                nin_block(256, [384] * 3, 3, padding=1), nn.MaxPool2d(3, 2), nn.Dropout(0.5),
                nin_block(384, [1000] * 3, 3, padding=1)]
        super().__init__(*blocks, nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten())


def alexnet_cifar():
    model = torchvision.models.alexnet(num_classes=10)
    model.features[0] = nn.Conv2d(3, 64, kernel_size=5, stride=1, padding=2)
    model.avgpool = nn.AdaptiveAvgPool2d((3, 3))
    model.classifier[1] = nn.Linear(256 * 3 * 3, 1024)
    model.classifier[4] = nn.Linear(1024, 1024)
    model.classifier[6] = nn.Linear(1024, 10)
    return model


def alexnet_sequential():
    convolutions = [(1, 96, 11, 4, 1), (96, 256, 5, 1, 2), (256, 384, 3, 1, 1), (384, 384, 3, 1, 1),
                    (384, 384, 3, 1, 1), (384, 256, 3, 1, 1)]
    layers = []
    for i, sizes in enumerate(convolutions):
        layers += [nn.Conv2d(*sizes), nn.ReLU()]
        if i in (0, 1, 5):
            layers.append(nn.MaxPool2d(kernel_size=3, stride=2))
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(6400, 4096), nn.ReLU(), nn.Dropout(p=0.5),
                         nn.Linear(4096, 10))


def vgg_cifar(make):
    def made():
        model = make(num_classes=10, init_weights=False)
        model.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        model.classifier[0] = nn.Linear(512, 512)
        model.classifier[3] = nn.Linear(512, 512)
        model.classifier[6] = nn.Linear(512, 10)
        return model

    return made


def vgg_sequential():
    layers, channels = [], 1
    for convolutions, width in [(1, 64), (1, 128), (2, 256), (2, 512), (2, 512)]:
        block = []
        for _ in range(convolutions):
            block += [nn.Conv2d(channels, width, kernel_size=3, padding=1), nn.ReLU()]
            channels = width
        layers.append(nn.Sequential(*block, nn.MaxPool2d(kernel_size=2, stride=2)))
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels * 7 * 7, 4096), nn.ReLU(), nn.Dropout(0.5),
                         nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(0.5), nn.Linear(4096, 10))


class CifarResNet(torchvision.models.ResNet):
    def __init__(self):
        super().__init__(torchvision.models.resnet.BasicBlock, [2, 2, 2, 2], num_classes=10)
        self.conv1 = nn.Conv2d(3, 64, kernel_size=3, stride=1, padding=1, bias=False)
        del self.maxpool

    def _get_name(self):
        return "ResNet"

    def forward(self, x):
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


class PaddedBlock(nn.Module):
    def __init__(self, channels, width, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.stride, self.added = stride, width - channels

    def forward(self, x):
        out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        x = x[:, :, ::self.stride, ::self.stride]
        return self.relu(out + F.pad(x, (0, 0, 0, 0, self.added // 2, self.added - self.added // 2)))


class ResNet20(nn.Module):
    """He et al. 2015, section 4.2, with shortcuts of option A."""
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.relu = nn.ReLU(inplace=True)
        for stage, (channels, width) in enumerate([(16, 16), (16, 32), (32, 64)], 1):
            blocks = [PaddedBlock(channels, width, 1 if stage == 1 else 2)]
            setattr(self, f"layer{stage}", nn.Sequential(*blocks, *(PaddedBlock(width, width, 1) for _ in range(2))))
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(64, 10)

    def _get_name(self):
        return "CifarResNet"

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(self.relu(self.bn1(self.conv1(x))))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


zoo = torchvision.models
# How each is made, its input, and the smaller one of `eval`.
MODELS = {
    "cifar_net": (CifarNet, (3, 32, 32), None),
    "mnist_cnn": (MnistCnn, (1, 28, 28), None),
    "mnist_net": (MnistNet, (1, 28, 28), None),
    "conv_net": (lambda: ConvNet(96), (3, 32, 32), None),
    "conv_net_softmax": (lambda: ConvNet(96, True), (3, 32, 32), None),
    "lenet": (LeNet, (1, 28, 28), None),
    "lenet_avg": (lambda: LeNet(pooling=nn.AvgPool2d), (1, 28, 28), None),
    "lenet_relu": (lambda: LeNet(activation=nn.ReLU), (1, 28, 28), None),
    "nin": (NiN, (3, 224, 224), (3, 96, 96)),
    "nin_cifar": (lambda: NiN(cifar=True), (3, 32, 32), None),
    "alexnet": (zoo.alexnet, (3, 224, 224), (3, 64, 64)),
    "alexnet_cifar": (alexnet_cifar, (3, 32, 32), None),
    "alexnet_sequential": (alexnet_sequential, (1, 224, 224), None),
    "vgg11": (zoo.vgg11, (3, 224, 224), (3, 64, 64)),
    "vgg11_bn": (zoo.vgg11_bn, (3, 224, 224), (3, 64, 64)),
    "vgg11_cifar": (vgg_cifar(zoo.vgg11), (3, 32, 32), None),
    "vgg11_bn_cifar": (vgg_cifar(zoo.vgg11_bn), (3, 32, 32), None),
    "vgg11_sequential": (vgg_sequential, (1, 224, 224), None),
    "vgg16": (zoo.vgg16, (3, 224, 224), (3, 64, 64)),
    "vgg16_bn": (zoo.vgg16_bn, (3, 224, 224), (3, 64, 64)),
    "vgg16_cifar": (vgg_cifar(zoo.vgg16), (3, 32, 32), None),
    "vgg16_bn_cifar": (vgg_cifar(zoo.vgg16_bn), (3, 32, 32), None),
    "resnet18": (zoo.resnet18, (3, 224, 224), (3, 64, 64)),
    "resnet18_cifar": (CifarResNet, (3, 32, 32), None),
    "resnet20": (ResNet20, (3, 32, 32), None),
}


def total(tensors):
    return sum(t.detach().double().abs().sum().item() for t in tensors)


def train(model, shape):
    model.train()
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.eval()
    images, labels = image((STEP_BATCH, *shape)), torch.arange(STEP_BATCH)
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)
    losses, grads = [], []
    for step in range(2):
        loss = F.cross_entropy(model(images), labels)
        losses.append(loss.item())
        if step == 0:
            loss.backward()
            parameters = list(model.parameters())
            grads = [total([parameters[0].grad]), total([parameters[-1].grad])]
            optimizer.step()
            buffers = total(model.buffers())
    return {"losses": losses, "grads": grads, "buffers": buffers}


def answer(name):
    make, shape, smaller = MODELS[name]
    # Its weights come from the formula: no time for random ones.
    with torch.device("meta"):
        model = make().eval()
        counter = FlopCounterMode(display=False)
        with counter, torch.no_grad():
            model(torch.empty(1, *shape))
    found = {
        "repr": repr(model),
        "state": "\n".join(f"{key} {list(value.shape)}" for key, value in model.state_dict().items()),
        "parameters": sum(p.numel() for p in model.parameters()),
        "input": list(shape),
        "flops": counter.get_total_flops(),
    }
    model = model.to_empty(device="cpu").double()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.num_batches_tracked.zero_()
    fill(model)
    used = (2 if found["parameters"] < TRAINED_PARAMETERS else 1, *(smaller or shape))
    with torch.no_grad():
        out = model(image(used))
    found["eval"] = {"input": list(used), "first": out.flatten()[:4].tolist(), "sum": out.sum().item(),
                     "abs": total([out])}
    if found["parameters"] < TRAINED_PARAMETERS:
        found["train"] = train(model, smaller or shape)
    return found


def main():
    path = Path(__file__).resolve().parent.parent / "tests" / "golden" / "models.json"
    answers = json.loads(path.read_text()) if len(sys.argv) > 1 and path.exists() else {}
    for name in sys.argv[1:] or MODELS:
        answers[name] = answer(name)
        print(name, {key: value for key, value in answers[name].items() if key not in ("repr", "state")}, flush=True)
        ordered = {known: answers[known] for known in MODELS if known in answers}
        path.write_text(json.dumps(ordered, indent=1) + "\n")



if __name__ == "__main__":
    main()
