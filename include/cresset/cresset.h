// All of cresset but its optional components (cresset/data.h, cresset/plot.h).
#pragma once

#include <cresset/autocast.h>
#include <cresset/autograd.h>
#include <cresset/creation.h>
#include <cresset/cuda.h>
#include <cresset/cuda_graph.h>
#include <cresset/device.h>
#include <cresset/dtype.h>
#include <cresset/error.h>
#include <cresset/grad_scaler.h>
#include <cresset/io/checkpoint.h>
#include <cresset/io/safetensors.h>
#include <cresset/models.h>
#include <cresset/nn.h>
#include <cresset/ops.h>
#include <cresset/optim.h>
#include <cresset/print.h>
#include <cresset/random.h>
#include <cresset/tensor.h>
#include <cresset/threads.h>
