// One team of threads for all computation: fixed chunks, handed out dynamically; it spins briefly, then sleeps.
#pragma once

#include <cstdint>
#include <type_traits>

namespace cresset {

// A reference to a callable, valid during the call that it is passed to.
template <class Signature>
class FunctionRef;
template <class R, class... Args>
class FunctionRef<R(Args...)> {
 public:
  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, FunctionRef>)
      FunctionRef(F&& f)  // NOLINT: converts, as a reference does
      : object_(const_cast<void*>(static_cast<const void*>(&f))), call_([](void* object, Args... args) -> R {
          return (*static_cast<std::remove_reference_t<F>*>(object))(args...);
        }) {}
  R operator()(Args... args) const { return call_(object_, args...); }

 private:
  void* object_;
  R (*call_)(void*, Args...);
};

// Calls body(i) once for each i in [0, chunks), on the calling thread and the team; returns when all are done. Which
// thread takes which chunk is not fixed, so chunks must not depend on each other and their number must follow from the
// problem, never from the number of threads. A call from inside a chunk runs serially. The first exception (of the
// lowest chunk that threw) is thrown again here. With one chunk or one thread nobody is woken. Several threads may call
// at once: one gets the team, the others run serially.
void parallel_for(std::int64_t chunks, FunctionRef<void(std::int64_t)> body);

}  // namespace cresset
