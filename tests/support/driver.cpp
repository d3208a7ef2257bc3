#include "support/driver.h"

#include <cresset/autograd.h>
#include <cresset/cuda.h>
#include <cresset/extension/registry.h>
#include <cresset/threads.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "support/compare.h"
#include "support/golden.h"
#include "support/gradcheck.h"
#include "support/leaves.h"

namespace cresset::test {
namespace {

Answer call(const OpCases& op, const OpCase& c, const Leaves& leaves) {
  Answer a;
  a.outputs = op.call(arguments_of(c, leaves.tensors), c.options);
  a.grads.resize(c.arguments.size());
  std::vector<Tensor> roots, weights, inputs;
  for (std::size_t k = 0; k < a.outputs.size(); ++k) {
    if (!a.outputs[k].is_floating_point() || !a.outputs[k].requires_grad()) continue;
    roots.push_back(a.outputs[k]);
    weights.push_back(output_weights(a.outputs[k], k));
  }
  for (const std::size_t i : leaves.with_grad) inputs.push_back(leaves.tensors[i]);
  if (roots.empty() || inputs.empty()) return a;
  const auto grads = autograd::grad(roots, inputs, {.grad_outputs = weights, .allow_unused = true});
  for (std::size_t i = 0; i < grads.size(); ++i) a.grads[leaves.with_grad[i]] = grads[i];
  return a;
}

Tolerance tolerance_of(const OpCases& op, const OpCase& c, bool of_grad) {
  // A gradient sums at least the few terms of its own formula.
  return {.exact = c.exact,
          .ulps = c.slack * (of_grad ? op.grad_ulps : op.ulps),
          .rounded_between = of_grad && op.grad_rounded,
          .terms = of_grad ? std::max<std::int64_t>(c.terms, 1) : c.terms};
}

// cuDNN's kernel of c.rounded_by_cudnn, where it is one that rounds.
const detail::AnyKernel* rounding_kernel(const OpCase& c, DType dtype, DeviceType device) {
  const bool is_16_bits = dtype == kFloat16 || dtype == kBFloat16;
  if (c.rounded_by_cudnn.empty() || !is_16_bits || device != DeviceType::cuda || cuda::is_simulated()) return nullptr;
  for (const detail::AnyKernel* kernel : *detail::kernel_list(c.rounded_by_cudnn, device).order.load())
    if (kernel->name == "cudnn") return kernel;
  return nullptr;
}

// `rounded`: parts of the gradients' sums were rounded to the type, which counts more than the case's slack.
void compare(const OpCases& op, const OpCase& c, const Answer& got, const Answer& expected, const std::string& with,
             bool rounded = false) {
  ASSERT_EQ(got.outputs.size(), expected.outputs.size()) << with;
  for (std::size_t k = 0; k < got.outputs.size(); ++k)
    EXPECT_EQ(difference(got.outputs[k], expected.outputs[k], tolerance_of(op, c, false)), "")
        << "output " << k << ", " << with;
  Tolerance of_grads = tolerance_of(op, c, true);
  if (rounded) {
    of_grads.ulps = op.grad_ulps;
    of_grads.rounded_between = true;
  }
  for (std::size_t i = 0; i < got.grads.size(); ++i) {
    ASSERT_EQ(got.grads[i].defined(), expected.grads[i].defined()) << "gradient " << i << ", " << with;
    if (got.grads[i].defined()) {
      EXPECT_EQ(difference(got.grads[i], expected.grads[i], of_grads), "") << "gradient " << i << ", " << with;
    }
  }
}

void compare_with_golden(const OpCases& op, const OpCase& c, DType dtype, const Answer& got) {
  const auto expected = golden(op.name, full_name(op, c, dtype));
  ASSERT_TRUE(expected) << "no answer of PyTorch; write them by tools/write_goldens.sh";
  // Both sides have an error.
  Tolerance values = tolerance_of(op, c, false), grads = tolerance_of(op, c, true);
  values.ulps *= 2;
  grads.ulps *= 2;
  grads.rounded_between = true;  // PyTorch adds many gradients in the type itself
  for (std::size_t k = 0; k < got.outputs.size(); ++k) {
    const std::string key = "out" + std::to_string(k);
    ASSERT_TRUE(expected->tensors.contains(key)) << key;
    const Tensor& theirs = expected->tensors.at(key);
    EXPECT_EQ(name(got.outputs[k].dtype()), name(theirs.dtype())) << key;
    EXPECT_EQ(difference(got.outputs[k], theirs, values), "") << key << ", against PyTorch";
    EXPECT_EQ(got.outputs[k].strides().str(), expected->strides.at(key).str()) << key << ": strides, against PyTorch";
  }
  EXPECT_FALSE(expected->tensors.contains("out" + std::to_string(got.outputs.size())));
  for (std::size_t i = 0; i < got.grads.size(); ++i) {
    const std::string key = "grad" + std::to_string(i);
    const auto theirs = expected->tensors.find(key);
    ASSERT_EQ(got.grads[i].defined(), theirs != expected->tensors.end()) << key;
    if (got.grads[i].defined()) {
      EXPECT_EQ(name(got.grads[i].dtype()), name(theirs->second.dtype())) << key;
      EXPECT_EQ(difference(got.grads[i], theirs->second, grads), "") << key << ", against PyTorch";
    }
  }
}

const std::vector<const detail::AnyKernel*>& order_of(const std::string& slot, DeviceType device) {
  return *detail::kernel_list(slot, device).order.load();
}

bool is_refusal(const UnsupportedError& error, const std::string& slot) {
  return std::string(error.what()).starts_with(slot + ": no ");
}

// Of a slot: every kernel, or the first of this library's own that takes the problem. Where a vendor's is taken, what a
// case is made for would not run otherwise.
enum class Which { all, all_but_cudnn, first_own };
Which forced_of(const OpCase& c) {
  if (!c.forced) return Which::first_own;
  return c.by_cudnn ? Which::all : Which::all_but_cudnn;
}
bool is_own(const std::string& kernel) { return kernel != "cudnn" && kernel != "cublaslt"; }

// Calls body() with kernels of the op's slots forced; body's UnsupportedError of that slot is a refusal.
template <class Body>
void for_each_kernel(const OpCases& op, DType dtype, DeviceType device, Which which, Body body) {
  for (const std::string& slot : op.slots) {
    const auto& order = order_of(slot, device);
    if (which == Which::first_own && (order.empty() || is_own(order.front()->name))) continue;
    for (const detail::AnyKernel* kernel : order) {
      if (which == Which::first_own && !is_own(kernel->name)) continue;
      if (which == Which::all_but_cudnn && kernel->name == "cudnn") continue;
      Reach& reach = reached()[{reach_key(device, slot), kernel->name}];
      kernel->ran = false;
      try {
        const ForceKernelGuard force(slot + "=" + kernel->name);
        body(slot + "=" + kernel->name);
      } catch (const UnsupportedError& error) {
        if (!is_refusal(error, slot)) throw;
        reach.refused.insert(dtype);
        ++reach.refusals;
      }
      if (kernel->ran) {
        reach.ran.insert(dtype);
        ++reach.runs;
        if (which == Which::first_own) break;
      }
    }
  }
}

// Counts the kernels of the op's slots that body() runs.
template <class Body>
void count_choices(const OpCases& op, DeviceType device, Body body) {
  for (const std::string& slot : op.slots)
    for (const detail::AnyKernel* kernel : order_of(slot, device)) kernel->ran = false;
  body();
  for (const std::string& slot : op.slots)
    for (const detail::AnyKernel* kernel : order_of(slot, device))
      if (kernel->ran) ++reached()[{reach_key(device, slot), kernel->name}].choices;
}

}  // namespace

std::vector<Device> devices() {
  std::vector<Device> found{Device(DeviceType::cpu)};
  if (cuda::is_available()) found.emplace_back(DeviceType::cuda);
  return found;
}

Reached& reached() {
  static auto* all = new Reached;
  return *all;
}
std::string reach_key(DeviceType device, const std::string& slot) { return Device(device).str() + " " + slot; }

std::vector<std::string> kernels_of(const std::string& slot, DeviceType device) {
  std::vector<std::string> names;
  for (const KernelInfo& kernel : list_kernels())
    if (kernel.slot == slot && kernel.device == device) names.push_back(kernel.name);
  return names;
}

Answer answer(const OpCases& op, const OpCase& c, DType dtype, const Device& device, bool in_double) {
  return call(op, c, make_leaves(c, dtype, device, in_double ? Purpose::in_double : Purpose::as_written));
}

void check_case(const OpCases& op, const OpCase& c, DType dtype, const Device& device) {
  const autograd::LiveCounts before = autograd::live_counts();
  {
    Answer reference;
    {
      // On the processor whatever the device: the oracle of last resort.
      const ForceKernelGuard force("*=reference");
      reference = answer(op, c, dtype, DeviceType::cpu, true);
    }
    const Leaves leaves = make_leaves(c, dtype, device, Purpose::as_written);
    Answer chosen;
    count_choices(op, device.type, [&] { chosen = call(op, c, leaves); });
    const detail::AnyKernel* rounding = rounding_kernel(c, dtype, device.type);
    EXPECT_TRUE(unchanged(c, dtype, leaves.tensors, device)) << "the op wrote to its arguments";
    compare(op, c, chosen, reference, "unforced", rounding && rounding->ran);
    if (c.golden && !golden_folder().empty()) compare_with_golden(op, c, dtype, chosen);
    for_each_kernel(op, dtype, device.type, forced_of(c), [&](const std::string& forced) {
      if (rounding) rounding->ran = false;
      const Answer got = answer(op, c, dtype, device);
      compare(op, c, got, reference, forced, rounding && rounding->ran);
    });
  }
  const autograd::LiveCounts after = autograd::live_counts();
  EXPECT_EQ(after.nodes, before.nodes) << "nodes are left";
  EXPECT_EQ(after.tensors, before.tensors) << "tensors are left";
  EXPECT_EQ(after.storage_bytes, before.storage_bytes) << "bytes are left";
}

void check_gradients(const OpCases& op, const OpCase& c, const Device& device) {
  const autograd::LiveCounts before = autograd::live_counts();
  {
    const Leaves leaves = make_leaves(c, kFloat64, device, Purpose::differences);
    if (leaves.with_grad.empty()) return;
    std::vector<Tensor> inputs;
    for (const std::size_t i : leaves.with_grad) inputs.push_back(leaves.tensors[i]);
    const Function f = [&](const std::vector<Tensor>& at) {
      std::vector<Tensor> all = leaves.tensors;
      for (std::size_t i = 0; i < at.size(); ++i) all[leaves.with_grad[i]] = at[i];
      return op.call(arguments_of(c, all), c.options);
    };
    const bool twice = op.differentiable == Differentiable::twice && c.second;
    // A device's gradients are compared with the processor's in check_case: a few differences show that they are taken.
    const GradcheckOptions options{.elements = device.is_cpu() ? 96 : 3};
    const auto check = [&](const std::string& with) {
      EXPECT_EQ(gradcheck(f, inputs, options), "") << with;
      if (twice) {
        EXPECT_EQ(gradgradcheck(f, inputs, options), "") << with << ", second gradients";
      }
    };
    check("unforced");
    if (op.differentiable == Differentiable::once) {
      try {
        gradgradcheck(f, inputs);
        ADD_FAILURE() << "the backward must say that it has no gradient";
      } catch (const UnsupportedError& error) {
        EXPECT_NE(std::string(error.what()).find("its backward has no gradient itself"), std::string::npos)
            << error.what();
      }
    }
    if (c.forced) for_each_kernel(op, kFloat64, device.type, Which::all, check);
  }
  const autograd::LiveCounts after = autograd::live_counts();
  EXPECT_EQ(after.nodes, before.nodes) << "nodes are left";
  EXPECT_EQ(after.tensors, before.tensors) << "tensors are left";
}

void check_threads(const OpCases& op, const OpCase& c, DType dtype) {
  const int before = get_num_threads();
  set_num_threads(1);
  const Answer one = answer(op, c, dtype, DeviceType::cpu);
  set_num_threads(3);
  const Answer three = answer(op, c, dtype, DeviceType::cpu);
  set_num_threads(before);
  Tolerance exact;
  exact.exact = true;
  for (std::size_t k = 0; k < one.outputs.size(); ++k)
    EXPECT_EQ(difference(three.outputs[k], one.outputs[k], exact), "") << "output " << k;
  for (std::size_t i = 0; i < one.grads.size(); ++i)
    if (one.grads[i].defined()) {
      EXPECT_EQ(difference(three.grads[i], one.grads[i], exact), "") << "gradient " << i;
    }
}

void check_error(const OpCases& op, const ErrorCase& c, const Device& device) {
  const autograd::LiveCounts before = autograd::live_counts();
  const OpCase as_case{.name = c.name, .arguments = c.arguments, .options = c.options};
  const auto message = [&]() -> std::pair<ErrorType, std::string> {
    try {
      answer(op, as_case, c.dtype, device);
      // What a kernel finds wrong with values is thrown where the host waits.
      if (device.is_cuda()) cuda::synchronize(device);
    } catch (const ShapeError& e) {
      return {ErrorType::shape, e.what()};
    } catch (const DTypeError& e) {
      return {ErrorType::dtype, e.what()};
    } catch (const DeviceError& e) {
      return {ErrorType::device, e.what()};
    } catch (const IndexError& e) {
      return {ErrorType::index, e.what()};
    } catch (const ValueError& e) {
      return {ErrorType::value, e.what()};
    } catch (const UnsupportedError& e) {
      if (std::string_view(e.what()).find(": has no cuda kernel") != std::string_view::npos) throw;
      return {ErrorType::unsupported, e.what()};
    }
    return {ErrorType::shape, "(no error)"};
  }();
  EXPECT_EQ(message.second, c.message);
  EXPECT_EQ(static_cast<int>(message.first), static_cast<int>(c.type)) << "the type of the error";
  if (c.golden && !golden_folder().empty()) {
    const auto theirs = golden(op.name, op.name + "." + c.name);
    EXPECT_TRUE(theirs && !theirs->error.empty()) << "PyTorch's refusal is not on file";
  }
  const autograd::LiveCounts after = autograd::live_counts();
  EXPECT_EQ(after.nodes, before.nodes) << "nodes are left";
  EXPECT_EQ(after.storage_bytes, before.storage_bytes) << "bytes are left";
}

}  // namespace cresset::test
