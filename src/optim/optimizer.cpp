#include <cresset/optim/optimizer.h>

#include <ostream>

#include "optim/optimizer_core.h"

namespace cresset::optim {

void Optimizer::step() { core_->step(); }

void Optimizer::zero_grad(bool set_to_none) {
  for (std::size_t g = 0; g < core_->group_count(); ++g)
    for (const Tensor& parameter : core_->params(g)) {
      if (set_to_none) {
        parameter.set_grad({});
      } else if (const Tensor grad = parameter.grad(); grad.defined()) {
        grad.detach_().zero_();
      }
    }
}

double Optimizer::lr(std::size_t group) const {
  check<IndexError>(group < core_->group_count(), "{}: index {} is out of range of {} parameter groups", core_->name(),
                    group, core_->group_count());
  return core_->lr(group);
}
void Optimizer::set_lr(double lr) {
  check<ValueError>(lr >= 0, "{}: Invalid learning rate: {}", core_->name(), lr);
  for (std::size_t g = 0; g < core_->group_count(); ++g) core_->lr(g) = lr;
}
std::size_t Optimizer::group_count() const { return core_->group_count(); }

StateDict Optimizer::state_dict() const { return core_->state_dict(); }
void Optimizer::load_state_dict(const StateDict& state_dict) { core_->load_state_dict(state_dict); }

std::string Optimizer::str() const { return core_->str(); }
std::ostream& operator<<(std::ostream& out, const Optimizer& optimizer) { return out << optimizer.str(); }

}  // namespace cresset::optim
