// compiles
// Python's meaning of `=`: to a variable it rebinds, to what an expression gives it writes through.
#include <cresset/cresset.h>

#include <type_traits>

using namespace cresset;

static_assert(!std::is_assignable_v<Tensor&, int>, "a number is not bound to a variable");
static_assert(!std::is_assignable_v<Tensor&, double>);
static_assert(std::is_assignable_v<Tensor, int>, "but written through an element");
static_assert(std::is_assignable_v<Tensor, const Tensor&>);
static_assert(!std::is_convertible_v<Tensor, bool> && !std::is_constructible_v<bool, Tensor>);
static_assert(!std::is_convertible_v<int, Tensor> && !std::is_convertible_v<double, Tensor>);
static_assert(std::is_same_v<decltype(std::declval<Tensor>().item()), double>);
static_assert(std::is_same_v<decltype(std::declval<Tensor>().item<std::int64_t>()), std::int64_t>);
static_assert(std::is_same_v<decltype(std::declval<Tensor>().shape()), Shape>, "shape() is a value");
static_assert(std::is_same_v<decltype(std::declval<Tensor>() == std::declval<Tensor>()), Tensor>);
static_assert(std::is_nothrow_move_constructible_v<Tensor> && std::is_nothrow_copy_constructible_v<Tensor>);
