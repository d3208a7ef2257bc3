#include "bench_kernels/json.h"

#include <cresset/error.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

namespace cresset::program::bench {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kSchema = "cresset bench kernels 1";

Json json_of(const Sampled& s, double confidence) {
  return {{"mean_seconds", s.estimate.mean},
          {"least_seconds", s.estimate.least},
          {"deviation", s.estimate.deviation},
          {"samples", s.estimate.samples},
          {"relative_error", s.estimate.relative_error(confidence)},
          {"reached", s.reached}};
}
Sampled sampled_of(const Json& json) {
  return {{json.at("mean_seconds"), json.at("least_seconds"), json.at("deviation"), json.at("samples")},
          json.at("reached")};
}

Json json_of(const Counts& c) {
  return {{"simulated", true},
          {"instructions", c.instructions()},
          {"bytes", c.bytes()},
          {"launches", c.launches},
          {"blocks", c.blocks},
          {"blocks_run", c.blocks_run},
          {"global_requests", c.global_requests},
          {"global_sectors", c.global_sectors},
          {"shared_requests", c.shared_requests},
          {"shared_wavefronts", c.shared_wavefronts},
          {"barriers", c.barriers},
          {"mma", c.mma}};
}
Counts counts_of(const Json& json) {
  return {json.at("launches"),          json.at("blocks"),         json.at("blocks_run"),
          json.at("global_requests"),   json.at("global_sectors"), json.at("shared_requests"),
          json.at("shared_wavefronts"), json.at("barriers"),       json.at("mma")};
}

Json json_of(const Comparison& c) {
  return {{"with", c.with},
          {"ratio", c.ratio.value},
          {"low", c.ratio.low},
          {"high", c.ratio.high},
          {"verdict", name(c.verdict)}};
}

Json json_of(const Report& report, const Row& row) {
  Json out{{"network", row.network},     {"layer", row.layer},
           {"sizes", row.sizes},         {"op", row.op},
           {"direction", row.direction}, {"dtype", row.dtype},
           {"layout", row.layout},       {"kernel", row.kernel},
           {"chosen", row.chosen},       {"simulated", report.facts.simulated},
           {"flops", row.flops},         {"bytes", row.bytes}};
  if (!row.missing.empty()) out["missing"] = row.missing;
  if (!row.engine.empty()) out["engine"] = row.engine;
  const double confidence = report.facts.precision.confidence;
  if (row.warm) {
    out["warm"] = json_of(*row.warm, confidence);
    out["tflops"] = row.flops / row.warm->estimate.mean * 1e-12;
    out["gbytes_per_second"] = row.bytes / row.warm->estimate.mean * 1e-9;
    if (report.share(row) > 0) out["share_of_roof"] = report.share(row);
  }
  if (row.cold) out["cold"] = json_of(*row.cold, confidence);
  if (row.counts) out["counts"] = json_of(*row.counts);
  if (row.deviation)
    out["error"] = {{"largest", row.deviation->largest},
                    {"bound", row.deviation->bound},
                    {"elements", row.deviation->elements},
                    {"complete", row.deviation->complete}};
  if (row.clocks)
    out["clocks"] = {
        {"sm_mhz", row.clocks->sm_mhz}, {"memory_mhz", row.clocks->memory_mhz}, {"held_back", row.clocks->held_back}};
  if (row.compared_warm) out["compared_warm"] = json_of(*row.compared_warm);
  if (row.compared_cold) out["compared_cold"] = json_of(*row.compared_cold);
  return out;
}

// The comparisons are made anew by compare_with_libraries().
Row row_of(const Json& json) {
  Row row{.network = json.at("network"),
          .layer = json.at("layer"),
          .sizes = json.at("sizes"),
          .op = json.at("op"),
          .direction = json.at("direction"),
          .dtype = json.at("dtype"),
          .layout = json.at("layout"),
          .kernel = json.at("kernel"),
          .chosen = json.at("chosen"),
          .missing = json.value("missing", ""),
          .engine = json.value("engine", ""),
          .flops = json.at("flops"),
          .bytes = json.at("bytes")};
  if (json.contains("warm")) row.warm = sampled_of(json["warm"]);
  if (json.contains("cold")) row.cold = sampled_of(json["cold"]);
  if (json.contains("counts")) row.counts = counts_of(json["counts"]);
  if (json.contains("error")) {
    const Json& e = json["error"];
    row.deviation = Deviation{e.at("largest").is_null() ? 0 : e.at("largest").get<double>(), e.at("bound"),
                              e.at("elements"), e.at("complete")};
  }
  if (json.contains("clocks")) {
    const Json& c = json["clocks"];
    row.clocks = Clocks{c.at("sm_mhz"), c.at("memory_mhz"), c.at("held_back")};
  }
  return row;
}

Report report_of(const Json& json) {
  Report report;
  const Json& f = json.at("facts");
  report.facts = {.version = f.at("version"),
                  .device = f.at("device"),
                  .processor = f.at("processor"),
                  .isa = f.at("isa"),
                  .driver = f.at("driver"),
                  .simulated = f.at("simulated"),
                  .threads = f.at("threads"),
                  .precision = {f.at("confidence"), f.at("precision"), f.at("limit_seconds"), f.at("least_samples")},
                  .margin = f.at("margin"),
                  .others_busy = f.at("others_busy")};
  for (const auto& [dtype, roof] : json.at("roofs").items())
    report.roofs[dtype] = {roof.at("flops_per_second"), roof.at("bytes_per_second"), roof.at("source")};
  for (const Json& row : json.at("rows")) report.rows.push_back(row_of(row));
  compare_with_libraries(report);
  return report;
}

}  // namespace

std::string json_of(const Report& report, const std::string& quote) {
  const Facts& f = report.facts;
  Json out{{"schema", kSchema},
           {"facts",
            {{"version", f.version},
             {"device", f.device},
             {"simulated", f.simulated},
             {"processor", f.processor},
             {"isa", f.isa},
             {"threads", f.threads},
             {"driver", f.driver},
             {"confidence", f.precision.confidence},
             {"precision", f.precision.relative},
             {"limit_seconds", f.precision.seconds},
             {"least_samples", f.precision.least},
             {"margin", f.margin},
             {"others_busy", f.others_busy}}},
           {"roofs", Json::object()},
           {"rows", Json::array()},
           {"quote", quote}};
  for (const auto& [dtype, roof] : report.roofs)
    out["roofs"][dtype] = {{"flops_per_second", roof.flops}, {"bytes_per_second", roof.bytes}, {"source", roof.source}};
  for (const Row& row : report.rows) out["rows"].push_back(json_of(report, row));
  return out.dump(1) + "\n";
}

Report read_report(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw IoError(fmt::format("bench kernels: {}: cannot be read: {}", path, std::strerror(errno)));
  try {
    const Json json = Json::parse(file);
    const std::string schema = json.is_object() ? json.value("schema", "") : "";
    if (schema != kSchema)
      throw IoError(fmt::format("bench kernels: {}: must have the schema \"{}\", {}", path, kSchema,
                                schema.empty() ? "has none" : fmt::format("has \"{}\"", schema)));
    return report_of(json);
  } catch (const Json::parse_error&) {
    throw IoError(fmt::format("bench kernels: {}: is no whole JSON file: cut off or damaged", path));
  } catch (const Json::exception& error) {
    throw IoError(fmt::format("bench kernels: {}: is damaged: {}", path, error.what()));
  }
}

}  // namespace cresset::program::bench
