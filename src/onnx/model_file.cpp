#include "onnx/model_file.h"

#include <cresset/io/atomic_file.h>
#include <cresset/version.h>
#include <onnx/checker.h>
#include <onnx/shape_inference/implementation.h>

#include <filesystem>
#include <optional>

#include "core/check.h"

namespace cresset::exporting {
namespace {

constexpr const char* kOperation = "export_onnx";
constexpr std::size_t kInlineBytes = 1024;  // smaller tensors stay in the file
constexpr std::int64_t kAlignment = 4096;   // of external data, so that programs may map it

// https://github.com/onnx/onnx/blob/main/docs/Versioning.md: the format that came with an opset.
std::int64_t format_version(std::int64_t opset) {
  return opset <= 14 ? 7 : opset <= 18 ? 8 : opset <= 20 ? 9 : opset <= 22 ? 10 : 11;
}

std::size_t bytes_of(const Tensor& t) { return static_cast<std::size_t>(t.numel()) * t.element_size(); }

void describe_weight(::onnx::TensorProto& proto, const Tensor& tensor) {
  proto.set_data_type(onnx_type(tensor.dtype()));
  for (const std::int64_t size : tensor.shape()) proto.add_dims(size);
}

void add_entry(::onnx::TensorProto& proto, const char* key, const std::string& value) {
  auto& entry = *proto.add_external_data();
  entry.set_key(key);
  entry.set_value(value);
}

void set_elements(const Weights& weight) {
  const Tensor dense = weight.tensor.cpu().contiguous();
  weight.proto->set_raw_data(dense.data_ptr(), bytes_of(dense));
}

// One after the other into `data`; the model says where in it.
void write_external(const std::vector<Weights>& weights, io::AtomicFile& data) {
  std::int64_t at = 0;
  for (const Weights& weight : weights) {
    if (bytes_of(weight.tensor) < kInlineBytes) {
      set_elements(weight);
      continue;
    }
    const Tensor dense = weight.tensor.cpu().contiguous();
    const std::int64_t gap = (kAlignment - at % kAlignment) % kAlignment;
    data.write(std::string(static_cast<std::size_t>(gap), '\0'));
    at += gap;
    weight.proto->set_data_location(::onnx::TensorProto_DataLocation_EXTERNAL);
    add_entry(*weight.proto, "location", {});
    add_entry(*weight.proto, "offset", std::to_string(at));
    add_entry(*weight.proto, "length", std::to_string(bytes_of(dense)));
    data.write(dense.data_ptr(), bytes_of(dense));
    at += static_cast<std::int64_t>(bytes_of(dense));
  }
}

void set_location(const std::vector<Weights>& weights, const std::string& name) {
  for (const Weights& weight : weights)
    if (weight.proto->external_data_size() > 0) weight.proto->mutable_external_data(0)->set_value(name);
}

// Whether each op takes the types and sizes that it is given; the names of nodes in ONNX's words are paths of modules.
void check_types(const ::onnx::ModelProto& model) {
  try {
    ::onnx::ModelProto inferred = model;
    ::onnx::shape_inference::InferShapes(inferred, ::onnx::OpSchemaRegistry::Instance(), {true, 1});
  } catch (const std::exception& error) {
    fail<UnsupportedError>("{}: ONNX does not take the types of the model: {}", kOperation, error.what());
  }
}

// As check_model, which cannot be told where external data lies.
void check_model(const ::onnx::ModelProto& model, const std::string& folder) {
  try {
    if (folder.empty()) return ::onnx::checker::check_model(model);
    ::onnx::checker::CheckerContext context;
    context.set_ir_version(static_cast<int>(model.ir_version()));
    context.set_opset_imports({{"", static_cast<int>(model.opset_import(0).version())}});
    context.set_model_dir(folder);
    ::onnx::checker::check_graph(model.graph(), context, ::onnx::checker::LexicalScopeContext());
  } catch (const std::exception& error) {
    fail<UnsupportedError>("{}: ONNX's checker refuses the model: {}", kOperation, error.what());
  }
}

}  // namespace

std::int64_t newest_opset() { return ::onnx::OpSchemaRegistry::DomainToVersionRange::Instance().Map().at("").second; }

void describe_model(::onnx::ModelProto& model, const OnnxOptions& options) {
  model.set_ir_version(format_version(options.opset_version));
  model.set_producer_name("cresset");
  model.set_producer_version(std::string(kVersion));
  auto& opset = *model.add_opset_import();
  opset.set_domain("");
  opset.set_version(options.opset_version);
  for (const auto& [key, value] : options.metadata) {
    auto& entry = *model.add_metadata_props();
    entry.set_key(key);
    entry.set_value(value);
  }
}

void write_model(::onnx::ModelProto& model, const std::vector<Weights>& weights, const std::string& path,
                 bool external_data, std::int64_t largest_file) {
  namespace fs = std::filesystem;
  io::AtomicFile file(path, kOperation);
  std::int64_t total = 0;
  for (const Weights& weight : weights) {
    describe_weight(*weight.proto, weight.tensor);
    total += static_cast<std::int64_t>(bytes_of(weight.tensor));
  }
  check_types(model);  // while it has no elements, and is quickly copied
  std::optional<io::AtomicFile> data;
  if (external_data || total > largest_file) {
    data.emplace(path + ".data", kOperation);
    write_external(weights, *data);
    // The checker looks for the file, which has its name only when the model has passed.
    const fs::path written(data->temporary_path());
    set_location(weights, written.filename().string());
    check_model(model, written.has_parent_path() ? written.parent_path().string() : ".");
    set_location(weights, fs::path(path + ".data").filename().string());
  } else {
    for (const Weights& weight : weights) set_elements(weight);
    check_model(model, "");
  }
  std::string bytes;
  check<UnsupportedError>(model.SerializeToString(&bytes), "{}: the model has {} bytes, more than protobuf can write",
                          kOperation, model.ByteSizeLong());
  file.write(bytes);
  if (data) data->commit();
  file.commit();
}

}  // namespace cresset::exporting
