// Uses the component `onnx`; neither ONNX nor protobuf is seen.
#include <cresset/cresset.h>
#include <cresset/export_onnx.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#ifdef GOOGLE_PROTOBUF_VERSION
#error "a public header includes protobuf"
#endif

using namespace cresset;

struct Net : nn::Module {
  nn::Linear fc{4, 2};
  CRESSET_MODULE(fc)
  Tensor forward(const Tensor& input) override { return nn::functional::relu(fc(input)); }
};

int main() {
  char folder[] = "/tmp/cresset-outside-XXXXXX";
  if (!mkdtemp(folder)) return 1;
  const std::string path = std::string(folder) + "/net.onnx";
  Net net;
  export_onnx(net, zeros({3, 4}), path, {.input_names = {"x"}, .dynamic_axes = {{"x", {{0, "batch"}}}}});
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (!file) return 1;
  std::fseek(file, 0, SEEK_END);
  std::printf("%ld bytes\n", std::ftell(file));
  std::fclose(file);
  std::remove(path.c_str());
  std::remove(folder);
}
