// Networks that the tests export, and a look at the files.
#pragma once

#include <cresset/cresset.h>
#include <cresset/export_onnx.h>
#include <onnx/onnx_pb.h>

#include <string>
#include <vector>

#include "support/calls.h"
#include "support/scratch_folder.h"

namespace cresset::test {

inline ::onnx::ModelProto model_at(const std::string& path) {
  ::onnx::ModelProto model;
  EXPECT_TRUE(model.ParseFromString(read_text(path))) << path;
  return model;
}
// "Conv(image,conv_1.weight,conv_1.bias)"
inline std::vector<std::string> nodes_of(const ::onnx::ModelProto& model) {
  std::vector<std::string> lines;
  for (const auto& node : model.graph().node()) {
    std::string line = node.op_type() + "(";
    for (const auto& input : node.input()) line += (line.back() == '(' ? "" : ",") + input;
    lines.push_back(line + ")");
  }
  return lines;
}
template <class Named>
std::vector<std::string> names_of(const Named& list) {
  std::vector<std::string> names;
  for (const auto& item : list) names.push_back(item.name());
  return names;
}
// "image[batch,3,32,32]"
inline std::string described(const ::onnx::ValueInfoProto& info) {
  std::string text;
  for (const auto& dim : info.type().tensor_type().shape().dim())
    text += (text.empty() ? "" : ",") + (dim.has_dim_param() ? dim.dim_param() : std::to_string(dim.dim_value()));
  return info.name() + "[" + text + "]";
}

// The network of the seeds with `x.view(x.size(0), -1)`.
struct SmallNet : nn::Module {
  nn::Conv2d conv_1{1, 4, 3};
  nn::BatchNorm2d norm{4};
  nn::MaxPool2d pool{2, 2};
  nn::Linear fc{4 * 3 * 3, 5};
  CRESSET_MODULE(conv_1, norm, pool, fc)
  Tensor forward(const Tensor& input) override {
    Tensor x = pool(nn::functional::relu(norm(conv_1(input))));
    x = x.view({x.size(0), -1});
    return fc(x);
  }
};

}  // namespace cresset::test
