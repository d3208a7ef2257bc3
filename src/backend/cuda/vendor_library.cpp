#include "backend/cuda/vendor_library.h"

#include <dlfcn.h>
#include <link.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "backend/cuda/runtime.h"
#include "device_build.h"

namespace cresset::cuda::backend {
namespace {

namespace fs = std::filesystem;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

bool is_file(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

// The folder that the file really lies in: links and "lib64" for "lib" make no difference between folders.
std::string folder_of(const std::string& path) {
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  return error ? fs::path(path).parent_path().string() : real.parent_path().string();
}

// Where the dynamic linker took an open library from.
std::string path_of(void* library) {
  link_map* map = nullptr;
  return ::dlinfo(library, RTLD_DI_LINKMAP, &map) == 0 && map ? map->l_name : "";
}

std::string last_error() {
  const char* text = ::dlerror();
  return text ? text : "unknown";
}

// Kept for ever, like everything that was ever opened: its threads and handlers may outlive any owner.
void* open_library(const std::string& path) { return ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE); }
void* opened_already(const std::string& name) {
  return ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE | RTLD_NOLOAD);
}

// Python's folders below a prefix: lib/python3.12/site-packages.
void add_python_folders(const std::string& prefix, const std::vector<std::string>& names,
                        std::vector<std::string>& out) {
  std::error_code error;
  std::vector<std::string> found;
  for (fs::directory_iterator it(prefix + "/lib", error), end; !error && it != end; it.increment(error))
    if (it->path().filename().string().starts_with("python3"))
      for (const char* packages : {"site-packages", "dist-packages"})
        for (const std::string& name : names)
          found.push_back((it->path() / packages / "nvidia" / name / "lib").string());
  std::sort(found.begin(), found.end());  // the folder's own order is none
  out.insert(out.end(), found.begin(), found.end());
}

std::vector<std::string> toolkit_folders() {
  std::vector<std::string> folders;
  for (const char* variable : {"CUDA_HOME", "CUDA_PATH"})
    if (const std::string home = environment(variable); !home.empty())
      for (const char* lib : {"/lib64", "/lib"}) folders.push_back(home + lib);
  return folders;
}

std::vector<std::string> other_folders(const VendorFiles& files) {
  std::vector<std::string> folders{"/usr/local/cuda/lib64"};
  for (const char* variable : {"VIRTUAL_ENV", "CONDA_PREFIX"})
    if (const std::string prefix = environment(variable); !prefix.empty()) {
      folders.push_back(prefix + "/lib");
      add_python_folders(prefix, files.python_names, folders);
    }
  if (const std::string home = environment("HOME"); !home.empty())
    add_python_folders(home + "/.local", files.python_names, folders);
  for (const char* prefix : {"/usr/local", "/usr"}) add_python_folders(prefix, files.python_names, folders);
  return folders;
}

// Other versions of the file in a folder: "libcudnn.so.8", or "".
std::string other_version(const std::string& folder, const std::string& file) {
  const std::string stem = file.substr(0, file.find(".so") + 3) + ".";
  std::error_code error;
  std::string found;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (const std::string name = it->path().filename().string(); name.starts_with(stem)) found = std::max(found, name);
  return found;
}

}  // namespace

VendorLibrary::VendorLibrary(VendorFiles files) : files_(std::move(files)) {
  try {
    open();
  } catch (const std::exception& error) {
    missing_ = fmt::format("{}: {}", files_.name, error.what());
  }
}

