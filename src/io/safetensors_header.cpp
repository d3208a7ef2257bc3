#include "io/safetensors_header.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "core/check.h"

namespace cresset::io {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kMetadata = "__metadata__";
constexpr std::string_view kNotes = "cresset";
constexpr std::string_view kTypes[kDTypes] = {"F32", "F64", "F16", "BF16", "I64", "I32", "U8", "BOOL"};
constexpr int kDeepest = 3;  // a number in a list in a tensor's entry in the header

std::string quoted(const std::string& text) { return Json(text).dump(); }

std::string notes_text(const Notes& notes) {
  Json ties = Json::array();
  for (const auto& tie : notes.ties) ties.push_back({tie.position, tie.name, tie.stored_as});
  return Json{{"version", 1}, {"ties", ties}, {"channels_last", notes.channels_last}}.dump();
}

class HeaderParser {
 public:
  HeaderParser(const std::string& path, std::uint64_t data_bytes) : path_(path), data_bytes_(data_bytes) {}

  Header parse(std::string_view text) {
    const Json json = parse_json(text);
    check<FormatError>(json.is_object(), "load: {}: the header must be a JSON object", path_);
    Header header;
    for (const std::string& name : order_) {
      if (name == kMetadata)
        read_metadata(json[name], header);
      else
        header.entries.push_back(entry(name, json[name]));
    }
    check_coverage(header.entries);
    check_notes(header);
    return header;
  }

 private:
  Json parse_json(std::string_view text) {
    std::vector<std::set<std::string>> keys(kDeepest + 2);
    const auto visit = [&](int depth, Json::parse_event_t event, Json& value) {
      check<FormatError>(depth <= kDeepest, "load: {}: the header is nested deeper than {} levels", path_, kDeepest);
      const auto level = static_cast<std::size_t>(depth);
      if (event == Json::parse_event_t::object_start) keys[level + 1].clear();
      if (event == Json::parse_event_t::key) {
        const auto& key = value.get_ref<const std::string&>();
        check<FormatError>(keys[level].insert(key).second, "load: {}: the header has the name '{}' twice", path_, key);
        if (depth == 1) order_.push_back(key);
      }
      return true;
    };
    try {
      return Json::parse(text, visit);
    } catch (const Json::exception& e) {
      fail<FormatError>("load: {}: the header is not JSON: {}", path_, e.what());
    }
  }

  void read_metadata(const Json& json, Header& header) {
    check<FormatError>(json.is_object(), "load: {}: __metadata__ must be an object of strings", path_);
    for (const auto& [key, value] : json.items()) {
      check<FormatError>(value.is_string(), "load: {}: __metadata__ must hold strings, '{}' is none", path_, key);
      if (key == kNotes)
        read_notes(value.get<std::string>(), header.notes);
      else
        header.metadata[key] = value.get<std::string>();
    }
  }

  void read_notes(const std::string& text, Notes& notes) {
    try {
      const Json json = Json::parse(text);
      check<FormatError>(json.at("version").get<int>() == 1, "load: {}: was written by a newer version of cresset",
                         path_);
      for (const Json& tie : json.at("ties"))
        notes.ties.push_back(
            {tie.at(0).get<std::size_t>(), tie.at(1).get<std::string>(), tie.at(2).get<std::string>()});
      notes.channels_last = json.at("channels_last").get<std::vector<std::string>>();
    } catch (const Json::exception& e) {
      fail<FormatError>("load: {}: cresset's part of __metadata__ is malformed: {}", path_, e.what());
    }
  }

  std::uint64_t unsigned_number(const std::string& name, std::string_view what, const Json& json) const {
    check<FormatError>(json.is_number_unsigned(), "load: {}: {} of '{}' must be whole numbers from 0 up, got {}", path_,
                       what, name, json.dump());
    return json.get<std::uint64_t>();
  }

