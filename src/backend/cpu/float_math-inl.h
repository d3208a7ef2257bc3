// Functions of vectors of floats and doubles, right for every value: zeros, infinities, NaN. Compiled once for each
// target.
#include <hwy/highway.h>

#include <limits>

// clang-format off
#if defined(CRESSET_FLOAT_MATH_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CRESSET_FLOAT_MATH_INL_H
#undef CRESSET_FLOAT_MATH_INL_H
#else
#define CRESSET_FLOAT_MATH_INL_H
#endif
// clang-format on

#include <hwy/contrib/math/math-inl.h>

HWY_BEFORE_NAMESPACE();
namespace cresset::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class D>
HWY_INLINE hn::Vec<D> set(D d, double value) {
  return hn::Set(d, static_cast<hn::TFromD<D>>(value));
}

template <class D>
HWY_INLINE hn::Vec<D> infinity(D d) {
  return hn::Set(d, std::numeric_limits<hn::TFromD<D>>::infinity());
}

// 1 ulp. Highway's own is defined in the finite range only.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V exp_of(D d, V x) {
  const V end = set(d, sizeof(hn::TFromD<D>) == 4 ? 88.722839 : 709.782712893384);
  const V y = hn::Exp(d, hn::Max(hn::Min(x, end), set(d, -1100)));
  return hn::IfThenElse(hn::IsNaN(x), x, hn::IfThenElse(hn::Gt(x, end), infinity(d), y));
}

// 4 ulp.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V log_of(D d, V x) {
  const V zero = hn::Zero(d), inf = infinity(d);
  V y = hn::Log(d, x);
  y = hn::IfThenElse(hn::Eq(x, zero), hn::Neg(inf), y);
  y = hn::IfThenElse(hn::Lt(x, zero), set(d, std::numeric_limits<double>::quiet_NaN()), y);
  return hn::IfThenElse(hn::Or(hn::IsNaN(x), hn::Eq(x, inf)), x, y);
}

// 4 ulp.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V tanh_of(D d, V x) {
  const V limit = set(d, 30);  // 1 there; larger numbers would overflow on the way
  const V y = hn::Tanh(d, hn::Max(hn::Min(x, limit), hn::Neg(limit)));
  return hn::IfThenElse(hn::IsNaN(x), x, y);
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V sigmoid_of(D d, V x) {
  const V one = set(d, 1);
  return hn::Div(one, hn::Add(one, exp_of(d, hn::Neg(x))));
}

// exp(z^2) erfc(z) / t as a polynomial of t = 1 / (1 + 0.3 z), fitted by Chebyshev interpolation for z up to where erfc
// is 0: relative errors 1.8e-9 and 5.5e-18.
template <class T>
struct ErfcFit;
template <>
struct ErfcFit<float> {
  static constexpr int kTerms = 11;
  static constexpr double kCentre = 0.61627906976744186047, kScale = 2.6060606060606060606, kEnd = 15;
  static constexpr double kCoefficients[kTerms] = {3.898006526e-6,  1.958257075e-6, -7.034782681e-5, -0.0001916915746,
                                                   0.0006624242336, 0.006895570851, 0.02914915694,   0.08307610035,
                                                   0.1783653336,    0.3003947832,   0.401712814};
};
template <>
struct ErfcFit<double> {
  static constexpr int kTerms = 23;
  static constexpr double kCentre = 0.55319148936170212766, kScale = 2.2380952380952380952, kEnd = 39;
  static constexpr double kCoefficients[kTerms] = {
      3.52815922145541133e-11,  -2.97940308508873306e-11,  -4.18525886156733346e-10, 5.65126888363392922e-10,
      3.04834313159717751e-9,   -6.41931408728888869e-9,   -1.99977642084233034e-8,  6.01036708352423889e-8,
      1.47067027034218172e-7,   -5.22181560729535393e-7,   -1.39912314058539663e-6,  4.19308149707103812e-6,
      0.0000171517392840926712, -0.0000221700493559206294, -0.000229139039822068574, -0.000286445393562216559,
      0.0020666372417777821,    0.0131661038348755865,     0.0437074032462706173,    0.103736093633491776,
      0.192284677228332528,     0.288759723623117727,      0.356797508204743073};
};

// Of the standard normal distribution.
template <class V>
struct Normal {
  V probability;  // of a value below x, to a few ulp also where it is tiny
  V bell;         // exp(-x^2 / 2)
};

// x must not be NaN.
template <class D, class V = hn::Vec<D>>
HWY_INLINE Normal<V> normal_at(D d, V x) {
  using Fit = ErfcFit<hn::TFromD<D>>;
  const V a = hn::Min(hn::Abs(x), set(d, Fit::kEnd)), half = set(d, 0.5), one = set(d, 1);
  // The rounding of x^2 would be magnified by exp: what it drops is put back.
  const V square = hn::Mul(a, a), dropped = hn::MulSub(a, a, square);
  const V bell = hn::Exp(d, hn::Mul(square, set(d, -0.5)));
  const V exact_bell = hn::NegMulAdd(hn::Mul(dropped, half), bell, bell);
  const V t = hn::Div(one, hn::MulAdd(a, set(d, 0.3 * 0.70710678118654752440), one));
  const V u = hn::Mul(hn::Sub(t, set(d, Fit::kCentre)), set(d, Fit::kScale));
  V p = set(d, Fit::kCoefficients[0]);
  for (int i = 1; i < Fit::kTerms; ++i) p = hn::MulAdd(p, u, set(d, Fit::kCoefficients[i]));
  const V tail = hn::Mul(hn::Mul(half, exact_bell), hn::Mul(t, p));
  return {hn::IfThenElse(hn::Gt(x, hn::Zero(d)), hn::Sub(one, tail), tail), exact_bell};
}

// x P(x), P the normal distribution's probability.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V gelu_of(D d, V x) {
  return hn::Mul(x, normal_at(d, x).probability);
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V gelu_slope(D d, V x) {
  const V limit = set(d, ErfcFit<hn::TFromD<D>>::kEnd), held = hn::Max(hn::Min(x, limit), hn::Neg(limit));
  const auto n = normal_at(d, held);
  const V slope = hn::MulAdd(hn::Mul(held, n.bell), set(d, 0.39894228040143267794), n.probability);
  return hn::IfThenElse(hn::IsNaN(x), x, slope);
}

// 2 sqrt(2 / pi) (x + 0.044715 x^3); x * sigmoid of it is the tanh form of GELU, without its cancellation.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V gelu_tanh_argument(D d, V x) {
  const V inner = hn::MulAdd(hn::Mul(hn::Mul(x, x), x), set(d, 0.044715), x);
  return hn::Mul(inner, set(d, 1.59576912160573071176));
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V gelu_tanh_of(D d, V x) {
  return hn::Mul(x, sigmoid_of(d, gelu_tanh_argument(d, x)));
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V gelu_tanh_slope(D d, V x) {
  const V limit = set(d, 30), held = hn::Max(hn::Min(x, limit), hn::Neg(limit)), one = set(d, 1);  // flat beyond
  const V s = sigmoid_of(d, gelu_tanh_argument(d, held));
  const V inner = hn::Mul(hn::MulAdd(hn::Mul(held, held), set(d, 3 * 0.044715), one), set(d, 1.59576912160573071176));
  const V slope = hn::MulAdd(hn::Mul(held, inner), hn::Mul(s, hn::Sub(one, s)), s);
  return hn::IfThenElse(hn::IsNaN(x), x, slope);
}

}  // namespace cresset::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per target
