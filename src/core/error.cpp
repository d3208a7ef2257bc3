#include <cresset/error.h>

namespace cresset {

Error::Error(std::string message) : message_(std::make_shared<const std::string>(std::move(message))) {}
const char* Error::what() const noexcept { return message_->c_str(); }
void Error::add_context(const std::string& line) {
  message_ = std::make_shared<const std::string>(*message_ + '\n' + line);
}

// Defined here so that each type has one home and can be caught across libraries.
ShapeError::~ShapeError() = default;
DTypeError::~DTypeError() = default;
DeviceError::~DeviceError() = default;
IndexError::~IndexError() = default;
ValueError::~ValueError() = default;
IoError::~IoError() = default;
FormatError::~FormatError() = default;
OutOfMemoryError::~OutOfMemoryError() = default;
UnsupportedError::~UnsupportedError() = default;
BackendError::~BackendError() = default;

}  // namespace cresset
