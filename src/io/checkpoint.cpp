#include <cresset/io/checkpoint.h>

#include <nlohmann/json.hpp>

#include "core/check.h"

namespace cresset {
namespace {

using Json = nlohmann::json;

constexpr const char* kKey = "checkpoint";
constexpr int kVersion = 1;

Json to_json(const Generator::State& state) { return {state.seed, state.offset}; }
Generator::State generator_of(const Json& json) {
  return {.seed = json.at(0).get<std::uint64_t>(), .offset = json.at(1).get<std::uint64_t>()};
}

Json to_json(const data::LoaderState& state) {
  Json json{{"epoch", state.epoch}, {"batch", state.batch}, {"open", state.open}, {"seed", state.seed}};
  if (state.generator) json["generator"] = to_json(*state.generator);
  return json;
}
data::LoaderState loader_state_of(const Json& json) {
  data::LoaderState state;
  state.epoch = json.at("epoch").get<std::uint64_t>();
  state.batch = json.at("batch").get<std::uint64_t>();
  state.open = json.at("open").get<bool>();
  state.seed = json.at("seed").get<std::uint64_t>();
  if (json.contains("generator")) state.generator = generator_of(json["generator"]);
  return state;
}

}  // namespace

void Checkpoint::save(const std::string& path) const {
  StateDict all;
  all.merge("model.", model);
  all.merge("optimizer.", optimizer);
  all.merge("scheduler.", scheduler);
  std::string text;
  try {
    text = Json{{"version", kVersion},   {"epoch", epoch},      {"step", step}, {"generator", to_json(generator)},
                {"data", to_json(data)}, {"settings", settings}}
               .dump();
  } catch (const Json::exception&) {
    fail<ValueError>("save: {}: the settings of a checkpoint must be UTF-8", path);
  }
  cresset::save(all, path, {.metadata = {{kKey, text}}});
}

bool Checkpoint::is_checkpoint(const Metadata& metadata) { return metadata.count(kKey) > 0; }

Checkpoint Checkpoint::load(const std::string& path, const LoadOptions& options) {
  const Metadata metadata = load_metadata(path);
  check<FormatError>(is_checkpoint(metadata), "load: {}: is no checkpoint", path);
  Checkpoint out;
  try {
    const Json json = Json::parse(metadata.at(kKey));
    check<FormatError>(json.at("version").get<int>() == kVersion,
                       "load: {}: the checkpoint was written by another version of cresset", path);
    out.epoch = json.at("epoch").get<std::int64_t>();
    out.step = json.at("step").get<std::int64_t>();
    out.generator = generator_of(json.at("generator"));
    out.data = loader_state_of(json.at("data"));
    out.settings = json.at("settings").get<std::string>();
  } catch (const Json::exception& e) {
    fail<FormatError>("load: {}: the checkpoint's metadata is malformed: {}", path, e.what());
  }
  const StateDict all = cresset::load(path, options);
  out.model = all.sub_dict("model.");
  out.optimizer = all.sub_dict("optimizer.");
  out.scheduler = all.sub_dict("scheduler.");
  return out;
}

}  // namespace cresset
