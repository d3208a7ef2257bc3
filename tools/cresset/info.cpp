// cresset info
#include <cresset/cresset.h>
#include <cresset/cuda.h>
#include <cresset/cudnn.h>
#include <cresset/dispatch.h>
#include <cresset/version.h>
#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "command.h"
#include "processor.h"

namespace cresset::program {
namespace {

// Nothing that is simulated reads as if it were a GPU.
std::string_view device_name(DeviceType type) {
  return type == DeviceType::cpu ? "cpu" : cuda::is_simulated() ? "cuda (simulated)" : "cuda";
}

nlohmann::ordered_json facts() {
  std::vector<std::string> devices{"cpu"};
  for (int i = 0; i < cuda::device_count(); ++i) {
    const auto properties = cuda::get_device_properties(Device(DeviceType::cuda, i));
    devices.push_back(
        fmt::format("cuda:{} {}, compute capability {}.{}", i, properties.name, properties.major, properties.minor));
  }
  auto libraries = nlohmann::ordered_json::array();
  for (const cuda::LibraryInfo& library : cuda::libraries())
    libraries.push_back(
        {{"name", library.name}, {"version", library.version}, {"path", library.path}, {"not_used", library.missing}});
  auto lists = nlohmann::ordered_json::object();
  for (const KernelInfo& kernel : list_kernels()) lists[kernel.slot][device_name(kernel.device)].push_back(kernel.name);
  return {{"version", kVersion},
          {"processor", processor_name()},
          {"isa", isa_name(current_context().isa)},
          {"threads", get_num_threads()},
          {"devices", devices},
          {"cuda_unavailable", cuda::unavailable_reason()},
          {"libraries", libraries},
          {"kernels", lists}};
}

int run(bool json) {
  const auto all = facts();
  if (json) {
    fmt::print("{}\n", all.dump(1));
    return kSuccess;
  }
  fmt::print("cresset {}\nprocessor: {}\ninstruction set: {} (CRESSET_CPU_ISA lowers it)\nthreads: {}\ndevices: {}\n",
             kVersion, all["processor"].get<std::string>(), all["isa"].get<std::string>(), get_num_threads(),
             fmt::join(all["devices"].get<std::vector<std::string>>(), ", "));
  if (!cuda::is_available()) fmt::print("cuda: {}\n", cuda::unavailable_reason());
  for (const cuda::LibraryInfo& library : cuda::libraries())
    if (library.missing.empty())
      fmt::print("{}: {} ({})\n", library.name, library.version, library.path);
    else
      fmt::print("{}: not used: {}\n", library.name, library.missing);
  fmt::print("kernels, in the order in which they are tried:\n");
  for (const auto& [slot, by_device] : all["kernels"].items())
    for (const auto& [device, names] : by_device.items())
      fmt::print("  {:<28} {:<5} {}\n", slot, device, fmt::join(names.get<std::vector<std::string>>(), ", "));
  return kSuccess;
}

}  // namespace

void add_info(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("info", "Version, processor, devices, and the kernels of each operation");
  const auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "Print one JSON object");
  command->callback([json, &action] { action = [json] { return run(*json); }; });
}

}  // namespace cresset::program
