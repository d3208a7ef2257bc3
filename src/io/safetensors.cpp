#include <cresset/creation.h>
#include <cresset/io/atomic_file.h>
#include <cresset/io/safetensors.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <system_error>
#include <tuple>

#include "core/check.h"
#include "io/safetensors_header.h"

namespace cresset {
namespace {

using io::Header;

// As in the format's reference implementation.
constexpr std::uint64_t kLongestHeader = 100'000'000;

class Descriptor {
 public:
  explicit Descriptor(int value) : value(value) {}
  ~Descriptor() {
    if (value >= 0) ::close(value);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  const int value;
};

class InputFile {
 public:
  // Non-blocking, so that a pipe is refused and not waited for.
  explicit InputFile(const std::string& path)
      : path_(path), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    struct stat status {};
    if (descriptor_.value < 0 || ::fstat(descriptor_.value, &status) != 0) fail_with_errno("cannot open it");
    check<IoError>(S_ISREG(status.st_mode), "load: {}: must be a regular file", path);
    size_ = static_cast<std::uint64_t>(status.st_size);
  }

  std::uint64_t size() const { return size_; }

  void read(void* to, std::uint64_t bytes, std::uint64_t offset) const {
    char* at = static_cast<char*>(to);
    while (bytes > 0) {
      const ssize_t got = ::pread(descriptor_.value, at, bytes, static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) fail_with_errno("cannot read it");
      check<FormatError>(got > 0, "load: {}: became shorter while it was read", path_);
      at += got;
      bytes -= static_cast<std::uint64_t>(got);
      offset += static_cast<std::uint64_t>(got);
    }
  }

 private:
  [[noreturn]] void fail_with_errno(std::string_view what) const {
    const std::error_code error(errno, std::generic_category());
    fail<IoError>("load: {}: {}: {}", path_, what, error.message());
  }

  const std::string& path_;
  Descriptor descriptor_;
  std::uint64_t size_ = 0;
};

// What makes two names one tensor.
using Identity = std::tuple<const void*, std::vector<std::int64_t>, std::vector<std::int64_t>, DType>;

struct Plan {
  Header header;
  std::vector<Tensor> stored;       // one an entry
  std::vector<std::size_t> layout;  // entries in the order of their values in the file
};

Plan plan_of(const StateDict& tensors, const Metadata& metadata, const std::string& path) {
  Plan plan;
  plan.header.metadata = metadata;
  check<ValueError>(!metadata.count("cresset"), "save: {}: the metadata name 'cresset' is reserved", path);
  std::map<Identity, std::string> seen;
  std::size_t position = 0;
  for (const auto& [name, tensor] : tensors) {
    const std::size_t here = position++;
    check<ValueError>(name != "__metadata__", "save: {}: no tensor may be named '__metadata__'", path);
    check<ValueError>(tensor.defined(), "save: {}: the tensor '{}' is undefined", path, name);
    if (tensor.numel() > 0) {
      const Identity identity(tensor.data_ptr(), tensor.shape().vec(), tensor.strides().vec(), tensor.dtype());
      const auto [first, fresh] = seen.try_emplace(identity, name);
      if (!fresh) {
        plan.header.notes.ties.push_back({here, name, first->second});
        continue;
      }
    }
    if (tensor.suggest_memory_format() == MemoryFormat::channels_last) plan.header.notes.channels_last.push_back(name);
    plan.header.entries.push_back(
        {.name = name, .dtype = tensor.dtype(), .shape = tensor.shape(), .begin = 0, .end = 0});
    plan.stored.push_back(tensor);
  }
  // Wide types first: every tensor is then aligned for a reader that maps the file.
  auto& entries = plan.header.entries;
  for (std::size_t i = 0; i < entries.size(); ++i) plan.layout.push_back(i);
  std::stable_sort(plan.layout.begin(), plan.layout.end(), [&](std::size_t a, std::size_t b) {
    return element_size(entries[a].dtype) > element_size(entries[b].dtype);
  });
  std::uint64_t at = 0;
  for (const std::size_t i : plan.layout) {
    entries[i].begin = at;
    at += static_cast<std::uint64_t>(plan.stored[i].numel()) * element_size(entries[i].dtype);
    entries[i].end = at;
  }
  return plan;
}

void check_booleans(const Tensor& x, const std::string& name, const std::string& path) {
  const auto* const bytes = static_cast<const std::uint8_t*>(x.data_ptr());
  const bool good = std::all_of(bytes, bytes + x.numel(), [](std::uint8_t b) { return b <= 1; });
  check<FormatError>(good, "load: {}: '{}' is of type BOOL, but has bytes that are neither 0 nor 1", path, name);
}

struct PlacedHeader {
  Header header;
  std::uint64_t first_value;  // offset of the first value in the file
};

PlacedHeader read_header(const InputFile& in, const std::string& path) {
  check<FormatError>(in.size() >= 8, "load: {}: a safetensors file has at least 8 bytes, this one {}", path, in.size());
  std::uint8_t length_bytes[8];
  in.read(length_bytes, 8, 0);
  std::uint64_t length = 0;
  for (int i = 7; i >= 0; --i) length = length << 8 | length_bytes[i];
  check<FormatError>(length <= kLongestHeader,
                     "load: {}: is no safetensors file (a header of {} bytes, at most {} are allowed)", path, length,
                     kLongestHeader);
  check<FormatError>(length <= in.size() - 8, "load: {}: is cut short (a header of {} bytes, {} follow)", path, length,
                     in.size() - 8);
  std::string text(length, '\0');
  in.read(text.data(), length, 8);
  return {io::parse_header(text, in.size() - 8 - length, path), 8 + length};
}

}  // namespace

void save(const StateDict& tensors, const std::string& path, const SaveOptions& options) {
  const Plan plan = plan_of(tensors, options.metadata, path);
  io::AtomicFile out(path, "save");
  out.write(io::header_bytes(plan.header, path));
  for (const std::size_t i : plan.layout) {
    const Tensor rows = plan.stored[i].detach().cpu().contiguous();
    if (rows.numel() > 0) out.write(rows.data_ptr(), static_cast<std::size_t>(rows.numel()) * rows.element_size());
  }
  out.commit();
}

StateDict load(const std::string& path, const LoadOptions& options) {
  const InputFile in(path);
  const auto [header, first_value] = read_header(in, path);

  std::vector<StateDict::Item> items;
  std::map<std::string, Tensor> by_name;
  const auto& notes = header.notes;
  const std::set<std::string> channels_last(notes.channels_last.begin(), notes.channels_last.end());
  for (const auto& e : header.entries) {
    Tensor x = empty(e.shape, {.dtype = e.dtype});
    if (e.end > e.begin) in.read(x.data_ptr(), e.end - e.begin, first_value + e.begin);
    if (e.dtype == kBool) check_booleans(x, e.name, path);
    if (channels_last.count(e.name)) x = x.contiguous(kChannelsLast);
    if (!options.device.is_cpu()) x = x.to(options.device);
    by_name[e.name] = x;
    items.emplace_back(e.name, x);
  }
  for (const auto& tie : notes.ties) {
    const auto at = static_cast<std::ptrdiff_t>(std::min(tie.position, items.size()));
    items.emplace(items.begin() + at, tie.name, by_name.at(tie.stored_as));
  }
  StateDict tensors;
  for (const auto& [name, tensor] : items) tensors.set(name, tensor);
  return tensors;
}

Metadata load_metadata(const std::string& path) { return read_header(InputFile(path), path).header.metadata; }

}  // namespace cresset
