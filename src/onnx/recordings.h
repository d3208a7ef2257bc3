// The same forward, recorded at several sizes of its dynamic axes: what does not vary is fixed.
#pragma once

#include <cresset/extension/trace.h>

#include <optional>
#include <string>
#include <vector>

namespace cresset::exporting {

// One whole number of a recording, as it is in each.
struct Number {
  std::vector<std::int64_t> at;
  bool fixed() const;
  std::int64_t value() const { return at.front(); }
  friend bool operator==(const Number&, const Number&) = default;
};
Number operator+(const Number& a, const Number& b);
Number operator-(const Number& a, const Number& b);
Number operator*(const Number& a, const Number& b);
Number fixed_number(std::int64_t value, std::size_t count);

// A size that the axes of a name share.
struct Symbol {
  std::string name;
  struct Axis {
    std::size_t input;
    int dim;
  };
  std::vector<Axis> axes;
};

class Recordings {
 public:
  // The first is of the example, in which a dynamic axis of size 1 has size 2, as 1 would broadcast.
  Recordings(nn::ModuleBase& module, trace::Forward forward, const std::vector<Tensor>& example,
             const std::vector<Symbol>& symbols, const std::vector<std::string>& input_names);

  const trace::Graph& first() const { return graphs_.front(); }
  const trace::Value& value(int index) const { return first().values[static_cast<std::size_t>(index)]; }
  std::size_t count() const { return graphs_.size(); }
  Number size(int value, int dim) const;
  std::vector<Number> shape(int value) const;
  bool has_fixed_shape(int value) const;
  // Whether a value is a constant that has the same elements in every recording.
  bool is_fixed(int value) const;

  // An attribute of node `node`. A number that is whole in every recording is one that may vary.
  const trace::Attribute* attribute(std::size_t node, const char* name) const;
  std::vector<Number> numbers(std::size_t node, const char* name) const;
  std::optional<Number> number(std::size_t node, const char* name) const;  // none where it is a fraction in one
  bool is_fixed_attribute(std::size_t node, const char* name) const;       // the same number in every recording

  // "Net.block.conv (Conv2d)"
  std::string place(std::size_t node) const;

 private:
  void check_alike(const trace::Graph& other, const std::string& at) const;

  std::vector<trace::Graph> graphs_;
  mutable std::vector<signed char> fixed_;  // of each value: -1 not asked yet
};

// UnsupportedError with a line that says in which module.
[[noreturn]] void fail_at(const std::string& place, const std::string& message);

}  // namespace cresset::exporting
