// The JSON that cuDNN writes of a plan. Members keep their order.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cudasim::cudnn {

struct Json {
  enum Kind : unsigned char { kNull, kBoolean, kNumber, kText, kArray, kObject };
  Kind kind = kNull;
  bool boolean = false;
  double number = 0;
  std::string text;
  std::vector<Json> items;         // of an array or object
  std::vector<std::string> names;  // of an object's items

  /// Null where there is none of the name.
  const Json* find(std::string_view name) const;
};

/// Throws Unsupported (graph.h) where the text is no JSON.
Json read_json(std::string_view text);

}  // namespace cudasim::cudnn
