#include "plan.h"

#include <dlfcn.h>

#include <stdexcept>

namespace cudasim_test {
namespace {

// An H100: NVIDIA's data sheet and the CUDA programming guide's table of compute capabilities.
constexpr const char* kDevice =
    R"({"deviceVer":900,"maxGridSize":[2147483647,65535,65535],"maxBlockSize":[1024,1024,64],"regsPerBlock":65536,)"
    R"("multiProcessorCount":132,"warpSize":32,"maxSharedMemoryPerBlock":49152,"maxSharedMemoryPerBlockOptin":232448,)"
    R"("reservedSharedMemoryPerBlock":1024,"maxRegistersPerSM":65536,"maxCtasPerSM":32,"maxThreadsPerBlock":1024,)"
    R"("maxThreadsPerSM":2048,"isTccDriver":0,"supportCoopLaunch":1,"smClockRateKHz":1980000,)"
    R"("memClockRateKHz":2619000,"l2CacheSize":52428800,"deviceName":"H100","totalGlobalMem":85520809984,)"
    R"("cudaDeviceId":0,"driverVer":13000,"pciDeviceId":1,"smVersion":900})";

void check(cudnnStatus_t status, const char* what) {
  if (status == CUDNN_STATUS_SUCCESS) return;
  char text[1024] = "";
  functions().last_error(text, sizeof text);
  throw std::runtime_error(std::string(what) + ": " + functions().error_string(status) + " " + text);
}

template <class F>
void find(F& function, void* library, const char* name) {
  // The program is linked to the simulator, whose functions stand before the library's.
  void* found = ::dlsym(RTLD_DEFAULT, name);
  function = reinterpret_cast<F>(found ? found : ::dlsym(library, name));
}

Functions load() {
  Functions f{};
  void* library = ::dlopen("libcudnn.so.9", RTLD_NOW);
  for (const char* folder : {CUDNN_LIBRARY_FOLDER, "/usr/local/cuda/lib64"}) {
    if (!library) library = ::dlopen((std::string(folder) + "/libcudnn.so.9").c_str(), RTLD_NOW);
  }
  if (!library) {
    f.missing = "there is no libcudnn.so.9";
    return f;
  }
  find(f.create, library, "cudnnCreate");
  find(f.destroy, library, "cudnnDestroy");
  find(f.set_stream, library, "cudnnSetStream");
  find(f.create_descriptor, library, "cudnnBackendCreateDescriptor");
  find(f.destroy_descriptor, library, "cudnnBackendDestroyDescriptor");
  find(f.set_attribute, library, "cudnnBackendSetAttribute");
  find(f.get_attribute, library, "cudnnBackendGetAttribute");
  find(f.create_tensor, library, "cudnnCreateTensorDescriptor");
  find(f.destroy_tensor, library, "cudnnDestroyTensorDescriptor");
  find(f.set_tensor, library, "cudnnSetTensorNdDescriptor");
  find(f.softmax_forward, library, "cudnnSoftmaxForward");
  find(f.softmax_backward, library, "cudnnSoftmaxBackward");
  find(f.finalize, library, "cudnnBackendFinalize");
  find(f.execute, library, "cudnnBackendExecute");
  find(f.error_string, library, "cudnnGetErrorString");
  find(f.last_error, library, "cudnnGetLastErrorString");
  return f;
}

}  // namespace

const Functions& functions() {
  static const Functions found = load();
  return found;
}

Descriptor::Descriptor(cudnnBackendDescriptorType_t type) {
  check(functions().create_descriptor(type, &raw_), "create descriptor");
}
Descriptor::~Descriptor() {
  if (raw_) functions().destroy_descriptor(raw_);
}
Descriptor& Descriptor::set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, const void* values,
                            std::int64_t count) {
  check(functions().set_attribute(raw_, name, type, count, values), "set attribute");
  return *this;
}
Descriptor& Descriptor::set(cudnnBackendAttributeName_t name, std::int64_t value) {
  return set(name, CUDNN_TYPE_INT64, &value);
}
Descriptor& Descriptor::set(cudnnBackendAttributeName_t name, const std::vector<std::int64_t>& values) {
  return set(name, CUDNN_TYPE_INT64, values.data(), static_cast<std::int64_t>(values.size()));
}
Descriptor& Descriptor::set(cudnnBackendAttributeName_t name, float value) {
  return set(name, CUDNN_TYPE_FLOAT, &value);
}
Descriptor& Descriptor::set(cudnnBackendAttributeName_t name, double value) {
  return set(name, CUDNN_TYPE_DOUBLE, &value);
}
Descriptor& Descriptor::set(cudnnBackendAttributeName_t name, bool value) {
  return set(name, CUDNN_TYPE_BOOLEAN, &value);
}
Descriptor& Descriptor::set(cudnnBackendAttributeName_t name, const Descriptor& value) {
  return set(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, &value.raw_);
}
Descriptor& Descriptor::set(cudnnBackendAttributeName_t name, cudnnDataType_t value) {
  return set(name, CUDNN_TYPE_DATA_TYPE, &value);
}
Descriptor& Descriptor::set_fractions(cudnnBackendAttributeName_t name, const std::vector<std::int64_t>& values) {
  std::vector<cudnnFraction_t> fractions;
  for (const std::int64_t value : values) fractions.push_back({value, 1});
  return set(name, CUDNN_TYPE_FRACTION, fractions.data(), static_cast<std::int64_t>(fractions.size()));
}
Descriptor& Descriptor::finalize() {
  check(functions().finalize(raw_), "finalize");
  return *this;
}

