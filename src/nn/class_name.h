// Names of C++ classes as a reader knows them.
#pragma once

#include <string>
#include <typeinfo>

namespace cresset::nn {

// Without namespaces and enclosing functions: "Linear".
std::string class_name_of(const std::type_info& type);

}  // namespace cresset::nn
