// compiles
#include <cresset/cresset.h>

#include <type_traits>

static_assert(sizeof(cresset::Tensor) == sizeof(void*));
static_assert(std::is_nothrow_move_constructible_v<cresset::Tensor>);
static_assert(std::is_nothrow_move_assignable_v<cresset::Tensor>);
static_assert(!std::is_convertible_v<cresset::Tensor, bool>);
static_assert(!std::is_constructible_v<bool, cresset::Tensor>);
