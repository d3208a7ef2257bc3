// Data sets, transforms and loaders: the component cresset::data.
#pragma once

#include <cresset/data/batch_request.h>
#include <cresset/data/cifar10.h>
#include <cresset/data/collate.h>
#include <cresset/data/download.h>
#include <cresset/data/image_dataset.h>
#include <cresset/data/image_folder.h>
#include <cresset/data/loader.h>
#include <cresset/data/loader_state.h>
#include <cresset/data/mnist.h>
#include <cresset/data/progress_bar.h>
#include <cresset/data/read_image.h>
#include <cresset/data/sampler.h>
#include <cresset/data/subset.h>
#include <cresset/data/transforms.h>
