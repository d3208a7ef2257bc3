#include "values.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "cudasim/half_bits.h"

namespace cudasim::cudnn {
namespace {

template <class T>
T bits_at(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

double load(Type type, const char* from) {
  switch (type) {
    case Type::kFloat: return bits_at<float>(from);
    case Type::kDouble: return bits_at<double>(from);
    case Type::kHalf: return HalfFormat::to_float(bits_at<uint16_t>(from));
    case Type::kBfloat16: return BfloatFormat::to_float(bits_at<uint16_t>(from));
    case Type::kInt8: return bits_at<int8_t>(from);
    case Type::kUint8: return bits_at<uint8_t>(from);
    case Type::kInt32: return bits_at<int32_t>(from);
    case Type::kBoolean: return bits_at<uint8_t>(from) != 0;
  }
  return 0;
}

template <class T>
void put(char* to, T value) {
  std::memcpy(to, &value, sizeof value);
}

// To the nearest of a whole type, as far as it reaches.
template <class T>
void put_whole(char* to, double value) {
  const double low = std::numeric_limits<T>::min(), high = std::numeric_limits<T>::max();
  put(to, std::isnan(value) ? T{0} : static_cast<T>(std::fmin(std::fmax(std::nearbyint(value), low), high)));
}

void store(Type type, char* to, double value) {
  switch (type) {
    case Type::kFloat: put(to, static_cast<float>(value)); break;
    case Type::kDouble: put(to, value); break;
    case Type::kHalf: put(to, HalfFormat::from_double(value)); break;
    case Type::kBfloat16: put(to, BfloatFormat::from_double(value)); break;
    case Type::kInt8: put_whole<int8_t>(to, value); break;
    case Type::kUint8: put_whole<uint8_t>(to, value); break;
    case Type::kInt32: put_whole<int32_t>(to, value); break;
    case Type::kBoolean: put(to, static_cast<uint8_t>(value != 0)); break;
  }
}

/// Calls act(offset in bytes) for each element, the last index fastest.
template <class Act>
void each_offset(const Tensor& t, Act act) {
  std::vector<int64_t> index(t.sizes.size());
  const auto width = static_cast<int64_t>(size_of(t.type));
  int64_t offset = 0;
  for (;;) {
    act(offset * width);
    size_t i = t.sizes.size();
    for (; i > 0; --i) {
      offset += t.strides[i - 1];
      if (++index[i - 1] < t.sizes[i - 1]) break;
      offset -= t.strides[i - 1] * t.sizes[i - 1];
      index[i - 1] = 0;
    }
    if (i == 0) return;
  }
}

}  // namespace

const std::vector<double>& Values::read(const Tensor& tensor) {
  const auto [found, fresh] = elements_.try_emplace(tensor.id);
  std::vector<double>& elements = found->second;
  if (fresh) {
    elements.reserve(static_cast<size_t>(tensor.count()));
    const auto* base = static_cast<const char*>(pointers_.at(tensor.id));
    each_offset(tensor, [&](int64_t at) { elements.push_back(load(tensor.type, base + at)); });
  }
  return elements;
}

void Values::write(const Tensor& tensor, std::vector<double> elements) {
  // What later operations read is what the tensor's type holds.
  char element[8] = {};
  for (double& value : elements) {
    store(tensor.type, element, tensor.type == Type::kDouble ? value : static_cast<float>(value));
    value = load(tensor.type, element);
  }
  if (!tensor.is_virtual) {
    auto* base = static_cast<char*>(pointers_.at(tensor.id));
    size_t i = 0;
    each_offset(tensor, [&](int64_t at) { store(tensor.type, base + at, elements[i++]); });
  }
  elements_[tensor.id] = std::move(elements);
}

void Values::write(const Tensor& tensor, std::vector<double> elements, double alpha, double beta) {
  if (beta != 0 && !tensor.is_virtual) {
    const std::vector<double> before = read(tensor);
    for (size_t i = 0; i < elements.size(); ++i) elements[i] = alpha * elements[i] + beta * before[i];
  } else {
    for (double& value : elements) value *= alpha;
  }
  write(tensor, std::move(elements));
}

}  // namespace cudasim::cudnn
