#include "autograd/node.h"

#include <algorithm>

#include "core/cpu_allocator.h"
#include "core/thread_state.h"

namespace cresset {

void stamp(Node& node) noexcept {
  std::uint64_t t = thread_state.clock;
  for (std::uint32_t i = 0; i < node.inputs; ++i)
    if (const Node* from = node.edges[i].node.get()) t = std::max(t, from->sequence + 1);
  node.sequence = t;
  thread_state.clock = t + 1;
}

namespace {

// A chain of nodes is taken down in a loop: what one node lets go is queued here, not destroyed on its stack.
constinit thread_local std::vector<Node*>* waiting = nullptr;

void bury(Node* node) noexcept {
  const std::size_t bytes = node->bytes;
  node->~Node();
  cpu_free(node, bytes);
  count_live(&ThreadState::nodes, -1);
}

}  // namespace

void destroy(Node* node) noexcept {
  if (waiting) {
    waiting->push_back(node);
    return;
  }
  std::vector<Node*> local;
  waiting = &local;
  bury(node);
  while (!local.empty()) {
    Node* next = local.back();
    local.pop_back();
    bury(next);
  }
  waiting = nullptr;
}

AutogradMeta& meta_of(detail::TensorImpl& impl) {
  if (!impl.meta) impl.meta = new AutogradMeta;
  return *impl.meta;
}

}  // namespace cresset
