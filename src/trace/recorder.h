// What one thread writes down while it records.
#pragma once

#include <cresset/extension/trace.h>

#include <map>
#include <memory>
#include <set>

#include "core/tensor_impl.h"
#include "trace/trace.h"

namespace cresset::trace {

// Every tensor object that was seen stands for a value. A view also knows how it follows from its parent: after a write
// to either, the other's value is made anew from it, as the tape does with histories. Tensors are held until the end,
// so that no address is used twice.
class Recorder {
 public:
  Recorder(nn::ModuleBase& root, const std::vector<Tensor>& inputs);
  // Parameters and buffers are as they were before.
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;
  Graph finish(const std::vector<Tensor>& outputs);

  void op(const char* name, const std::vector<Tensor>& inputs, Attributes attributes,
          const std::vector<Tensor>& outputs);
  void view(const char* name, const Tensor& x, Attributes attributes, const Tensor& y);
  void wrote(const Tensor& self, const Tensor& value);
  void before_write(const Tensor& self);
  void check_host_may_read(const char* op, const Tensor& x);

  void enter(nn::ModuleBase& module);
  void leave();

 private:
  struct Seen {
    Tensor tensor;
    const Storage* storage = nullptr;
    const char* data = nullptr;
    int value = -1;
    bool stale = false;  // memory that it shows was written through another tensor
    Seen* parent = nullptr;
    std::string view = {};  // the op that makes it from its parent
    Attributes attributes = {};
  };

  int new_value(const Tensor& tensor, bool constant);
  Seen& remember(const Tensor& tensor, int value);
  Seen* known(const Tensor& tensor);
  Seen& seen(const Tensor& tensor);
  int value_of(const Tensor& tensor);
  int refreshed(Seen& entry);
  // A new node with one output, which has the type and sizes of `like`.
  int emit(const std::string& name, const std::vector<int>& inputs, Attributes attributes, const Tensor& like);
  std::vector<int> add_node(const std::string& name, std::vector<int> inputs, Attributes attributes,
                            const std::vector<Tensor>& outputs);
  // The value of the whole after a part of it, seen through `view`, became `part`.
  int put_back(const Seen& view, int whole, int part);
  void set_written(Seen& entry, int value);

  std::map<const cresset::detail::TensorImpl*, std::unique_ptr<Seen>> seen_;
  std::set<const Storage*> written_;
  std::map<const void*, std::string> paths_;  // of modules, by their shared state
  std::vector<int> calls_;
  std::vector<std::pair<Tensor, Tensor>> before_;  // parameters and buffers that were written to, as they were
  Graph graph_;
};

}  // namespace cresset::trace
