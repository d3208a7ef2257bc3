// What goes wrong in a kernel of one's own arrives as an error that says what and where, and the process goes on.
#include <cresset/cresset.h>
#include <cresset/cuda.h>

#include <cstdio>
#include <string>

#include "kernels.h"
using namespace cresset;

namespace {

int failures = 0;

template <class E, class F>
void expect(const char* message, F f) {
  std::string said = "(no error)";
  try {
    f();
  } catch (const E& error) {
    said = error.what();
  } catch (const std::exception& error) {
    said = std::string("an error of another type: ") + error.what();
  }
  const bool ok = said.find(message) != std::string::npos;
  std::printf("%s: %s\n", ok ? "as expected" : "FAILED", said.c_str());
  failures += !ok;
}

Tensor faulty(outside::Fault fault) {
  Tensor y = empty({1000}, {.device = DeviceType::cuda});
  run<outside::Faulty>(y.device(), {fault, y.numel()}, y.data_ptr());
  return y;
}

}  // namespace

int main() {
  using outside::Fault;
  outside::register_faulty();
  if (!cuda::is_available()) {
    expect<DeviceError>(cuda::unavailable_reason().c_str(), [] { faulty(Fault::none); });
    return failures;
  }
  const Tensor x = tensor({-1.0F, 2.0F}).to(DeviceType::cuda);
  if (faulty(Fault::none).sum().item() != 1000) ++failures;
  expect<UnsupportedError>(
      "outside.faulty: no cuda kernel takes this problem\n  faulty refused: needs compute capability 99.0", [] {
        const ForceKernelGuard force("outside.faulty=faulty");
        faulty(Fault::refuses);
      });
  expect<BackendError>("the table of weights is missing\nin outside.faulty, kernel 'faulty'",
                       [] { faulty(Fault::throws); });
  expect<BackendError>(
      "invalid configuration argument (cudaErrorInvalidConfiguration)\nin outside.faulty, kernel 'faulty'",
      [] { faulty(Fault::launch); });
  if (faulty(Fault::none).sum().item() != 1000) ++failures;
  // Found when the kernel has run, which is when somebody waits; after it the device is lost, as a GPU is.
  expect<BackendError>("cudaErrorIllegalAddress", [] { faulty(Fault::out_of_bounds).sum().item(); });
  expect<BackendError>("cudaErrorIllegalAddress", [&] { x.relu().sum().item(); });
  if (x.numel() != 2 || tensor({-1.0F, 2.0F}).relu().sum().item() != 2) ++failures;
  std::printf("%d failures\n", failures);
  return failures;
}
