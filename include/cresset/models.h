// Ready-made networks.
#pragma once

#include <cresset/models/cifar_net.h>
#include <cresset/models/registry.h>
