#include "core/cpu_info.h"

#include <hwy/targets.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if CRESSET_HAS_ONEDNN
#include <oneapi/dnnl/dnnl.h>
#endif

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

#include "core/check.h"

namespace cresset {
namespace {

constexpr const char* kNames[] = {"sse4", "avx2", "avx512", "avx512_bf16", "amx"};

#if defined(__x86_64__)
// The operating system must allow tile registers to a process that asks.
bool may_use_tiles() {
  constexpr long kRequestPermission = 0x1023, kTileData = 18;
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

CpuIsa detect() {
  __builtin_cpu_init();
  if (!(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2")))
    return CpuIsa::sse4;
  if (!(__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512cd")))
    return CpuIsa::avx2;
  unsigned a = 0, b = 0, c = 0, d = 0;
  constexpr unsigned kBf16 = 1u << 5, kAmxBf16 = 1u << 22, kAmxTile = 1u << 24;
  if (__get_cpuid_count(7, 1, &a, &b, &c, &d) == 0 || (a & kBf16) == 0) return CpuIsa::avx512;
  __get_cpuid_count(7, 0, &a, &b, &c, &d);
  return (d & kAmxBf16) != 0 && (d & kAmxTile) != 0 && may_use_tiles() ? CpuIsa::amx : CpuIsa::avx512_bf16;
}
#else
CpuIsa detect() { return CpuIsa::sse4; }
#endif

void cap(CpuIsa isa) {
  if (isa == CpuIsa::sse4) hwy::SetSupportedTargetsForTest(hwy::SupportedTargets() & ~(HWY_SSE4 - 1));
  if (isa == CpuIsa::avx2) hwy::SetSupportedTargetsForTest(hwy::SupportedTargets() & ~(HWY_AVX2 - 1));
#if CRESSET_HAS_ONEDNN
  constexpr dnnl_cpu_isa_t caps[] = {dnnl_cpu_isa_sse41, dnnl_cpu_isa_avx2_vnni_2, dnnl_cpu_isa_avx512_core_vnni,
                                     dnnl_cpu_isa_avx512_core_fp16, dnnl_cpu_isa_default};
  dnnl_set_max_cpu_isa(caps[static_cast<int>(isa)]);
#endif
}

CpuIsa choose() {
  const CpuIsa best = detect();
  const char* wish = std::getenv("CRESSET_CPU_ISA");
  if (wish == nullptr || *wish == '\0') return best;
  const auto* found = std::find(std::begin(kNames), std::end(kNames), std::string_view(wish));
  check<ValueError>(found != std::end(kNames),
                    "CRESSET_CPU_ISA: must be sse4, avx2, avx512, avx512_bf16 or amx, got {}", wish);
  const CpuIsa isa = std::min(best, static_cast<CpuIsa>(found - std::begin(kNames)));
  cap(isa);
  return isa;
}

// The cores' worth of time that the control group grants; `cores` where it sets no limit.
int quota(int cores) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/sys/fs/cgroup/cpu.max", "re"), std::fclose);
  long long granted = 0, period = 0;
  if (file == nullptr || std::fscanf(file.get(), "%lld %lld", &granted, &period) != 2 || granted <= 0 || period <= 0)
    return cores;
  return static_cast<int>(std::min<long long>(cores, (granted + period - 1) / period));
}

}  // namespace

CpuIsa cpu_isa() {
  static const CpuIsa isa = choose();
  return isa;
}

const char* name(CpuIsa isa) { return kNames[static_cast<int>(isa)]; }

std::string cpu_name() {
#if defined(__x86_64__)
  unsigned words[12] = {};
  if (static_cast<unsigned>(__get_cpuid_max(0x80000000, nullptr)) >= 0x80000004) {
    for (unsigned i = 0; i < 3; ++i)
      __get_cpuid(0x80000002 + i, &words[4 * i], &words[4 * i + 1], &words[4 * i + 2], &words[4 * i + 3]);
    char text[sizeof(words) + 1] = {};
    std::memcpy(text, words, sizeof(words));
    std::string_view trimmed = text;
    while (!trimmed.empty() && trimmed.front() == ' ') trimmed.remove_prefix(1);
    while (!trimmed.empty() && trimmed.back() == ' ') trimmed.remove_suffix(1);
    if (!trimmed.empty()) return std::string(trimmed);
  }
#endif
  return "unknown CPU";
}

int usable_cores() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  const int cores =
      sched_getaffinity(0, sizeof(mask), &mask) == 0
          ? CPU_COUNT(&mask)
          : static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));  // more than 1024 processors do not fit the mask
  return std::max(1, quota(std::max(1, cores)));
}

}  // namespace cresset
