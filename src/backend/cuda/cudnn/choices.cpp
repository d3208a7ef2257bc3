#include "backend/cuda/cudnn/choices.h"

#include <cresset/io/atomic_file.h>
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "backend/cuda/cudnn/library.h"

namespace cresset::cuda::backend::cudnn {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kFirstLine = "cresset cudnn choices 1";

using Entries = std::map<std::string, std::string>;  // a line's problem, its engine

enum class State : std::uint8_t { whole, absent, broken, foreign };

struct Choices {
  std::mutex mutex;
  bool read = false;
  std::string path;  // "" keeps none
  Entries entries;
  bool warned = false;
};
Choices& choices() {
  static auto* const c = new Choices;
  return *c;
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::string find_path() {
  const std::string given = environment("CRESSET_CUDNN_CHOICES");
  if (!given.empty()) return given == "off" ? "" : given;
  if (const std::string cache = environment("XDG_CACHE_HOME"); !cache.empty())
    return cache + "/cresset/cudnn_choices.txt";
  const std::string home = environment("HOME");
  return home.empty() ? "" : home + "/.cache/cresset/cudnn_choices.txt";
}

void warn(Choices& c, const std::string& text) {
  if (!c.warned) std::fprintf(stderr, "cresset: %s: %s\n", c.path.c_str(), text.c_str());
  c.warned = true;
}

State read_file(const std::string& path, Entries& out) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return State::absent;
  std::string line;
  if (!std::getline(file, line) || line != kFirstLine) return State::foreign;
  Entries entries;
  while (std::getline(file, line)) {
    if (line == fmt::format("end {}", entries.size())) {
      out.merge(entries);
      return State::whole;
    }
    const std::size_t tab = line.rfind('\t');
    if (tab == std::string::npos || tab == 0 || tab + 1 == line.size()) return State::broken;
    entries[line.substr(0, tab)] = line.substr(tab + 1);
  }
  return State::broken;
}

// Once, and before each writing, since other processes write too.
State refresh(Choices& c) {
  const State state = read_file(c.path, c.entries);
  if (state == State::broken) warn(c, "is cut off or damaged; what was measured before is measured anew");
  if (state == State::foreign)
    warn(c,
         "is no file of cuDNN engines by cresset; it is left as it is, and nothing is kept (CRESSET_CUDNN_CHOICES "
         "names another file)");
  return state;
}

void read_once(Choices& c) {
  if (c.read) return;
  c.read = true;
  c.path = find_path();
  if (!c.path.empty()) refresh(c);
}

void write_file(const std::string& path, const Entries& entries) {
  std::string text = fmt::format("{}\n", kFirstLine);
  for (const auto& [problem, engine] : entries) text += fmt::format("{}\t{}\n", problem, engine);
  text += fmt::format("end {}\n", entries.size());
  if (const fs::path folder = fs::path(path).parent_path(); !folder.empty()) fs::create_directories(folder);
  io::AtomicFile file(path, "keeping cuDNN's engines");
  file.write(text.data(), text.size());
  file.commit();
}

std::string line_of(const std::string& device, const PlanKey& key) {
  return fmt::format("{}\t{}\t{}", version_text(library().version), device, key.text());
}

}  // namespace

std::string stored_choice(const std::string& device, const PlanKey& key) {
  Choices& c = choices();
  const std::scoped_lock lock(c.mutex);
  read_once(c);
  const auto found = c.entries.find(line_of(device, key));
  return found == c.entries.end() ? "" : found->second;
}

void store_choice(const std::string& device, const PlanKey& key, const std::string& engine) {
  Choices& c = choices();
  const std::scoped_lock lock(c.mutex);
  read_once(c);
  if (c.path.empty()) return;
  const bool foreign = refresh(c) == State::foreign;
  c.entries[line_of(device, key)] = engine;
  if (foreign) return;
  try {
    write_file(c.path, c.entries);
  } catch (const std::exception& error) {
    warn(c, fmt::format("cannot be written: {}", error.what()));
  }
}

}  // namespace cresset::cuda::backend::cudnn
