// Random numbers: counter-based streams (Philox 4x32-10), the same whatever the number of threads and on every device.
// See docs/random.md.
#pragma once

#include <cresset/export.h>

#include <cstdint>
#include <memory>

namespace cresset {

// A stream of random numbers: a key (the seed) and a position. A handle: copies share the position; clone() does not.
class CRESSET_API Generator {
 public:
  explicit Generator(std::uint64_t seed = 67280421310721);  // PyTorch's default seed
  struct State {
    std::uint64_t seed, offset;
    friend bool operator==(const State&, const State&) = default;
  };

  void manual_seed(std::uint64_t seed) const;  // and the position becomes 0
  std::uint64_t initial_seed() const;
  State state() const;
  void set_state(const State& state) const;
  Generator clone() const;
  // Takes `counters` positions (of four 32-bit words each) off the stream and returns where they start. Safe for
  // threads.
  State reserve(std::uint64_t counters) const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

// The generator that random functions use where none is given. One for the process; inside a DataLoader worker, the
// sample's own.
CRESSET_API const Generator& default_generator();
// Seeds the default generator: `torch.manual_seed`.
CRESSET_API const Generator& manual_seed(std::uint64_t seed);

// While it lives, `generator` is this thread's default generator.
class CRESSET_API GeneratorGuard {
 public:
  explicit GeneratorGuard(const Generator& generator);
  ~GeneratorGuard();
  GeneratorGuard(const GeneratorGuard&) = delete;
  GeneratorGuard& operator=(const GeneratorGuard&) = delete;

 private:
  const Generator* before_;
};

}  // namespace cresset
