#include "memory.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>

#include "cudasim/config.h"
#include "device.h"
#include "report.h"

namespace cudasim {
namespace {

#if CUDASIM_ASAN || CUDASIM_TSAN
constexpr bool kArena = false;
#else
constexpr bool kArena = true;
#endif
constexpr size_t kArenaBytes = size_t{1} << 42;
constexpr size_t kPage = 4096;
// Opening and closing take time by the page: with huge ones a hundredth of it.
constexpr size_t kHugePage = size_t{2} << 20;
// Freed places stay closed, so that a use after free is found, until so many bytes of addresses have been freed.
constexpr size_t kQuarantine = size_t{64} << 30;

}  // namespace

Memory::Memory() {
  if (!kArena) return;
  void* reserved = mmap(nullptr, kArenaBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (reserved == MAP_FAILED) return;
  arena_ = static_cast<char*>(reserved);
  arena_ += (kHugePage - reinterpret_cast<uintptr_t>(arena_) % kHugePage) % kHugePage;
}

bool Memory::in_arena(const void* address) const {
  const auto* p = static_cast<const char*>(address);
  return arena_ != nullptr && p >= arena_ && p < arena_ + kArenaBytes;
}

char* Memory::place(size_t mapped) {
  if (const auto found = reusable_.find(mapped); found != reusable_.end()) {
    char* base = found->second;
    reusable_.erase(found);
    allocations_.erase(base);
    return base;
  }
  const size_t alignment = mapped >= kHugePage ? kHugePage : kPage;
  const size_t begin = (arena_used_ + alignment - 1) / alignment * alignment;
  if (arena_ == nullptr || begin + mapped + kPage > kArenaBytes - kHugePage) return nullptr;
  arena_used_ = begin + mapped + kPage;
  return arena_ + begin;
}

Allocation* Memory::allocate(size_t bytes, int device, const void* caller) {
  const size_t mapped = ((bytes == 0 ? 1 : bytes) + kPage - 1) / kPage * kPage;
  char* base = nullptr;
  if (kArena) {
    base = place(mapped);
    if (base == nullptr) return nullptr;
    if (mprotect(base, mapped, PROT_READ | PROT_WRITE) != 0) return nullptr;
    if (mapped >= kHugePage) madvise(base, mapped, MADV_HUGEPAGE);
  } else {
    void* memory = nullptr;
    if (posix_memalign(&memory, 256, bytes == 0 ? 1 : bytes) != 0) return nullptr;
    base = static_cast<char*>(memory);
    freed_bases_.erase(base);
  }
  std::memset(base, 0xff, bytes);
  Allocation& a = allocations_[base];
  a = Allocation{};
  a.base = base;
  a.bytes = bytes;
  a.mapped = mapped;
  a.device = device;
  a.open = Allocation::kWritable;
  a.caller = caller;
  opened_.push_back(&a);
  close();
  ++live_count_;
  live_bytes_ += bytes;
  return &a;
}

void Memory::release(Allocation& allocation) {
  --live_count_;
  live_bytes_ -= allocation.bytes;
  allocation.state = Allocation::kFreed;
  std::erase(opened_, &allocation);
  allocation.open = Allocation::kClosed;
  if (!kArena) {
#if CUDASIM_ASAN
    __asan_unpoison_memory_region(allocation.base, allocation.bytes);
#endif
    // The host may get the same addresses next, so nothing else is remembered of it.
    char* base = allocation.base;
    allocations_.erase(base);
    freed_bases_.insert(base);
    std::free(base);
    return;
  }
  mprotect(allocation.base, allocation.mapped, PROT_NONE);
  madvise(allocation.base, allocation.mapped, MADV_DONTNEED);
  freed_.push_back(allocation.base);
  freed_bytes_ += allocation.mapped;
  while (freed_bytes_ > kQuarantine) reuse_oldest();
}

void Memory::refresh(Allocation& allocation) {
  open(allocation, true);
  std::memset(allocation.base, 0xff, allocation.bytes);
  allocation.written = false;
}

void Memory::reuse_oldest() {
  char* base = freed_[freed_begin_++];
  const size_t mapped = allocations_[base].mapped;
  freed_bytes_ -= mapped;
  reusable_.emplace(mapped, base);
  if (freed_begin_ > freed_.size() / 2) {
    freed_.erase(freed_.begin(), freed_.begin() + static_cast<std::ptrdiff_t>(freed_begin_));
    freed_begin_ = 0;
  }
}

bool Memory::was_freed(const void* address) {
  auto* base = static_cast<char*>(const_cast<void*>(address));
  if (!kArena) return freed_bases_.contains(base);
  const Allocation* a = find(base);
  return a != nullptr && a->base == base && a->state == Allocation::kFreed;
}

Allocation* Memory::find(const void* address) {
  auto* p = static_cast<char*>(const_cast<void*>(address));
  auto after = allocations_.upper_bound(p);
  if (after == allocations_.begin()) return nullptr;
  Allocation& a = (--after)->second;
  const size_t reach = kArena ? a.mapped : (a.bytes == 0 ? 1 : a.bytes);
  return p < a.base + reach ? &a : nullptr;
}

void Memory::watch(bool on) {
  if (on || watched_) close();
  watched_ = on && kArena;
}

void Memory::note(Allocation& allocation, bool write) {
  if (!watched_) return;
  const Turn& turn = Runtime::instance().turn;
  const Access* other = note_access(allocation.history, turn, write);
  if (other == nullptr) return;
  report("missing event", format("%s in stream %llu and %s in stream %llu use an allocation of %zu bytes, allocated at "
                                 "%s, and nothing orders them",
                                 turn.what.c_str(), static_cast<unsigned long long>(turn.stream), other->what.c_str(),
                                 static_cast<unsigned long long>(other->stream), allocation.bytes,
                                 code_location(static_cast<const char*>(allocation.caller) - 1).c_str()));
}

void Memory::open(Allocation& allocation, bool write) {
  const auto wanted = write || !watched_ ? Allocation::kWritable : Allocation::kReadable;
  if (allocation.open >= wanted || allocation.state == Allocation::kFreed) return;
  if (allocation.open == Allocation::kClosed) opened_.push_back(&allocation);
  allocation.open = wanted;
  note(allocation, write);
  if (taking_snapshots_ && wanted == Allocation::kWritable) {
    mprotect(allocation.base, allocation.mapped, PROT_READ);
    snapshots_.push_back({&allocation, {allocation.base, allocation.base + allocation.bytes}, !allocation.written});
  }
  if (wanted == Allocation::kWritable) allocation.written = true;
  if (kArena) {
    mprotect(allocation.base, allocation.mapped, PROT_READ | (wanted == Allocation::kWritable ? PROT_WRITE : 0));
  }
#if CUDASIM_ASAN
  __asan_unpoison_memory_region(allocation.base, allocation.bytes);
#endif
}

void Memory::open_arguments([[maybe_unused]] const void* bytes, [[maybe_unused]] size_t count, int device) {
  if (!kArena) {
    // There is no going on after a report of AddressSanitizer, so nothing can be opened later.
    for (auto& [base, a] : allocations_) {
      if (a.state == Allocation::kLive && a.device == device) open(a, true);
    }
    return;
  }
  if (watched_) return;  // a fault tells whether it is read or written
  for (size_t at = 0; at + sizeof(void*) <= count; at += sizeof(void*)) {
    const void* pointer = nullptr;
    std::memcpy(&pointer, static_cast<const char*>(bytes) + at, sizeof pointer);
    if (!in_arena(pointer)) continue;
    Allocation* a = find(pointer);
    if (a != nullptr && a->state == Allocation::kLive && a->device == device) open(*a, true);
  }
}

void Memory::close() {
  for (Allocation* a : opened_) {
    a->open = Allocation::kClosed;
    if (kArena) mprotect(a->base, a->mapped, PROT_NONE);
#if CUDASIM_ASAN
    __asan_poison_memory_region(a->base, a->bytes);
#endif
  }
  opened_.clear();
}

void Memory::take_snapshots(bool on) {
  taking_snapshots_ = on;
  snapshots_.clear();
}

bool Memory::pinned(const void* address, size_t bytes) const {
  auto* p = static_cast<char*>(const_cast<void*>(address));
  auto after = host_.upper_bound(p);
  if (after == host_.begin()) return false;
  --after;
  return p + bytes <= after->first + after->second.bytes;
}

std::vector<std::string> Memory::describe_live() const {
  std::vector<std::string> lines;
  for (const auto& [base, a] : allocations_) {
    if (a.state == Allocation::kFreed) continue;
    lines.push_back(format("%zu bytes on device %d, allocated at %s", a.bytes, a.device,
                           code_location(static_cast<const char*>(a.caller) - 1).c_str()));
  }
  return lines;
}

void Memory::release_all() {
  std::vector<Allocation*> live;
  for (auto& [base, a] : allocations_) {
    if (a.state != Allocation::kFreed) live.push_back(&a);
  }
  for (Allocation* a : live) release(*a);
  for (auto& [base, host] : host_) {
    if (!host.registered) std::free(base);
  }
  host_.clear();
}

}  // namespace cudasim