  TensorEntry entry(const std::string& name, const Json& json) const {
    const bool complete = json.is_object() && json.contains("dtype") && json["dtype"].is_string() &&
                          json.contains("shape") && json["shape"].is_array() && json.contains("data_offsets") &&
                          json["data_offsets"].is_array() && json["data_offsets"].size() == 2;
    check<FormatError>(complete, "load: {}: '{}' must have dtype, shape and two data_offsets", path_, name);

    TensorEntry out{
        .name = name, .dtype = dtype(name, json["dtype"].get<std::string>()), .shape = {}, .begin = 0, .end = 0};
    const Json& shape = json["shape"];
    check<UnsupportedError>(shape.size() <= kMaxDims, "load: {}: '{}' has {} dimensions, at most {} are possible",
                            path_, name, shape.size(), kMaxDims);
    bool empty = false, overflow = false;
    std::uint64_t bytes = element_size(out.dtype);
    for (const Json& size : shape) {
      const std::uint64_t n = unsigned_number(name, "the sizes", size);
      overflow = overflow || n > INT64_MAX || (n > 0 && __builtin_mul_overflow(bytes, n, &bytes));
      empty = empty || n == 0;
      out.shape.push_back(static_cast<std::int64_t>(n));
    }
    check<FormatError>(!overflow, "load: {}: the sizes {} of '{}' overflow", path_, shape.dump(), name);
    if (empty) bytes = 0;

    out.begin = unsigned_number(name, "the offsets", json["data_offsets"][0]);
    out.end = unsigned_number(name, "the offsets", json["data_offsets"][1]);
    check<FormatError>(out.begin <= out.end && out.end <= data_bytes_,
                       "load: {}: '{}' must lie within the {} bytes of values, has offsets {} to {}", path_, name,
                       data_bytes_, out.begin, out.end);
    check<FormatError>(out.end - out.begin == bytes, "load: {}: '{}' of shape {} and type {} takes {} bytes, has {}",
                       path_, name, shape.dump(), json["dtype"].get<std::string>(), bytes, out.end - out.begin);
    return out;
  }

  DType dtype(const std::string& name, const std::string& text) const {
    const auto* const found = std::find(std::begin(kTypes), std::end(kTypes), text);
    std::string known;
    for (const std::string_view type : kTypes) known.append(known.empty() ? "" : ", ").append(type);
    check<UnsupportedError>(found != std::end(kTypes), "load: {}: '{}' has the type {}, which is none of {}", path_,
                            name, text, known);
    return static_cast<DType>(found - std::begin(kTypes));
  }

  void check_coverage(const std::vector<TensorEntry>& entries) const {
    std::vector<const TensorEntry*> by_offset;
    for (const auto& e : entries) by_offset.push_back(&e);
    std::sort(by_offset.begin(), by_offset.end(),
              [](const auto* a, const auto* b) { return std::pair(a->begin, a->end) < std::pair(b->begin, b->end); });
    std::uint64_t at = 0;
    for (const auto* e : by_offset) {
      check<FormatError>(e->begin == at,
                         "load: {}: '{}' must begin at byte {}, where the tensor before it ends, got {}", path_,
                         e->name, at, e->begin);
      at = e->end;
    }
    check<FormatError>(at == data_bytes_, "load: {}: the tensors take {} bytes, the file has {}", path_, at,
                       data_bytes_);
  }

  void check_notes(const Header& header) const {
    std::set<std::string> names;
    for (const auto& e : header.entries) names.insert(e.name);
    const auto stored = names;
    for (const auto& tie : header.notes.ties)
      check<FormatError>(stored.count(tie.stored_as) && names.insert(tie.name).second &&
                             tie.position <= header.entries.size() + header.notes.ties.size(),
                         "load: {}: '{}' is tied to '{}', which does not fit", path_, tie.name, tie.stored_as);
    const std::set<std::string> channels_last(header.notes.channels_last.begin(), header.notes.channels_last.end());
    for (const auto& e : header.entries)
      check<FormatError>(e.shape.size() == 4 || !channels_last.count(e.name),
                         "load: {}: '{}' is said to be channels_last, but has {} dimensions", path_, e.name,
                         e.shape.size());
  }

  const std::string& path_;
  std::uint64_t data_bytes_;
  std::vector<std::string> order_;
};

}  // namespace

std::string header_bytes(const Header& header, const std::string& path) {
  std::string text = "{";
  try {
    Json metadata = header.metadata;
    if (!header.notes.ties.empty() || !header.notes.channels_last.empty())
      metadata[std::string(kNotes)] = notes_text(header.notes);
    if (!metadata.empty()) text += fmt::format("\"{}\":{}", kMetadata, metadata.dump());
    for (const auto& e : header.entries)
      text += fmt::format("{}{}:{{\"dtype\":\"{}\",\"shape\":{},\"data_offsets\":[{},{}]}}", text.size() > 1 ? "," : "",
                          quoted(e.name), kTypes[static_cast<int>(e.dtype)], e.shape.str(), e.begin, e.end);
  } catch (const Json::exception&) {
    fail<ValueError>("save: {}: names and metadata must be UTF-8", path);
  }
  text += '}';
  text.resize((text.size() + 7) / 8 * 8, ' ');
  std::string out(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) out[i] = static_cast<char>(text.size() >> (8 * i) & 0xff);
  return out + text;
}

Header parse_header(std::string_view json, std::uint64_t data_bytes, const std::string& path) {
  return HeaderParser(path, data_bytes).parse(json);
}

}  // namespace cresset::io
