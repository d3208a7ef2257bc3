#include "interrupt.h"

#include <atomic>
#include <csignal>

namespace cresset::program {
namespace {

std::atomic<bool> noted = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may only touch what has no lock");

void set_handler(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

void note(int) {
  noted = true;
  set_handler(SIG_DFL);
}

}  // namespace

InterruptWatch::InterruptWatch() {
  noted = false;
  set_handler(note);
}
InterruptWatch::~InterruptWatch() { set_handler(SIG_DFL); }
bool InterruptWatch::requested() const { return noted.load(std::memory_order_relaxed); }

}  // namespace cresset::program
