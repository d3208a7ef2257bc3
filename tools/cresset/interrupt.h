// Ctrl-C as a wish that a loop sees, not as an end.
#pragma once

namespace cresset::program {

// While it lives, the first SIGINT or SIGTERM is only noted; a second one ends the process as usual.
class InterruptWatch {
 public:
  InterruptWatch();
  ~InterruptWatch();
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;

  bool requested() const;
};

}  // namespace cresset::program
