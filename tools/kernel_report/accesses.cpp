// What the kernels of convolutions and matrix products read and write, counted by the simulator: one line of JSON a
// launch.
//
//   kernel_accesses BLOCKS < problems     BLOCKS: how many blocks of a grid run, spread over it
//
// A line of input is a problem: `direction dtype format N C H W K R S stride padding groups`, with direction forward,
// grad_input or grad_weight, or `matmul dtype M N K`. The kernels are those that the library chooses on this device
// (CRESSET_SIM_SM). Memory holds nothing of use: only addresses count.
#include <cresset/cresset.h>
#include <cresset/cuda.h>
#include <cresset/extension.h>
#include <cudasim.h>
#include <cudasim/accesses.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

namespace {

using namespace cresset;
using nlohmann::json;

const Device kCuda(DeviceType::cuda);

DType dtype_of(const std::string& text) {
  for (const DType dtype : {kFloat32, kBFloat16, kFloat16, kFloat64})
    if (name(dtype) == text) return dtype;
  throw ValueError("no such dtype: " + text);
}

// `memory` keeps the operands until the kernels have run.
void start_convolution(const std::string& direction, std::istringstream& line, std::vector<Tensor>& memory) {
  std::string dtype, format;
  Conv2dProblem p{};
  std::int64_t stride = 1, padding = 0;
  line >> dtype >> format >> p.N >> p.C >> p.H >> p.W >> p.K >> p.R >> p.S >> stride >> padding >> p.groups;
  p.dtype = dtype_of(dtype);
  p.format = format == "channels_last" ? kChannelsLast : kContiguous;
  p.stride_h = p.stride_w = stride;
  p.pad_top = p.pad_left = padding;
  p.P = (p.H + 2 * padding - p.R) / stride + 1;
  p.Q = (p.W + 2 * padding - p.S) / stride + 1;
  const TensorOptions options{.dtype = p.dtype, .device = kCuda};
  memory = {empty({p.N * p.C * p.H * p.W}, options), empty({p.K * (p.C / p.groups) * p.R * p.S}, options),
            empty({p.N * p.K * p.P * p.Q}, options)};
  void *x = memory[0].data_ptr(), *w = memory[1].data_ptr(), *y = memory[2].data_ptr();
  const void* none = nullptr;
  if (direction == "forward")
    run<Conv2dForward>(kCuda, p, x, w, none, y);
  else if (direction == "grad_input")
    run<Conv2dGradInput>(kCuda, p, y, w, x);
  else
    run<Conv2dGradWeight>(kCuda, p, y, x, w);
}

void start_product(std::istringstream& line, std::vector<Tensor>& memory) {
  std::string dtype;
  MatmulProblem p{};
  line >> dtype >> p.M >> p.N >> p.K;
  p.dtype = dtype_of(dtype);
  p.batch = 1;
  p.a_row = p.K;
  p.b_row = p.N;
  p.a_col = p.b_col = 1;
  const TensorOptions options{.dtype = p.dtype, .device = kCuda};
  memory = {empty({p.M * p.K}, options), empty({p.K * p.N}, options), empty({p.M * p.N}, options)};
  const void* none = nullptr;
  run<Matmul>(kCuda, p, memory[0].data_ptr(), memory[1].data_ptr(), none, memory[2].data_ptr());
}

json describe(const cudasim::LaunchAccesses& launch) {
  const auto extent = [](const dim3& d) { return json::array({d.x, d.y, d.z}); };
  json sites = json::array();
  for (const cudasim::AccessSite& site : launch.sites) {
    sites.push_back({{"place", site.place},
                     {"shared", site.shared},
                     {"write", site.write},
                     {"bytes", site.bytes},
                     {"requests", site.requests},
                     {"lane_bytes", site.lane_bytes},
                     {"bytes_used", site.bytes_used},
                     {"wavefronts", site.wavefronts},
                     {"wavefronts_ideal", site.wavefronts_ideal},
                     {"sectors", site.sectors},
                     {"sectors_ideal", site.sectors_ideal},
                     {"in_loop", site.in_loop()}});
  }
  return {{"kernel", launch.kernel},
          {"place", launch.place},
          {"grid", extent(launch.grid)},
          {"block", extent(launch.block)},
          {"dynamic_shared", launch.dynamic_shared},
          {"static_shared", launch.static_shared},
          {"blocks", launch.blocks},
          {"barriers", launch.barriers},
          {"sites", sites}};
}

void count(const std::string& text, std::size_t blocks) {
  std::istringstream line(text);
  std::string kind;
  line >> kind;
  std::vector<Tensor> memory;
  cudasim::record_accesses(blocks);
  if (kind == "matmul")
    start_product(line, memory);
  else
    start_convolution(kind, line, memory);
  cuda::synchronize();
  json launches = json::array();
  for (const cudasim::LaunchAccesses& launch : cudasim::take_accesses()) launches.push_back(describe(launch));
  std::cout << json{{"problem", text}, {"launches", launches}} << std::endl;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 2) throw ValueError("usage: kernel_accesses BLOCKS < problems");
    const std::size_t blocks = std::strtoull(argv[1], nullptr, 10);
    for (std::string line; std::getline(std::cin, line);)
      if (!line.empty()) count(line, blocks);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "kernel_accesses: %s\n", error.what());
    return 1;
  }
}