void VendorLibrary::open() {
  std::string path;
  if (const std::string given = environment(files_.variable.c_str()); given == "off" || given == "0") {
    missing_ = fmt::format("{} is switched off by {}={}", files_.name, files_.variable, given);
    return;
  } else if (!given.empty()) {
    std::error_code error;
    const bool folder = fs::is_directory(given, error);
    path = folder ? given + "/" + files_.file : given;
    const std::string name = fs::path(path).filename().string();
    if (!name.starts_with(files_.file) && name != files_.file.substr(0, files_.file.find(".so") + 3)) {
      missing_ = fmt::format("{}={}: this build is made for {}", files_.variable, given, files_.file);
      return;
    }
    if (!is_file(path)) {
      const std::string other = folder ? other_version(given, files_.file) : "";
      missing_ = fmt::format("{}={}: there is no {}{}", files_.variable, given, path,
                             other.empty() ? "" : ", only " + other + ", of another version");
      return;
    }
  } else if (void* loaded = opened_already(files_.file)) {
    path = path_of(loaded);
  } else {
    for (const std::string& folder : toolkit_folders())
      if (path.empty() && is_file(folder + "/" + files_.file)) path = folder + "/" + files_.file;
    // Its parts may only be opened once it is known where it lies, and the linker tells it by opening it; that opens
    // none of the parts.
    if (path.empty())
      if (void* found = open_library(files_.file)) path = path_of(found);
    for (const std::string& folder : other_folders(files_))
      if (path.empty() && is_file(folder + "/" + files_.file)) path = folder + "/" + files_.file;
  }
  if (path.empty()) {
    missing_ = fmt::format(
        "there is no {} ({}) in $CUDA_HOME, where the dynamic linker looks, in /usr/local/cuda/lib64 or in Python's "
        "packages: {}, or set {} to its folder",
        files_.name, files_.file, files_.install, files_.variable);
    return;
  }
  if (void* loaded = opened_already(files_.file); loaded && folder_of(path_of(loaded)) != folder_of(path)) {
    missing_ = fmt::format("this process has another {} open already ({}), beside which {} cannot be used", files_.name,
                           path_of(loaded), path);
    return;
  }
  if (!open_parts(folder_of(path))) return;
  library_ = open_library(path);
  if (!library_) {
    missing_ = fmt::format("{} cannot be loaded: {}", path, last_error());
    return;
  }
  path_ = path;
}

bool VendorLibrary::is_mixed(const std::string& folder) {
  for (const auto* parts : {&files_.parts, &files_.optional_parts})
    for (const std::string& part : *parts) {
      void* loaded = opened_already(part);
      if (!loaded || folder_of(path_of(loaded)) == folder) continue;
      missing_ = fmt::format(
          "{} would be mixed: this process has {} open, but {} lies in {}; let one set of files be found, by {} or by "
          "LD_LIBRARY_PATH",
          files_.name, path_of(loaded), files_.file, folder, files_.variable);
      return true;
    }
  return false;
}

bool VendorLibrary::open_parts(const std::string& folder) {
  if (is_mixed(folder)) return false;
  for (const auto* parts : {&files_.parts, &files_.optional_parts})
    for (const std::string& part : *parts) {
      const std::string path = folder + "/" + part;
      if (!is_file(path)) {
        if (parts == &files_.optional_parts) continue;
        missing_ = fmt::format("{} in {} is not whole: there is no {}; install it anew", files_.name, folder, part);
        return false;
      }
      if (!open_library(path)) {
        missing_ = fmt::format("{} cannot be loaded: {}", path, last_error());
        return false;
      }
    }
  return !is_mixed(folder);  // parts open others, which the linker may have found elsewhere
}

namespace {

// The library that the runtime's functions come from, in a simulated build.
void* simulator() {
  static void* const library = []() -> void* {
    Dl_info info{};
    const auto address = reinterpret_cast<void*>(&cudaGetDeviceCount);
    if (!kDeviceSimulated || ::dladdr(address, &info) == 0) return nullptr;
    return opened_already(info.dli_fname);
  }();
  return library;
}

}  // namespace

bool simulator_has(const char* name) {
  return !kDeviceSimulated || (simulator() && ::dlsym(simulator(), name) != nullptr);
}

void* VendorLibrary::symbol(const char* name) const {
  if (void* simulated = kDeviceSimulated && simulator() ? ::dlsym(simulator(), name) : nullptr) return simulated;
  return library_ ? ::dlsym(library_, name) : nullptr;
}

void* VendorLibrary::own_symbol(const std::string& file, const char* name) const {
  void* library = file == files_.file ? library_ : opened_already(file);
  return library ? ::dlsym(library, name) : nullptr;
}

}  // namespace cresset::cuda::backend