Descriptor tensor(std::int64_t id, cudnnDataType_t type, const Sizes& sizes, const Sizes& strides,
                  TensorOptions options) {
  Descriptor made(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  made.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, id)
      .set(CUDNN_ATTR_TENSOR_DATA_TYPE, type)
      .set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, options.alignment)
      .set(CUDNN_ATTR_TENSOR_DIMENSIONS, sizes)
      .set(CUDNN_ATTR_TENSOR_STRIDES, strides)
      .set(CUDNN_ATTR_TENSOR_IS_VIRTUAL, options.is_virtual)
      .set(CUDNN_ATTR_TENSOR_IS_BY_VALUE, options.by_value);
  made.finalize();
  return made;
}

Sizes channels_last(const Sizes& d) { return {d[1] * d[2] * d[3], 1, d[3] * d[1], d[1]}; }
Sizes contiguous(const Sizes& d) {
  Sizes strides(d.size(), 1);
  for (std::size_t i = d.size() - 1; i-- > 0;) strides[i] = strides[i + 1] * d[i + 1];
  return strides;
}

Descriptor convolution(const ConvolutionOptions& o) {
  Descriptor made(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
  made.set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, static_cast<std::int64_t>(o.pre.size()))
      .set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_DATA_FLOAT)
      .set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, &o.mode)
      .set(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, o.pre)
      .set(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, o.post)
      .set(CUDNN_ATTR_CONVOLUTION_DILATIONS, o.dilations)
      .set(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, o.strides)
      .finalize();
  return made;
}

Descriptor pointwise(cudnnPointwiseMode_t mode) {
  Descriptor made(CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
  made.set(CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, &mode)
      .set(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_DATA_FLOAT);
  return made;
}

Plan::Plan(std::vector<const Descriptor*> operations) {
  std::vector<cudnnBackendDescriptor_t> raw;
  for (const Descriptor* d : operations) raw.push_back(d->raw());
  properties_ = std::make_unique<Descriptor>(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
  properties_->set(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, CUDNN_TYPE_CHAR, kDevice,
                   static_cast<std::int64_t>(std::char_traits<char>::length(kDevice)));
  properties_->finalize();
  Descriptor graph(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  graph.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR, raw.data(),
            static_cast<std::int64_t>(raw.size()));
  graph.finalize();
  std::string why = "no engine";
  for (const cudnnBackendHeurMode_t mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK}) {
    Descriptor heuristic(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
    heuristic.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph)
        .set(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, &mode)
        .set(CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, *properties_);
    if (functions().finalize(heuristic.raw()) != CUDNN_STATUS_SUCCESS) continue;
    std::int64_t count = 0, got = 0;
    check(functions().get_attribute(heuristic.raw(), CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR, 0,
                                    &count, nullptr),
          "count engines");
    std::vector<Descriptor> configs;
    std::vector<cudnnBackendDescriptor_t> raws;
    for (std::int64_t i = 0; i < count; ++i) {
      configs.emplace_back(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
      raws.push_back(configs.back().raw());
    }
    if (count == 0) continue;
    check(functions().get_attribute(heuristic.raw(), CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR,
                                    count, &got, raws.data()),
          "engines");
    for (std::int64_t i = 0; i < got; ++i) {
      auto plan = std::make_unique<Descriptor>(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
      ++tried;
      try {
        plan->set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, configs[static_cast<std::size_t>(i)])
            .set(CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, *properties_)
            .finalize();
        plan_ = std::move(plan);
        return;
      } catch (const std::runtime_error& error) {
        why = error.what();
      }
    }
  }
  throw std::runtime_error("no plan: " + why);
}

std::int64_t Plan::workspace_size() const {
  std::int64_t size = 0, count = 0;
  check(functions().get_attribute(raw(), CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, 1, &count, &size),
        "workspace size");
  return size;
}

std::string Plan::json() const {
  std::int64_t length = 0;
  check(functions().get_attribute(raw(), CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION, CUDNN_TYPE_CHAR, 0, &length,
                                  nullptr),
        "length of the plan");
  std::string text(static_cast<std::size_t>(length), '\0');
  check(functions().get_attribute(raw(), CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION, CUDNN_TYPE_CHAR, length,
                                  &length, text.data()),
        "the plan");
  return text;
}

Descriptor variant_pack(const std::vector<std::int64_t>& ids, const std::vector<void*>& pointers, void* workspace) {
  Descriptor made(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  made.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, ids)
      .set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, pointers.data(),
           static_cast<std::int64_t>(pointers.size()))
      .set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, &workspace);
  made.finalize();
  return made;
}

}  // namespace cudasim_test
