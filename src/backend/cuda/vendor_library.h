// A library of NVIDIA's that is used where a machine has it: found and opened when first asked for, never linked.
//
// It is looked for, in this order, and the first that is there is the one: where its environment variable says (a file
// or a folder; "off" does without); among what the process has loaded already; in $CUDA_HOME and $CUDA_PATH (lib64,
// lib); where the dynamic linker looks ($LD_LIBRARY_PATH, beside this library, the system's folders); in
// /usr/local/cuda/lib64; in Python packages (site-packages/nvidia/<name>/lib of $VIRTUAL_ENV, $CONDA_PREFIX, ~/.local
// and the system's Python).
#pragma once

#include <string>
#include <vector>

namespace cresset::cuda::backend {

struct VendorFiles {
  std::string name;                       // for people: "cuDNN"
  std::string variable;                   // "CRESSET_CUDNN"
  std::string file;                       // "libcudnn.so.9"
  std::vector<std::string> python_names;  // "cudnn" for site-packages/nvidia/cudnn/lib
  std::string install;                    // what a user without it does: "pip install nvidia-cudnn-cu13"
  // Libraries that it opens itself by their names. They are opened before, from its own folder, so that none comes from
  // elsewhere: sets of mixed versions crash.
  std::vector<std::string> parts = {};
  std::vector<std::string> optional_parts = {};  // a set may be without these
};

class VendorLibrary {
 public:
  // Never throws: what is wrong becomes missing().
  explicit VendorLibrary(VendorFiles files);
  // Why it cannot be used; "" where it can.
  const std::string& missing() const { return missing_; }
  const std::string& path() const { return path_; }
  const VendorFiles& files() const { return files_; }
  // In its own words, from now on.
  void give_up(std::string reason) { missing_ = std::move(reason); }

  // The function of that name, or null. In the simulator's build its own comes first: those that run something on a
  // device.
  template <class F>
  F* function(const char* name) const {
    return reinterpret_cast<F*>(symbol(name));
  }
  // The library's or one part's own, whoever else has one of the name.
  void* own_symbol(const std::string& file, const char* name) const;

 private:
  void open();
  // Whether a part is open that lies elsewhere: `missing` says so then.
  bool is_mixed(const std::string& folder);
  bool open_parts(const std::string& folder);
  void* symbol(const char* name) const;

  VendorFiles files_;
  std::string path_, missing_;
  void* library_ = nullptr;
};

// Whether the simulator has a function of that name; true in a build for GPUs, which needs none.
bool simulator_has(const char* name);

}  // namespace cresset::cuda::backend
