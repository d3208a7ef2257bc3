// Generators, and tensors of random numbers. See docs/random.md.
#include <cresset/extension/random_replay.h>
#include <cresset/extension/registry.h>
#include <cresset/ops.h>
#include <cresset/random.h>

#include <mutex>
#include <numeric>

#include "autograd/inplace.h"
#include "core/capture.h"
#include "core/check.h"
#include "core/dtype_limits.h"
#include "core/philox.h"
#include "core/random_blocks.h"
#include "core/thread_state.h"
#include "ops/check_range.h"
#include "ops/copy.h"
#include "ops/element.h"

namespace cresset {

struct Generator::Impl {
  std::mutex mutex;
  State state;
};

Generator::Generator(std::uint64_t seed) : impl_(std::make_shared<Impl>()) { impl_->state = {seed, 0}; }
void Generator::manual_seed(std::uint64_t seed) const { set_state({seed, 0}); }
std::uint64_t Generator::initial_seed() const { return state().seed; }
Generator::State Generator::state() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->state;
}
void Generator::set_state(const State& state) const {
  std::lock_guard lock(impl_->mutex);
  impl_->state = state;
}
Generator Generator::clone() const {
  Generator copy;
  copy.set_state(state());
  return copy;
}
Generator::State Generator::reserve(std::uint64_t counters) const {
  std::lock_guard lock(impl_->mutex);
  const State start = impl_->state;
  impl_->state.offset += counters;
  return start;
}

const Generator& default_generator() {
  if (thread_state.generator) return *thread_state.generator;
  static const auto* process = new Generator;  // never destroyed: static destructors may draw
  return *process;
}
const Generator& manual_seed(std::uint64_t seed) {
  default_generator().manual_seed(seed);
  return default_generator();
}
GeneratorGuard::GeneratorGuard(const Generator& generator)
    : before_(std::exchange(thread_state.generator, &generator)) {}
GeneratorGuard::~GeneratorGuard() { thread_state.generator = before_; }

namespace {

// Fills `y` in row-major order of its elements, whatever its strides.
void draw(const Tensor& y, RandomProblem problem, const Generator& generator) {
  const detail::TensorImpl& impl = *y.impl();
  problem.dtype = impl.dtype;
  problem.n = impl.numel;
  const Tensor dense = impl.contiguous ? y : new_tensor(impl.sizes, impl.dtype, impl.device);
  if (Capture* capture = capture_of(impl.device)) [[unlikely]] {
    const std::uint64_t* start = capture->reserve(generator, random_blocks(problem));
    run<RandomReplay>(impl.device, {problem, start}, static_cast<void*>(raw(dense)));
  } else {
    const Generator::State start = generator.reserve(random_blocks(problem));
    problem.seed = start.seed;
    problem.offset = start.offset;
    run<Random>(impl.device, problem, static_cast<void*>(raw(dense)));
  }
  if (!impl.contiguous) copy_elements(y, dense);
}

RandomProblem problem_of(RandomOp op, double a, double b, std::int64_t low = 0, std::int64_t high = 1) {
  return {.op = op, .dtype = kFloat32, .n = 0, .seed = 0, .offset = 0, .a = a, .b = b, .low = low, .high = high};
}

void check_order(const char* op, std::int64_t low, std::int64_t high) {
  check<ValueError>(low < high, "{}: expects 'low' to be less than 'high', but got low={} >= high={}", op, low, high);
}
// Whether the type holds all of [low, high).
void check_bounds(const char* op, std::int64_t low, std::int64_t high, DType dtype) {
  std::pair<std::int64_t, std::int64_t> range{INT64_MIN, INT64_MAX};
  if (!is_floating_point(dtype)) range = integer_range(dtype);
  if (dtype == kFloat16) range = {-65504, 65504};
  check<ValueError>(low >= range.first && low <= range.second, "{}: from is out of bounds for {}", op, name(dtype));
  check<ValueError>(high - 1 <= range.second, "{}: to - 1 is out of bounds for {}", op, name(dtype));
}
void check_floating(const char* op, DType dtype) {
  check<DTypeError>(is_floating_point(dtype), "{}: not supported for {}; the type must be floating", op, name(dtype));
}

Tensor make(const char* op, const Shape& shape, const RandomOptions& options, const RandomProblem& problem,
            DType dtype) {
  Tensor y = new_tensor(shape, options.dtype.value_or(dtype), options.device.value_or(Device()));
  if (problem.op != RandomOp::integer) check_floating(op, y.dtype());
  draw(y, problem, options.generator ? *options.generator : default_generator());
  if (options.requires_grad) y.requires_grad_();
  return y;
}

const Tensor& draw_into(const char* op, const Tensor& y, const RandomProblem& problem) {
  const bool recorded = needs_history(y);
  check_inplace(y, op, recorded);
  draw(y, problem, default_generator());
  bump_version(y);
  if (recorded)
    rebase_history(y, function_node(
                          "RandomBackward0", [](const Tensor& grad, Grads& out) { out[0] = zeros_like(grad); }, y));
  return y;
}

}  // namespace

