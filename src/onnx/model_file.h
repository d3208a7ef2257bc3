// The finished model as a file.
#pragma once

#include <cresset/export_onnx.h>
#include <onnx/onnx_pb.h>

#include <string>
#include <vector>

#include "onnx/lowering.h"

namespace cresset::exporting {

// The newest opset of the linked ONNX library.
std::int64_t newest_opset();

// A model around a lowered graph: version, opset, producer, metadata.
void describe_model(::onnx::ModelProto& model, const OnnxOptions& options);

constexpr std::int64_t kLargestFile = 2'000'000'000;  // protobuf ends at 2 GiB

// Fills in the weights' elements, has the model checked and puts it in the place of `path`; with external data, or
// where the weights have more than `largest_file` bytes, the elements go to `path`.data. IoError, and UnsupportedError
// with the checker's words.
void write_model(::onnx::ModelProto& model, const std::vector<Weights>& weights, const std::string& path,
                 bool external_data, std::int64_t largest_file = kLargestFile);

}  // namespace cresset::exporting
