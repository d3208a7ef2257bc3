// Optimisers and learning rate schedulers.
#pragma once

#include <cresset/optim/adam.h>
#include <cresset/optim/lr_scheduler.h>
#include <cresset/optim/optimizer.h>
#include <cresset/optim/sgd.h>
