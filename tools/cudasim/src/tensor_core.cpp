#include "cudasim/tensor_core.h"

#include <bit>

#include "accesses.h"
#include "cudasim/async_copy.h"
#include "cudasim/half_bits.h"
#include "device.h"
#include "report.h"
#include "runner.h"

namespace cudasim {
namespace {

constexpr int kM = 16, kN = 8, kMaxK = 16;

float half_of(uint32_t pair, int which, MmaType type) {
  const auto bits = static_cast<uint16_t>(pair >> 16 * which);
  return type == MmaType::kF16 ? HalfFormat::to_float(bits) : BfloatFormat::to_float(bits);
}

// The tensor core reads the upper 19 bits of a tf32 operand.
float tf32_of(uint32_t bits) { return std::bit_cast<float>(bits & 0xffffe000u); }

void gather_tf32(void* const* lanes, float (&a)[kM][kMaxK], float (&b)[kMaxK][kN]) {
  for (int lane = 0; lane < 32; ++lane) {
    const auto& f = *static_cast<const MmaLane*>(lanes[lane]);
    const int group = lane / 4, in_group = lane % 4;
    for (int i = 0; i < 4; ++i) a[group + 8 * (i % 2)][in_group + 4 * (i / 2)] = tf32_of(f.a[i]);
    for (int i = 0; i < 2; ++i) b[in_group + 4 * i][group] = tf32_of(f.b[i]);
  }
}

void gather_halves(void* const* lanes, int k, float (&a)[kM][kMaxK], float (&b)[kMaxK][kN]) {
  for (int lane = 0; lane < 32; ++lane) {
    const auto& f = *static_cast<const MmaLane*>(lanes[lane]);
    const int group = lane / 4, in_group = lane % 4;
    for (int i = 0; i < k / 2; ++i) {
      a[group + 8 * (i / 2 % 2)][2 * in_group + i % 2 + 8 * (i / 4)] = half_of(f.a[i / 2], i % 2, f.type);
    }
    for (int i = 0; i < k / 4; ++i) b[2 * in_group + i % 2 + 8 * (i / 2)][group] = half_of(f.b[i / 2], i % 2, f.type);
  }
}

}  // namespace

void exchange_ldmatrix(void* const* lanes, unsigned) {
  const auto element = [&](int matrix, int row, int column) {
    const uint32_t pair = static_cast<const LdmatrixLane*>(lanes[8 * matrix + row])->row[column / 2];
    return pair >> 16 * (column % 2) & 0xffffu;
  };
  for (int i = 0; i < 32; ++i) {
    auto& own = *static_cast<LdmatrixLane*>(lanes[i]);
    const int major = i / 4, minor = i % 4 * 2;
    for (int m = 0; m < own.matrices; ++m) {
      const uint32_t low = own.transposed ? element(m, minor, major) : element(m, major, minor);
      const uint32_t high = own.transposed ? element(m, minor + 1, major) : element(m, major, minor + 1);
      own.fragment[m] = low | high << 16;
    }
  }
}

// Products are exact in float; sums are float's, in ascending k. The device's own order and rounding are not specified.
void exchange_mma(void* const* lanes, unsigned) {
  if (recording) record_mma();
  float a[kM][kMaxK], b[kMaxK][kN];
  const auto& any = *static_cast<const MmaLane*>(lanes[0]);
  const int k = any.k;
  if (any.type == MmaType::kTf32) {
    gather_tf32(lanes, a, b);
  } else {
    gather_halves(lanes, k, a, b);
  }
  for (int lane = 0; lane < 32; ++lane) {
    auto& f = *static_cast<MmaLane*>(lanes[lane]);
    for (int i = 0; i < 4; ++i) {
      const int row = lane / 4 + 8 * (i / 2), column = 2 * (lane % 4) + i % 2;
      float sum = f.d[i];
      for (int j = 0; j < k; ++j) sum += a[row][j] * b[j][column];
      f.d[i] = sum;
    }
  }
}

namespace {

const cudaDeviceProp& running_device() {
  const Runtime& runtime = Runtime::instance();
  return runtime.devices[static_cast<size_t>(runtime.running_device)]->properties;
}

}  // namespace

bool has_sm(int sm) { return running_device().major * 10 + running_device().minor >= sm; }

void require_sm(int sm, const char* what, Where where) {
  if (has_sm(sm)) return;
  const cudaDeviceProp& p = running_device();
  Runner::instance().fail(
      "unsupported instruction", cudaErrorLaunchFailure,
      format("%s at %s:%d needs sm_%d; the device is sm_%d%d", what, where.file, where.line, sm, p.major, p.minor));
}

void check_ldmatrix(const void* row, Where where) {
  require_sm(75, "ldmatrix", where);
  if (recording) record_access(row, 16, false, where);
  if (reinterpret_cast<uintptr_t>(row) % 16 == 0) return;
  Runner::instance().fail("misaligned address", cudaErrorMisalignedAddress,
                          format("ldmatrix at %s:%d: a row is not aligned to 16 bytes", where.file, where.line));
}

}  // namespace cudasim
