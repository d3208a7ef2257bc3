// Runs the cases of the table. Every check is made on each device that is there.
#pragma once

#include <cresset/dispatch.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "op_case.h"

namespace cresset::test {

// The devices of this machine: the processor, and the first CUDA device where one can be used.
std::vector<Device> devices();

// What one call gives: outputs, and one gradient for each argument, undefined where there is none.
struct Answer {
  std::vector<Tensor> outputs, grads;
};
// Calls the op of the case once; floating arguments become float64 first where `in_double`.
Answer answer(const OpCases& op, const OpCase& c, DType dtype, const Device& device, bool in_double = false);

// Everything but the numerical gradients. Problems are reported to GoogleTest.
void check_case(const OpCases& op, const OpCase& c, DType dtype, const Device& device);
// Numerical first and second gradients in double, with each kernel of the op.
void check_gradients(const OpCases& op, const OpCase& c, const Device& device);
// The same bits with 1 and with 3 threads.
void check_threads(const OpCases& op, const OpCase& c, DType dtype);
void check_error(const OpCases& op, const ErrorCase& c, const Device& device);

// Which dtypes of cases a kernel ran for, and for which it refused one; and how many cases, with gradients apart: it
// ran and refused where it was required, and was chosen for by itself.
struct Reach {
  std::set<DType> ran, refused;
  std::size_t runs = 0, refusals = 0, choices = 0;
};
using Reached = std::map<std::pair<std::string, std::string>, Reach>;  // by device and slot, and kernel
Reached& reached();
std::string reach_key(DeviceType device, const std::string& slot);

// The kernels of a slot on a device, in order.
std::vector<std::string> kernels_of(const std::string& slot, DeviceType device);

}  // namespace cresset::test
