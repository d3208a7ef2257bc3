#include "data/transfer.h"

#include <curl/curl.h>

#include <exception>
#include <memory>

#include "core/check.h"
#include "data/progress.h"

namespace cresset::data {
namespace {

struct Sink {
  const File& file;
  Progress progress;
  std::int64_t resumed_at;
  std::exception_ptr error = {};
};

// Called by C code: exceptions wait in the sink.
std::size_t take_bytes(char* bytes, std::size_t, std::size_t count, void* user) {
  auto& sink = *static_cast<Sink*>(user);
  try {
    sink.file.write(bytes, count);
    return count;
  } catch (...) {
    sink.error = std::current_exception();
    return 0;
  }
}

int show_progress(void* user, curl_off_t total, curl_off_t now, curl_off_t, curl_off_t) {
  auto& sink = *static_cast<Sink*>(user);
  try {
    if (now > 0) sink.progress.show(sink.resumed_at + now, total > 0 ? sink.resumed_at + total : 0);
  } catch (...) {
    sink.error = std::current_exception();
    return 1;
  }
  return 0;
}

TransferResult judge(CURLcode code) {
  switch (code) {
    case CURLE_OK: return TransferResult::complete;
    case CURLE_RANGE_ERROR:
    case CURLE_BAD_DOWNLOAD_RESUME: return TransferResult::no_range;
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_HTTP2_STREAM: return TransferResult::interrupted;
    default: return TransferResult::refused;
  }
}

std::string name_of(const File& file) {
  const std::string& path = file.path();
  const std::string name = path.substr(path.rfind('/') + 1);
  return name.substr(0, name.rfind(".part"));
}

}  // namespace

Transfer transfer(const std::string& url, const File& file, const DownloadOptions& options) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::unique_ptr<CURL, void (*)(CURL*)> curl(curl_easy_init(), &curl_easy_cleanup);
  check<IoError>(started == CURLE_OK && curl, "download: libcurl must start, it did not");
  Sink sink{file, Progress(name_of(file), options.progress), file.size()};
  char reason[CURL_ERROR_SIZE] = "";
  CURL* const c = curl.get();
  curl_easy_setopt(c, CURLOPT_URL, url.c_str());
  curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https,file");
  curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(c, CURLOPT_MAXREDIRS, 10L);
  curl_easy_setopt(c, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(c, CURLOPT_USERAGENT, "cresset");
  curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, static_cast<long>(options.connect_timeout_seconds));
  curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 128L);
  curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.stall_timeout_seconds));
  curl_easy_setopt(c, CURLOPT_ERRORBUFFER, reason);
  curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, &take_bytes);
  curl_easy_setopt(c, CURLOPT_WRITEDATA, &sink);
  curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, &show_progress);
  curl_easy_setopt(c, CURLOPT_XFERINFODATA, &sink);
  if (sink.resumed_at > 0) curl_easy_setopt(c, CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(sink.resumed_at));

  const CURLcode code = curl_easy_perform(c);
  if (sink.error) std::rethrow_exception(sink.error);
  long status = 0;
  curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
  // "Range not satisfiable": the file ends before the first byte that was asked for, so there is no more to come.
  if (sink.resumed_at > 0 && status == 416) return {TransferResult::complete, {}};
  return {judge(code), code == CURLE_OK ? "" : (reason[0] != '\0' ? reason : curl_easy_strerror(code))};
}

}  // namespace cresset::data
