#include "numbers.h"

#include <cmath>

namespace cresset::program {

CLI::Validator finite_number(std::string option) {
  return {[option = std::move(option)](std::string& text) {
            double value = 0;
            const char* const end = text.data() + text.size();
            const auto [read_until, error] = std::from_chars(text.data(), end, value);
            if (error != std::errc() || read_until != end || !std::isfinite(value) || value < 0)
              throw UsageError(fmt::format("{} must be a finite number of at least 0, got {}", option, text));
            return std::string();
          },
          ""};
}

}  // namespace cresset::program
