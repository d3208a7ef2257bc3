#include <cresset/nn/parameter.h>

#include <cstdio>
#include <ostream>

namespace cresset {

std::string nn::Parameter::str() const { return defined() ? "Parameter containing:\n" + Tensor::str() : "None"; }

std::ostream& operator<<(std::ostream& out, const nn::Parameter& parameter) { return out << parameter.str(); }
void print(const nn::Parameter& parameter) { std::puts(parameter.str().c_str()); }

}  // namespace cresset
