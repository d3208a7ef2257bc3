// A picture as a PNG in memory.
#pragma once

#include <cresset/plot.h>

#include <string>

namespace cresset::plot {

// `operation` begins the messages of errors: save_png says which.
std::string png_bytes(const Picture& picture, const std::string& operation);

}  // namespace cresset::plot
