// The typed errors that cresset throws. A message reads `op: what must hold, what came`.
#pragma once

#include <cresset/export.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace cresset {

// Base of all errors of this library. Copying never throws.
class __attribute__((visibility("default"))) Error : public std::exception {
 public:
  explicit Error(std::string message);
  const char* what() const noexcept override;
  // Appends one line, for example the module inside which the error arose.
  void add_context(const std::string& line);

 private:
  std::shared_ptr<const std::string> message_;
};

// One class a kind of mistake; what each stands for is in its name.
#define CRESSET_ERROR_TYPE(Name)                                           \
  class __attribute__((visibility("default"))) Name final : public Error { \
   public:                                                                 \
    using Error::Error;                                                    \
    ~Name() override;                                                      \
  };
CRESSET_ERROR_TYPE(ShapeError)
CRESSET_ERROR_TYPE(DTypeError)
CRESSET_ERROR_TYPE(DeviceError)
CRESSET_ERROR_TYPE(IndexError)
CRESSET_ERROR_TYPE(ValueError)
CRESSET_ERROR_TYPE(IoError)
CRESSET_ERROR_TYPE(FormatError)
CRESSET_ERROR_TYPE(OutOfMemoryError)
CRESSET_ERROR_TYPE(UnsupportedError)
CRESSET_ERROR_TYPE(BackendError)
#undef CRESSET_ERROR_TYPE

}  // namespace cresset
