"""The networks that both sides train: the small one for CIFAR-10, and ResNets."""

import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
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
        x = F.relu(self.fc_1(x))
        x = F.relu(self.fc_2(x))
        return self.fc_3(x)


class Block(nn.Module):
    """torchvision's BasicBlock; with `padded`, a shortcut without parameters (He et al. 2015, option A)."""

    def __init__(self, inputs, outputs, stride, padded):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.stride, self.new, self.downsample = stride, outputs - inputs, None
        if not padded and (stride != 1 or inputs != outputs):
            conv = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.downsample = nn.Sequential(conv, nn.BatchNorm2d(outputs))

    def forward(self, x):
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.downsample is not None:
            x = self.downsample(x)
        elif self.new:
            x = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.new // 2, self.new - self.new // 2))
        out += x
        return self.relu(out)


def stages(width, number, blocks, padded):
    layers, inputs = [], width
    for stage in range(number):
        outputs = width << stage
        for block in range(blocks):
            layers.append(Block(inputs, outputs, 2 if stage and not block else 1, padded))
            inputs = outputs
    return [*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten()]


def resnet18():
    stem = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)]
    return nn.Sequential(*stem, *stages(64, 4, 2, False), nn.Linear(512, 1000))


def resnet20():
    stem = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(inplace=True)]
    return nn.Sequential(*stem, *stages(16, 3, 3, True), nn.Linear(64, 10))


# By cresset's names: how one is made, and its number of classes.
NETWORKS = {"cifar_net": (Net, 10), "resnet20": (resnet20, 10), "resnet18": (resnet18, 1000)}
