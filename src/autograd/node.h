// A node of the tape: the backward of one op, with edges to where its inputs came from.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "autograd/meta.h"
#include "core/refcount.h"
#include "core/tensor_impl.h"

namespace cresset {

// Where the gradient of an input goes: output `nr` of a node, a leaf, or nowhere.
struct Edge {
  Ref<Node> node;
  Tensor leaf;
  std::uint32_t nr = 0;
  bool valid() const { return node || leaf.defined(); }
};

// Where the gradient of `tensor` goes. Brings the history of a view up to date first.
Edge gradient_edge(const Tensor& tensor);

// The gradients that a backward function gives, one for each input; left undefined they count as zero.
class Grads {
 public:
  Grads(Node& node, Tensor* slots) : node_(node), slots_(slots) {}
  // Whether somebody wants the gradient of input i.
  bool needs(std::size_t i) const;
  Tensor& operator[](std::size_t i) { return slots_[i]; }
  Node& node() const { return node_; }

 private:
  Node& node_;
  Tensor* slots_;
};

struct NodeHook {
  std::uint32_t output_nr;
  std::uint64_t id;
  std::function<Tensor(const Tensor&)> call;
  bool retains = false;  // retain_grad()'s: stands behind all others
};

struct Node : RefCounted {
  Node(const char* op, std::uint32_t input_count, Edge* edge_array)
      : name(op), inputs(input_count), edges(edge_array) {}
  virtual ~Node() = default;
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // grads: one for each output, undefined where nothing arrived.
  virtual void apply(Tensor* grads, Grads& out) = 0;
  // Drops what was saved for apply().
  virtual void release() noexcept {}
  virtual bool released() const noexcept { return false; }

  const char* name;
  std::uint64_t sequence = 0;  // greater than that of every node that an edge leads to
  std::uint32_t inputs;
  std::uint32_t outputs = 1;
  std::uint32_t bytes = 0;  // of the allocation
  Edge* edges;
  std::shared_ptr<std::vector<NodeHook>> hooks;
};

inline bool Grads::needs(std::size_t i) const { return node_.edges[i].valid(); }

// Gives the node its place in time: after all nodes that its edges lead to.
void stamp(Node& node) noexcept;

}  // namespace cresset
