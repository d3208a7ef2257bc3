// The message of the error that a call throws.
#pragma once

#include <cresset/error.h>

#include <exception>
#include <string>

namespace cresset {

// Words that are no message of ours where the call throws another error, or none.
template <class E = Error, class F>
std::string message_of(F f) {
  try {
    f();
  } catch (const E& error) {
    return error.what();
  } catch (const std::exception& error) {
    return std::string("(another error: ") + error.what() + ")";
  }
  return "(no error)";
}

}  // namespace cresset
