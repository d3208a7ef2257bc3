// Modules, layers and losses.
#pragma once

#include <cresset/nn/activation.h>
#include <cresset/nn/batch_norm.h>
#include <cresset/nn/conv.h>
#include <cresset/nn/fused_relu.h>
#include <cresset/nn/init.h>
#include <cresset/nn/linear.h>
#include <cresset/nn/loss.h>
#include <cresset/nn/module.h>
#include <cresset/nn/output_size.h>
#include <cresset/nn/pooling.h>
#include <cresset/nn/receptive_field.h>
#include <cresset/nn/sequential.h>
#include <cresset/nn/summary.h>
