#include <cresset/data/download.h>

#include <algorithm>
#include <cctype>

#include "core/check.h"
#include "data/file.h"
#include "data/md5.h"
#include "data/transfer.h"

namespace cresset::data {
namespace {

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

bool is_there(const std::string& path, const std::string& md5) {
  return file_size_or_missing(path) >= 0 && (md5.empty() || md5_of_file(path) == md5);
}

// The partial file, held by this process alone. Another process may have finished and renamed it while this one waited.
File open_partial(const std::string& path) {
  for (;;) {
    File partial = File::open_to_append(path);
    partial.lock();
    if (partial.is_in_place()) return partial;
  }
}

struct Attempt {
  bool done = false;
  bool wrong_md5 = false;
  std::string reason = {};
};

Attempt fetch(const std::string& url, const File& partial, const std::string& md5, const DownloadOptions& options) {
  std::string reason;
  for (int tries = 0; tries <= options.retries;) {
    const std::int64_t before = partial.size();
    const Transfer t = transfer(url, partial, options);
    reason = t.reason;
    if (t.result == TransferResult::refused || (t.result == TransferResult::no_range && before == 0))
      return {.reason = reason};
    if (t.result == TransferResult::no_range) {
      partial.truncate();
      continue;
    }
    if (t.result == TransferResult::interrupted) {
      ++tries;
      if (md5.empty()) partial.truncate();
      continue;
    }
    if (md5.empty()) return {.done = true};
    const std::string sum = md5_of_file(partial.path());
    if (sum == md5) return {.done = true};
    partial.truncate();
    // The part from an earlier try may be to blame: once more from the start.
    if (before > 0) continue;
    return {.wrong_md5 = true, .reason = fmt::format("the MD5 sum must be {}, got {}", md5, sum)};
  }
  return {.reason = reason};
}

}  // namespace

void download_file(const std::vector<std::string>& urls, const std::string& path, const DownloadOptions& options) {
  check<ValueError>(!urls.empty(), "download: at least one address must be given for {}", path);
  const std::string md5 = lower(options.md5);
  check<ValueError>(md5.empty() || (md5.size() == 32 && md5.find_first_not_of("0123456789abcdef") == std::string::npos),
                    "download: md5 must be 32 hexadecimal digits, got \"{}\"", options.md5);
  check<ValueError>(options.connect_timeout_seconds > 0 && options.stall_timeout_seconds > 0 && options.retries >= 0,
                    "download: timeouts must be positive and retries not negative, got {}, {} and {}",
                    options.connect_timeout_seconds, options.stall_timeout_seconds, options.retries);
  if (is_there(path, md5)) return;
  if (const auto slash = path.rfind('/'); slash != std::string::npos && slash > 0) make_folders(path.substr(0, slash));

  const File partial = open_partial(path + ".part");
  if (is_there(path, md5)) {
    remove_file(partial.path());
    return;
  }
  // Without a sum nothing says that the rest would fit to what is there.
  if (md5.empty()) partial.truncate();
  std::string reasons;
  std::size_t wrong = 0;
  for (const std::string& url : urls) {
    Attempt attempt;
    try {
      attempt = fetch(url, partial, md5, options);
    } catch (...) {
      // A full disk, most likely. Only a part with a sum can be continued later.
      if (md5.empty()) remove_file(partial.path());
      throw;
    }
    if (attempt.done) {
      partial.sync();
      rename_file(partial.path(), path);
      return;
    }
    wrong += attempt.wrong_md5 ? 1 : 0;
    reasons += fmt::format("\n  {}: {}", url, attempt.reason);
  }
  if (md5.empty() || partial.size() == 0) remove_file(partial.path());
  if (wrong == urls.size()) fail<FormatError>("download: no address gave the right {}:{}", path, reasons);
  fail<IoError>("download: no address gave {}:{}", path, reasons);
}

}  // namespace cresset::data
