"""The convolutions of the networks that the report asks about, and their sizes.

The seeds are the five notebooks that the project began with: CifarNet (000), a small MNIST network (001), AlexNet for one
channel and a CIFAR-10 network (002), LeNet (003), an MNIST network with padding (004).
"""
from dataclasses import dataclass


@dataclass(frozen=True)
class Convolution:
    network: str
    layer: str
    N: int
    C: int
    H: int
    W: int
    K: int
    R: int
    S: int
    stride: int = 1
    padding: int = 0
    groups: int = 1

    @property
    def P(self):
        return (self.H + 2 * self.padding - self.R) // self.stride + 1

    @property
    def Q(self):
        return (self.W + 2 * self.padding - self.S) // self.stride + 1

    @property
    def multiplications(self):
        """Multiply-adds of forward, and of each gradient."""
        return self.N * self.P * self.Q * self.K * (self.C // self.groups) * self.R * self.S

    @property
    def elements(self):
        """Of the input, the weight and the output."""
        return (
            self.N * self.C * self.H * self.W,
            self.K * self.C // self.groups * self.R * self.S,
            self.N * self.K * self.P * self.Q,
        )

    def __str__(self):
        more = f", stride {self.stride}" if self.stride > 1 else ""
        more += f", padding {self.padding}" if self.padding else ""
        more += f", groups {self.groups}" if self.groups > 1 else ""
        return f"{self.N}x{self.C}x{self.H}x{self.W} to {self.K}, {self.R}x{self.S}{more}"


def square(network, layer, N, C, H, K, R, **more):
    return Convolution(network, layer, N, C, H, H, K, R, R, **more)


def resnet18(name, N, size):
    """He et al., "Deep residual learning", 2015; the CIFAR form begins with a 3x3 convolution and no pooling."""
    small = size == 32
    layers = [square(name, "conv1", N, 3, size, 64, 3 if small else 7, stride=1 if small else 2, padding=1 if small else 3)]
    side, channels = (size if small else size // 4), 64
    for stage, K in enumerate((64, 128, 256, 512), start=1):
        if stage > 1:
            layers.append(square(name, f"layer{stage}.0.conv1", N, channels, side, K, 3, stride=2, padding=1))
            layers.append(square(name, f"layer{stage}.0.downsample", N, channels, side, K, 1, stride=2))
            side //= 2
        layers.append(square(name, f"layer{stage} (3x3)", N, K, side, K, 3, padding=1))
        channels = K
    return layers


def airbench94(N=1024):
    """K. Jordan, "94% on CIFAR-10 in 3.29 seconds", 2024: a 2x2 convolution to 24 channels, then three blocks of two 3x3
    convolutions, the first of each pooled by two."""
    name = "airbench94"
    layers = [square(name, "whiten", N, 3, 32, 24, 2)]
    side, channels = 31, 24
    for block, K in enumerate((64, 256, 256), start=1):
        layers.append(square(name, f"block{block}.conv1", N, channels, side, K, 3, padding=1))
        side //= 2
        layers.append(square(name, f"block{block}.conv2", N, K, side, K, 3, padding=1))
        channels = K
    return layers


def seeds():
    alexnet, cifar = "002 AlexNet", "002 CIFAR-10"
    return [
        square("000 CifarNet", "conv_1", 4, 3, 32, 6, 5),
        square("000 CifarNet", "conv_2", 4, 6, 14, 16, 5),
        square("001 MNIST", "conv1", 64, 1, 28, 16, 3, padding=1),
        square("001 MNIST", "conv2", 64, 16, 14, 32, 3, padding=1),
        square(alexnet, "conv1", 128, 1, 224, 96, 11, stride=4, padding=1),
        square(alexnet, "conv2", 128, 96, 26, 256, 5, padding=2),
        square(alexnet, "conv3", 128, 256, 12, 384, 3, padding=1),
        square(alexnet, "conv4", 128, 384, 12, 384, 3, padding=1),
        square(alexnet, "conv5", 128, 384, 12, 256, 3, padding=1),
        square(cifar, "conv1", 128, 3, 32, 64, 3, padding=2),
        square(cifar, "conv2", 128, 64, 16, 384, 3, padding=2),
        square(cifar, "conv3", 128, 384, 8, 384, 3),
        square(cifar, "conv4", 128, 384, 6, 256, 3),
        square("003 LeNet", "conv1", 256, 1, 28, 6, 5, padding=2),
        square("003 LeNet", "conv2", 256, 6, 14, 16, 5),
        square("004 MNIST", "conv1", 64, 1, 28, 32, 3, padding=1),
        square("004 MNIST", "conv2", 64, 32, 14, 64, 3, padding=1),
    ]


def all_convolutions():
    return seeds() + resnet18("ResNet-18", 32, 224) + resnet18("ResNet-18, CIFAR", 128, 32) + airbench94()