Tensor rand(const Shape& shape, const RandomOptions& options) {
  return make("rand", shape, options, problem_of(RandomOp::uniform, 0, 1), get_default_dtype());
}
Tensor randn(const Shape& shape, const RandomOptions& options) {
  return make("randn", shape, options, problem_of(RandomOp::normal, 0, 1), get_default_dtype());
}
Tensor randint(std::int64_t low, std::int64_t high, const Shape& shape, const RandomOptions& options) {
  check_order("randint", low, high);
  check_bounds("randint", low, high, options.dtype.value_or(kInt64));
  return make("randint", shape, options, problem_of(RandomOp::integer, 0, 0, low, high), kInt64);
}
Tensor randint(std::int64_t high, const Shape& shape, const RandomOptions& options) {
  return randint(0, high, shape, options);
}

Tensor rand_like(const Tensor& like, const TensorOptions& options) {
  Tensor y =
      empty_like(like, {.dtype = options.dtype, .device = options.device, .memory_format = options.memory_format});
  check_floating("rand_like", y.dtype());
  draw(y, problem_of(RandomOp::uniform, 0, 1), default_generator());
  return options.requires_grad ? y.requires_grad_() : y;
}
Tensor randn_like(const Tensor& like, const TensorOptions& options) {
  Tensor y =
      empty_like(like, {.dtype = options.dtype, .device = options.device, .memory_format = options.memory_format});
  check_floating("randn_like", y.dtype());
  draw(y, problem_of(RandomOp::normal, 0, 1), default_generator());
  return options.requires_grad ? y.requires_grad_() : y;
}

// Durstenfeld's shuffle, two draws a block.
Tensor randperm(std::int64_t n, const RandomOptions& options) {
  check<ValueError>(n >= 0 && n <= (std::int64_t{1} << 32), "randperm: n must be in [0, 2^32], got {}", n);
  const DType dtype = options.dtype.value_or(kInt64);
  check<DTypeError>(dtype != kBool, "randperm: not supported for bool tensors");
  check<ValueError>(dtype != kFloat16 || n <= 2049, "randperm: n cannot be greater than 2049 for float16, got {}", n);
  if (!is_floating_point(dtype)) check_fits(std::max<std::int64_t>(n - 1, 0), dtype);
  if (options.device) check_not_captured("randperm", *options.device);
  Tensor y = new_tensor({n}, kInt64, Device());
  auto* p = reinterpret_cast<std::int64_t*>(raw(y));
  std::iota(p, p + n, std::int64_t{0});
  const Generator& generator = options.generator ? *options.generator : default_generator();
  const Generator::State start = generator.reserve(random_permutation_blocks(n));
  PhiloxBlock block{};
  for (std::int64_t k = 0; k + 1 < n; ++k) {
    if (k % 2 == 0) block = philox(start.seed, start.offset + static_cast<std::uint64_t>(k / 2));
    const auto j = static_cast<std::int64_t>(
        integer_from(philox_pair(block, static_cast<int>(k % 2)), static_cast<std::uint64_t>(n - k)));
    std::swap(p[n - 1 - k], p[j]);
  }
  return y.to(ToOptions{.dtype = options.dtype, .device = options.device});
}

Tensor bernoulli(const Tensor& probabilities, const RandomOptions& options) {
  check_floating("bernoulli", probabilities.dtype());
  const Tensor p = probabilities.detach();
  check_range(RangeCheck::probability, p);
  return (rand(p.shape(), {.generator = options.generator, .device = p.device()}) < p)
      .to(options.dtype.value_or(p.dtype()));
}

const Tensor& Tensor::uniform_(double low, double high) const {
  check_floating("uniform_", dtype());
  const double most = largest_finite(dtype());
  check<ValueError>(low >= -most && low <= most, "uniform_: from is out of bounds for {}", cresset::name(dtype()));
  check<ValueError>(high >= -most && high <= most, "uniform_: to is out of bounds for {}", cresset::name(dtype()));
  check<ValueError>(low <= high, "uniform_: expects to return a [from, to) range, but found from={} > to={}", low,
                    high);
  check<ValueError>(high - low <= most,
                    "uniform_: expects to-from to be at most the largest {}, but found to={} and from={}",
                    cresset::name(dtype()), high, low);
  return draw_into("uniform_", *this, problem_of(RandomOp::uniform, low, high));
}
const Tensor& Tensor::normal_(double mean, double std) const {
  check_floating("normal_", dtype());
  check<ValueError>(std >= 0, "normal_: expects std >= 0.0, but found std {}", std);
  return draw_into("normal_", *this, problem_of(RandomOp::normal, mean, std));
}
const Tensor& Tensor::bernoulli_(double p) const {
  check<ValueError>(p >= 0 && p <= 1, "bernoulli_: expects p to be in [0, 1], but got p={}", p);
  return draw_into("bernoulli_", *this, problem_of(RandomOp::bernoulli, p, 0));
}
const Tensor& Tensor::random_(std::int64_t low, std::int64_t high) const {
  check_order("random_", low, high);
  check_bounds("random_", low, high, dtype());
  return draw_into("random_", *this, problem_of(RandomOp::integer, 0, 0, low, high));
}

}  // namespace cresset
