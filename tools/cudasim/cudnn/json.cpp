#include "json.h"

#include <cstdlib>

#include "graph.h"

namespace cudasim::cudnn {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Json value() {
    Json v;
    switch (peek()) {
      case '{':
        v.kind = Json::kObject;
        list('}', [&] {
          std::string name = string();
          expect(':');
          v.names.push_back(std::move(name));
          v.items.push_back(value());
        });
        return v;
      case '[':
        v.kind = Json::kArray;
        list(']', [&] { v.items.push_back(value()); });
        return v;
      case '"':
        v.kind = Json::kText;
        v.text = string();
        return v;
      case 't': return word("true", Json::kBoolean, true);
      case 'f': return word("false", Json::kBoolean, false);
      case 'n': return word("null", Json::kNull, false);
      default: return number();
    }
  }

 private:
  [[noreturn]] void fail() const {
    throw Unsupported("the plan's JSON cannot be read at character " + std::to_string(at_));
  }
  char peek() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t')) ++at_;
    if (at_ == text_.size()) fail();
    return text_[at_];
  }
  void expect(char c) {
    if (peek() != c) fail();
    ++at_;
  }
  template <class Item>
  void list(char end, Item item) {
    ++at_;
    if (peek() == end) {
      ++at_;
      return;
    }
    for (;;) {
      item();
      if (peek() == end) break;
      expect(',');
    }
    ++at_;
  }
  // No name and no value of a plan that is read has an escape; a device's name could.
  std::string string() {
    expect('"');
    std::string s;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] == '\\') ++at_;
      if (at_ < text_.size()) s += text_[at_++];
    }
    expect('"');
    return s;
  }
  Json word(std::string_view name, Json::Kind kind, bool boolean) {
    if (text_.substr(at_, name.size()) != name) fail();
    at_ += name.size();
    Json v;
    v.kind = kind;
    v.boolean = boolean;
    return v;
  }
  Json number() {
    const std::string digits(text_.substr(at_, 40));
    char* end = nullptr;
    Json v;
    v.kind = Json::kNumber;
    v.number = std::strtod(digits.c_str(), &end);
    if (end == digits.c_str()) fail();
    at_ += static_cast<size_t>(end - digits.c_str());
    return v;
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

const Json* Json::find(std::string_view name) const {
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return &items[i];
  }
  return nullptr;
}

Json read_json(std::string_view text) { return Reader(text).value(); }

}  // namespace cudasim::cudnn
