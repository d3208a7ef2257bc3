#include "core/cpu_allocator.h"

#include <cresset/memory.h>
#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <mutex>

#include "core/check.h"

#if defined(__SANITIZE_ADDRESS__)
#define CRESSET_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CRESSET_ASAN 1
#endif
#endif

namespace cresset {
namespace {

#if defined(CRESSET_ASAN)
constexpr bool kCaching = false;
#else
constexpr bool kCaching = true;
#endif

constexpr std::size_t kAlign = 64;
constexpr std::size_t kSmallLimit = 32 << 10;           // larger blocks are mapped one by one
constexpr std::size_t kLargest = std::size_t{1} << 46;  // more than any machine has
constexpr std::size_t kSlab = 256 << 10;                // small blocks are cut from slabs
constexpr std::size_t kHugePages = 8 << 20;             // from here on the rounding to huge pages is small
constexpr std::size_t kThreadKeeps = 128 << 10;         // bytes of one class that a thread keeps
constexpr std::int64_t kFlush = 64 << 10;               // how far a thread's count may run ahead of the shared one

// Classes: multiples of 64 up to 512, then four a power of two.
constexpr int kFineClasses = 8;
constexpr int class_of(std::size_t bytes) {
  if (bytes <= 512) return static_cast<int>((bytes - 1) / 64);
  const int log = static_cast<int>(std::bit_width(bytes - 1)) - 1;  // 2^log < bytes <= 2^(log + 1)
  return kFineClasses + 4 * (log - 9) + static_cast<int>((bytes - 1) >> (log - 2) & 3);
}
constexpr std::size_t class_size(int c) {
  if (c < kFineClasses) return 64 * (static_cast<std::size_t>(c) + 1);
  const int log = 9 + (c - kFineClasses) / 4;
  return (std::size_t{1} << log) + (static_cast<std::size_t>((c - kFineClasses) % 4 + 1) << (log - 2));
}
constexpr int kSmallClasses = class_of(kSmallLimit) + 1;
constexpr int kClasses = class_of(kLargest) + 1;
static_assert(class_size(class_of(512)) == 512 && class_size(class_of(513)) == 640 &&
              class_size(class_of(1024)) == 1024 && class_size(kSmallClasses - 1) == kSmallLimit);

constexpr std::uint32_t kept_blocks(int c) {
  return static_cast<std::uint32_t>(std::clamp<std::size_t>(kThreadKeeps / class_size(c), 4, 256));
}

struct Block {
  Block* next;
};

// What one thread keeps. All zero means that the thread has not come here yet, or is ending: no list has a block and
// none has room, so every call takes the slow path.
struct ThreadCache {
  Block* lists[kSmallClasses];
  std::uint32_t room[kSmallClasses];
  bool ended;
  std::atomic<std::int64_t>
      unflushed;  // allocated minus freed bytes that the shared count does not know yet; written by this thread only
  ThreadCache *next, *previous;
};
[[gnu::tls_model("initial-exec")]] constinit thread_local ThreadCache t_cache{};

// No destructor: blocks may be freed by the program's static destructors.
struct Pool {
  std::mutex mutex;
  Block* lists[kClasses] = {};
  char *slab = nullptr, *slab_end = nullptr;
  ThreadCache* threads = nullptr;
  bool fork_handled = false;
  std::size_t reserved = 0, limit = 0;
  std::int64_t system_calls = 0;
  std::atomic<std::int64_t> allocated{0}, peak{0};
};
constinit Pool g_pool;

void raise_peak(std::int64_t allocated) {
  std::int64_t peak = g_pool.peak.load(std::memory_order_relaxed);
  while (peak < allocated && !g_pool.peak.compare_exchange_weak(peak, allocated, std::memory_order_relaxed)) {
  }
}

void add_shared(std::int64_t bytes) {
  raise_peak(g_pool.allocated.fetch_add(bytes, std::memory_order_relaxed) + bytes);
}

void add_local(ThreadCache& cache, std::int64_t bytes) {
  const std::int64_t sum = cache.unflushed.load(std::memory_order_relaxed) + bytes;
  if (sum <= kFlush && sum >= -kFlush) [[likely]] {
    cache.unflushed.store(sum, std::memory_order_relaxed);
  } else {
    cache.unflushed.store(0, std::memory_order_relaxed);
    add_shared(sum);
  }
}

// A large block's count goes with what the thread has not told yet, so that the peak of one thread is exact where it
// matters.
void add_with_local(std::int64_t bytes) {
  bytes += t_cache.unflushed.load(std::memory_order_relaxed);
  t_cache.unflushed.store(0, std::memory_order_relaxed);
  add_shared(bytes);
}

void unmap_free_blocks() {
  for (int c = kSmallClasses; c < kClasses; ++c) {
    const std::size_t size = class_size(c);
    while (Block* block = g_pool.lists[c]) {
      g_pool.lists[c] = block->next;
      munmap(block, size);
      g_pool.reserved -= size;
    }
  }
}

bool over_limit(std::size_t bytes) {
  return g_pool.limit != 0 && (bytes > g_pool.limit || g_pool.reserved > g_pool.limit - bytes);
}

// Maps fresh pages; null where there are none. The mutex is held.
void* map_pages(std::size_t bytes) {
  if (over_limit(bytes)) unmap_free_blocks();
  if (over_limit(bytes)) return nullptr;
  void* pages = MAP_FAILED;
  for (int attempt = 0; attempt < 2 && pages == MAP_FAILED; ++attempt) {
    if (attempt == 1) unmap_free_blocks();
    pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ++g_pool.system_calls;
  }
  if (pages == MAP_FAILED) return nullptr;
  if (bytes >= kHugePages) madvise(pages, bytes, MADV_HUGEPAGE);
  g_pool.reserved += bytes;
  return pages;
}

[[noreturn]] void fail_out_of_memory(std::size_t bytes) {
  const CpuMemoryStats stats = cpu_memory_stats();
  const std::size_t limit = g_pool.limit;
  fail<OutOfMemoryError>("cpu memory: cannot allocate {} bytes ({} allocated, {} reserved, {})", bytes, stats.allocated,
                         stats.reserved, limit == 0 ? std::string("no limit set") : fmt::format("limit {}", limit));
}

void push(Block*& list, void* memory) {
  auto* block = static_cast<Block*>(memory);
  block->next = list;
  list = block;
}

Block* pop(Block*& list) {
  Block* block = list;
  list = block->next;
  return block;
}

// A block of a small class from the shared list, else cut from a slab; null where there is no memory. The mutex is
// held.
Block* take_small(int c) {
  if (g_pool.lists[c] != nullptr) return pop(g_pool.lists[c]);
  const std::size_t size = class_size(c);
  if (static_cast<std::size_t>(g_pool.slab_end - g_pool.slab) < size) {
    while (g_pool.slab_end - g_pool.slab >= 64) {  // what is left of the old slab serves the smallest class
      push(g_pool.lists[0], g_pool.slab);
      g_pool.slab += 64;
    }
    auto* slab = static_cast<char*>(map_pages(kSlab));
    if (slab == nullptr) return nullptr;
    g_pool.slab = slab;
    g_pool.slab_end = slab + kSlab;
  }
  auto* block = reinterpret_cast<Block*>(g_pool.slab);
  g_pool.slab += size;
  return block;
}

void leave_thread(ThreadCache& cache) noexcept {
  const std::lock_guard lock(g_pool.mutex);
  for (int c = 0; c < kSmallClasses; ++c) {
    cache.room[c] = 0;
    while (cache.lists[c] != nullptr) push(g_pool.lists[c], pop(cache.lists[c]));
  }
  cache.ended = true;
  g_pool.allocated.fetch_add(cache.unflushed.exchange(0, std::memory_order_relaxed), std::memory_order_relaxed);
  (cache.previous != nullptr ? cache.previous->next : g_pool.threads) = cache.next;
  if (cache.next != nullptr) cache.next->previous = cache.previous;
}

struct ThreadEnd {
  ~ThreadEnd() { leave_thread(t_cache); }
};

// A forked child has this thread alone: the others' counts are kept, their caches are lost.
void after_fork_in_child() {
  std::int64_t others = 0;
  for (ThreadCache* cache = g_pool.threads; cache != nullptr; cache = cache->next)
    if (cache != &t_cache) others += cache->unflushed.load(std::memory_order_relaxed);
  g_pool.allocated.fetch_add(others, std::memory_order_relaxed);
  const bool known = t_cache.room[0] != 0 || t_cache.lists[0] != nullptr;
  t_cache.next = t_cache.previous = nullptr;
  g_pool.threads = known ? &t_cache : nullptr;
  g_pool.mutex.unlock();
}

// Makes the thread known on its first call here. The mutex is not held: registering a destructor may allocate.
void enter_thread(ThreadCache& cache) {
  if (cache.ended || cache.room[0] != 0 || cache.lists[0] != nullptr) return;
  static thread_local ThreadEnd end;
  static_cast<void>(&end);
  const std::lock_guard lock(g_pool.mutex);
  if (!g_pool.fork_handled)
    g_pool.fork_handled =
        pthread_atfork([] { g_pool.mutex.lock(); }, [] { g_pool.mutex.unlock(); }, after_fork_in_child) == 0;
  for (int c = 0; c < kSmallClasses; ++c) cache.room[c] = kept_blocks(c);
  cache.next = g_pool.threads;
  if (cache.next != nullptr) cache.next->previous = &cache;
  g_pool.threads = &cache;
}

[[gnu::noinline]] void* allocate_small_slowly(ThreadCache& cache, int c, std::size_t bytes) {
  enter_thread(cache);
  Block* block;
  {
    const std::lock_guard lock(g_pool.mutex);
    block = take_small(c);
    // Half a list more, so that the lock is rare. A failure here is none: the block itself is there.
    for (std::uint32_t n = kept_blocks(c) / 2; block != nullptr && n > 0 && cache.room[c] > 0; --n) {
      Block* extra = take_small(c);
      if (extra == nullptr) break;
      push(cache.lists[c], extra);
      --cache.room[c];
    }
  }
  if (block == nullptr) fail_out_of_memory(bytes);
  cache.ended ? add_shared(static_cast<std::int64_t>(bytes)) : add_local(cache, static_cast<std::int64_t>(bytes));
  return block;
}

[[gnu::noinline]] void free_small_slowly(ThreadCache& cache, int c, void* block, std::size_t bytes) noexcept {
  enter_thread(cache);
  cache.ended ? add_shared(-static_cast<std::int64_t>(bytes)) : add_local(cache, -static_cast<std::int64_t>(bytes));
  const std::lock_guard lock(g_pool.mutex);
  push(g_pool.lists[c], block);
  if (cache.ended) return;
  for (std::uint32_t n = kept_blocks(c) / 2; n > 0 && cache.lists[c] != nullptr; --n) {
    push(g_pool.lists[c], pop(cache.lists[c]));
    ++cache.room[c];
  }
}

[[gnu::noinline]] void* allocate_large(std::size_t bytes) {
  if (bytes > kLargest) fail_out_of_memory(bytes);
  const int c = class_of(bytes);
  void* block;
  {
    const std::lock_guard lock(g_pool.mutex);
    block = g_pool.lists[c] != nullptr ? pop(g_pool.lists[c]) : map_pages(class_size(c));
  }
  if (block == nullptr) fail_out_of_memory(bytes);
  add_with_local(static_cast<std::int64_t>(bytes));
  return block;
}

[[gnu::noinline]] void free_large(void* block, std::size_t bytes) noexcept {
  add_with_local(-static_cast<std::int64_t>(bytes));
  const std::lock_guard lock(g_pool.mutex);
  push(g_pool.lists[class_of(bytes)], block);
}

// Without caching: straight to the C library, which AddressSanitizer watches.
[[maybe_unused]] void* allocate_uncached(std::size_t bytes) {
  void* block = nullptr;
  const std::size_t rounded = (bytes + kAlign - 1) / kAlign * kAlign;
  if (bytes <= kLargest) {
    const std::lock_guard lock(g_pool.mutex);
    // Not rounded, so that the first byte past the end is caught.
    if (!over_limit(rounded) && posix_memalign(&block, kAlign, bytes) != 0) block = nullptr;
    if (block != nullptr) g_pool.reserved += rounded;
    ++g_pool.system_calls;
  }
  if (block == nullptr) fail_out_of_memory(bytes);
  add_shared(static_cast<std::int64_t>(bytes));
  return block;
}

[[maybe_unused]] void free_uncached(void* block, std::size_t bytes) noexcept {
  add_shared(-static_cast<std::int64_t>(bytes));
  {
    const std::lock_guard lock(g_pool.mutex);
    g_pool.reserved -= (bytes + kAlign - 1) / kAlign * kAlign;
  }
  std::free(block);
}

}  // namespace

void* cpu_allocate(std::size_t bytes) {
  if (bytes == 0) return nullptr;
  if constexpr (!kCaching) return allocate_uncached(bytes);
  if (bytes > kSmallLimit) return allocate_large(bytes);
  ThreadCache& cache = t_cache;
  const int c = class_of(bytes);
  if (cache.lists[c] == nullptr) [[unlikely]]
    return allocate_small_slowly(cache, c, bytes);
  ++cache.room[c];
  add_local(cache, static_cast<std::int64_t>(bytes));
  return pop(cache.lists[c]);
}

void cpu_free(void* block, std::size_t bytes) noexcept {
  if (block == nullptr) return;
  if constexpr (!kCaching) return free_uncached(block, bytes);
  if (bytes > kSmallLimit) return free_large(block, bytes);
  ThreadCache& cache = t_cache;
  const int c = class_of(bytes);
  if (cache.room[c] == 0) [[unlikely]]
    return free_small_slowly(cache, c, block, bytes);
  --cache.room[c];
  add_local(cache, -static_cast<std::int64_t>(bytes));
  push(cache.lists[c], block);
}

CpuMemoryStats cpu_memory_stats() {
  const std::lock_guard lock(g_pool.mutex);
  std::int64_t allocated = g_pool.allocated.load(std::memory_order_relaxed);
  for (const ThreadCache* cache = g_pool.threads; cache != nullptr; cache = cache->next)
    allocated += cache->unflushed.load(std::memory_order_relaxed);
  raise_peak(allocated);
  return {allocated, g_pool.peak.load(std::memory_order_relaxed), static_cast<std::int64_t>(g_pool.reserved),
          g_pool.system_calls};
}

void cpu_reset_peak_memory_stats() {
  g_pool.peak.store(0, std::memory_order_relaxed);
  cpu_memory_stats();  // raises it to what is allocated now
}

void cpu_empty_cache() {
  const std::lock_guard lock(g_pool.mutex);
  unmap_free_blocks();
}

void set_cpu_memory_limit(std::int64_t bytes) {
  check<ValueError>(bytes >= 0, "set_cpu_memory_limit: bytes must not be negative, got {}", bytes);
  const std::lock_guard lock(g_pool.mutex);
  g_pool.limit = static_cast<std::size_t>(bytes);
}

}  // namespace cresset
