// Ready-made networks.
#pragma once

#include <cresset/models/alexnet.h>
#include <cresset/models/cifar_net.h>
#include <cresset/models/conv_net.h>
#include <cresset/models/lenet.h>
#include <cresset/models/mnist_nets.h>
#include <cresset/models/nin.h>
#include <cresset/models/registry.h>
#include <cresset/models/resnet.h>
#include <cresset/models/vgg.h>
