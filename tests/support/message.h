// The message of the error that a call throws.
#pragma once

#include <cresset/error.h>

#include <string>

namespace cresset::test {

template <class E = Error, class F>
std::string message_of(F f) {
  try {
    f();
  } catch (const E& error) {
    return error.what();
  }
  return "(no such error)";
}

}  // namespace cresset::test
