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

// Fills in the weights' elements, has the model checked and puts it in the place of `path`; with external data the
// elements go to `path`.data, which is there first. IoError, and UnsupportedError with the checker's words.
void write_model(::onnx::ModelProto& model, const std::vector<Weights>& weights, const std::string& path,
                 bool external_data);

}  // namespace cresset::exporting
