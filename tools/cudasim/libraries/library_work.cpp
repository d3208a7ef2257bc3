#include "library_work.h"

#include "../src/device.h"
#include "../src/report.h"

namespace cudasim {
namespace {

struct LibraryWork final : Work {
  std::string name;
  std::vector<LibraryOperand> operands;
  std::function<void()> compute;

  cudaError run(Device&) override {
    Memory& memory = Runtime::instance().memory;
    for (const LibraryOperand& operand : operands) {
      Allocation* const a = memory.find(operand.at);
      if (a == nullptr) {
        report("illegal address", format("%s: %s is no device memory", name.c_str(), operand.name));
        return cudaErrorIllegalAddress;
      }
      const auto offset = static_cast<size_t>(static_cast<const char*>(operand.at) - a->base);
      if (a->state != Allocation::kLive) {
        report(a->state == Allocation::kFreed ? "use after free" : "use before allocation",
               format("%s: %s is byte %zu of an allocation of %zu bytes on device %d", name.c_str(), operand.name,
                      offset, a->bytes, a->device));
        return cudaErrorIllegalAddress;
      }
      if (offset + operand.bytes > a->bytes) {
        report("out of bounds",
               format("%s: %s is bytes %zu to %zu of an allocation of %zu bytes on device %d", name.c_str(),
                      operand.name, offset, offset + operand.bytes, a->bytes, a->device));
        return cudaErrorIllegalAddress;
      }
      memory.open(*a, operand.write);
    }
    compute();
    return cudaSuccess;
  }
  std::string what() const override { return name; }
};

}  // namespace

bool append_library_work(CUstream_st& stream, std::string name, std::vector<LibraryOperand> operands,
                         std::function<void()> compute) {
  auto work = std::make_shared<LibraryWork>();
  work->name = std::move(name);
  work->operands = std::move(operands);
  work->compute = std::move(compute);
  return append(stream, std::move(work)) == cudaSuccess;
}

}  // namespace cudasim
