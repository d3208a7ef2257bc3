// must not compile: could not convert|cannot convert|no viable conversion|no matching
#include <cresset/cresset.h>

cresset::nn::functional::Conv2dOptions options() { return {.stride = 1.5}; }
