// Every case of the op case table as a model: exported, checked, and run by ONNX Runtime.
#include <gtest/gtest.h>

#if CRESSET_HAS_ONNX
#include <cresset/export_onnx.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <map>
#include <set>

#include "cases/op_table.h"
#include "onnx/runtime.h"
#include "support/compare.h"
#include "support/leaves.h"
#include "support/scratch_folder.h"

namespace cresset::test {
namespace {

// An op with its options as a module of its tensors.
class CaseModule : public nn::ModuleOf<std::vector<Tensor>(const std::vector<Tensor>&)> {
 public:
  CRESSET_MODULE()
  std::vector<Tensor> forward(const std::vector<Tensor>& tensors) override {
    std::vector<Tensor> all(case_->arguments.size());
    std::size_t next = 0;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (case_->arguments[i].is_tensor()) all[i] = tensors[next++];
    return op_->call(arguments_of(*case_, all), case_->options);
  }
  void set(const OpCases& op, const OpCase& c) { op_ = &op, case_ = &c; }

 private:
  const OpCases* op_ = nullptr;
  const OpCase* case_ = nullptr;
};

struct Exported {
  const OpCases* op;
  const OpCase* c;
  DType dtype;
  std::vector<Tensor> expected;
};

// Ops of which some case has no ONNX form, and what is said of it.
bool may_have_no_form(const std::string& op) {
  static const std::set<std::string> kOps{
      "avg_pool2d", "conv2d", "conv2d_relu", "cross_entropy", "max_pool2d", "view", "max_pool2d_with_indices"};
  return kOps.contains(op);
}

// ONNX does not say what becomes of what is not a number: ONNX Runtime passes over it.
bool leaves_open(const OpCases& op, const OpCase& c) {
  static const std::set<std::string> kOps{"max", "min", "max_pool2d", "max_pool2d_with_indices"};
  return (kOps.contains(op.name) && c.name == "not_a_number") || (op.name == "sign" && c.name == "special");
}

// 1e-5 of the largest value. ONNX Runtime adds squares in float32 one after the other, which is worse where there are
// many; in float64 these cases agree as they should.
double relative_tolerance(const OpCases& op, const OpCase& c) {
  const bool squares = op.name == "var" || op.name == "std";
  return squares ? std::max(1e-5, 4 * std::sqrt(static_cast<double>(c.terms)) * 0x1p-24) : 1e-5;
}

bool is_random(const OpCases& op, const OpCase& c) { return op.name == "dropout" && c.options.flag("training", true); }

TEST(Onnx, EveryOpCaseGivesTheSameInOnnxRuntime) {
  const bool compared = has_runtime();
  const char* only = std::getenv("CRESSET_TEST_OP");  // one op, while working
  const ScratchFolder folder;
  std::map<std::string, Exported> models;
  std::map<std::string, int> without_form;
  for (const OpCases& op : op_table()) {
    if (only && op.name != only) continue;
    for (const OpCase& c : op.cases)
      for (const DType dtype : c.dtypes) {
        const std::string name = full_name(op, c, dtype);
        SCOPED_TRACE(name);
        const Leaves leaves = make_leaves(c, dtype, DeviceType::cpu, Purpose::as_written);
        CaseModule module;
        module.set(op, c);
        module.train(is_random(op, c));
        std::vector<Tensor> inputs;
        for (const Tensor& leaf : leaves.tensors)
          if (leaf.defined()) inputs.push_back(leaf.detach());
        std::vector<std::string> names;
        for (std::size_t i = 0; i < inputs.size(); ++i) names.push_back("x" + std::to_string(i));
        try {
          export_onnx(module, inputs, folder / (name + ".onnx"),
                      {.training = TrainingMode::preserve, .input_names = names});
        } catch (const UnsupportedError& error) {
          EXPECT_TRUE(may_have_no_form(op.name)) << error.what();
          EXPECT_NE(std::string(error.what()).find("\nin CaseModule"), std::string::npos) << error.what();
          ++without_form[op.name];
          continue;
        } catch (const Error& error) {
          ADD_FAILURE() << error.what();
          continue;
        }
        if (!compared) continue;
        write_inputs(folder.path(), name, inputs, names);
        const NoGradGuard no_grad;
        models[name] = {&op, &c, dtype, module(inputs)};
      }
  }
  CRESSET_SKIP_WITHOUT_RUNTIME();  // each was exported, and ONNX's checker took it
  const auto results = run_models(folder.path());
  std::map<std::string, int> agreed;
  std::map<std::string, std::set<std::string>> no_kernel;
  int skipped = 0, left_open = 0;
  for (const auto& [name, model] : models) {
    SCOPED_TRACE(name);
    const auto result = results.find(name);
    ASSERT_TRUE(result != results.end());
    if (result->second == "no kernel") {
      no_kernel[model.op->name].insert(std::string(cresset::name(model.dtype)));
      ++skipped;
      continue;
    }
    EXPECT_EQ(result->second, "ok");
    if (leaves_open(*model.op, *model.c)) {
      ++left_open;
      continue;
    }
    if (result->second != "ok" || is_random(*model.op, *model.c)) continue;
    const auto outputs = read_outputs(folder.path(), name);
    ASSERT_EQ(outputs.size(), model.expected.size());
    for (std::size_t k = 0; k < model.expected.size(); ++k) {
      const Tensor& got = outputs.at(k == 0 ? "output" : "output_" + std::to_string(k));
      const Tensor& expected = model.expected[k];
      ASSERT_EQ(got.dtype(), expected.dtype()) << "output " << k;
      // Both sides have an error.
      const Tolerance tolerance{.exact = false,
                                .ulps = 4 * model.op->ulps * model.c->slack,
                                .rounded_between = true,
                                .terms = std::max<std::int64_t>(model.c->terms, 1)};
      EXPECT_EQ(expected.dtype() == kFloat32 ? too_far(got, expected, relative_tolerance(*model.op, *model.c))
                                             : difference(got, expected, tolerance),
                "")
          << "output " << k;
    }
    ++agreed[model.op->name];
  }
  int total = 0, refused = 0;
  for (const auto& [op, n] : agreed) total += n;
  for (const auto& [op, n] : without_form) refused += n;
  std::cout << models.size() << " cases exported, " << total << " agree with ONNX Runtime, " << skipped
            << " skipped for want of a kernel there, " << left_open << " where ONNX leaves the answer open, " << refused
            << " without an ONNX form\n";
  for (const auto& [op, dtypes] : no_kernel) {
    std::cout << "  no kernel: " << op << ":";
    for (const auto& dtype : dtypes) std::cout << ' ' << dtype;
    std::cout << '\n';
  }
  if (only) return;
  for (const OpCases& op : op_table())
    if (!op.cases.empty()) {
      EXPECT_GT(agreed[op.name] + (op.name == "dropout"), 0) << op.name << ": no case was compared";
    }
}

}  // namespace
}  // namespace cresset::test
#else
TEST(Onnx, EveryOpCaseGivesTheSameInOnnxRuntime) { GTEST_SKIP() << "built without ONNX"; }
#endif
