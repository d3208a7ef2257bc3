// Bank conflicts and sectors, counted from the addresses of a warp: access patterns whose cost is known by hand, each
// with a neighbour that costs nothing extra.
#include <cudasim/accesses.h>

#include <algorithm>

#include "common/cp_async.cuh"
#include "common/ldmatrix.cuh"
#include "simulator.h"

namespace cresset::kernels {
namespace {

struct alignas(16) Four {
  float at[4];
};

// Lane l reads word l * kStride.
template <int kStride>
__global__ void read_strided(float* out) {
  auto& words = shared<float[32 * kStride]>();
  out[threadIdx.x] = words[threadIdx.x * kStride];
}

__global__ void read_one_word(float* out) {
  auto& words = shared<float[32]>();
  out[threadIdx.x] = words[7];
}

// Rows of kPitch floats; lane l reads 16 bytes of row l.
template <int kPitch>
__global__ void read_vectors(Four* out) {
  auto& rows = shared<Four[32][kPitch / 4]>();
  out[threadIdx.x] = rows[threadIdx.x][0];
}

// A transposing copy through a tile with kPad columns more.
template <int kPad>
__global__ void transpose(const float* from, float* to) {
  auto& tile = shared<float[32][32 + kPad]>();
  const int x = static_cast<int>(threadIdx.x), y = static_cast<int>(threadIdx.y);
  tile[y][x] = from[32 * y + x];
  __syncthreads();
  to[32 * y + x] = tile[x][y];
}

// Rows of eight 16-byte chunks, as in a tile of 64 halves; kSwizzled: chunk c of row r lies at c ^ r.
template <bool kSwizzled>
__global__ void load_matrices(unsigned* out) {
  auto& rows = shared<Four[8][8]>();
  unsigned fragment[1];
  for (int chunk = 0; chunk < 8; ++chunk) {
    const int row = static_cast<int>(threadIdx.x) % 8;
    ldmatrix(fragment, &rows[row][kSwizzled ? chunk ^ row : chunk]);
    out[threadIdx.x] = fragment[0];
    __syncthreads();
  }
}

template <int kStride>
__global__ void copy_strided(const float* from, float* to) {
  to[threadIdx.x] = from[threadIdx.x * kStride];
}

__global__ void copy_vectors(const Four* from, Four* to) { to[threadIdx.x] = from[threadIdx.x]; }

template <int kOffset>
__global__ void copy_from(const float* from, float* to) {
  to[threadIdx.x] = from[threadIdx.x + kOffset];
}

__global__ void copy_async(const Four* from, float* to) {
  auto& stage = shared<Four[32]>();
  cp_async<16>(&stage[threadIdx.x], from + threadIdx.x);
  cp_async_commit();
  cp_async_wait<0>();
  to[threadIdx.x] = stage[threadIdx.x].at[0];
}

// Every lane comes by as often as its number says.
__global__ void uneven(float* out) {
  auto& words = shared<float[32]>();
  for (unsigned i = 0; i <= threadIdx.x; ++i) out[threadIdx.x] = words[threadIdx.x];
}

// All lanes read word i in iteration i, and two of three lanes another.
__global__ void skip_some(float* out) {
  auto& words = shared<float[32]>();
  auto& others = shared<float[32], 1>();
  float sum = 0;
  for (int i = 0; i < 32; ++i) {
    sum += words[i];
    if ((static_cast<int>(threadIdx.x) + i) % 3 != 0) sum *= others[i];
  }
  out[threadIdx.x] = sum;
}

class Accesses : public Simulator {
 protected:
  using LaunchAccesses = cudasim::LaunchAccesses;

  template <auto kKernel, class... A>
  static LaunchAccesses run(dim3 block, A... arguments) {
    cudasim::record_accesses(0);
    EXPECT_EQ((launch<kKernel>({.grid = 1, .block = block}, arguments...)), cudaSuccess);
    EXPECT_EQ(cudaDeviceSynchronize(), cudaSuccess);
    auto launches = cudasim::take_accesses();
    EXPECT_EQ(launches.size(), 1u);
    return launches.empty() ? LaunchAccesses{} : launches[0];
  }
  // The one site of this kind.
  static cudasim::AccessSite site(const LaunchAccesses& launch, bool shared, bool write) {
    const auto is_it = [&](const cudasim::AccessSite& s) { return s.shared == shared && s.write == write; };
    EXPECT_EQ(std::count_if(launch.sites.begin(), launch.sites.end(), is_it), 1);
    const auto found = std::find_if(launch.sites.begin(), launch.sites.end(), is_it);
    return found == launch.sites.end() ? cudasim::AccessSite{} : *found;
  }
  template <class T = float>
  static T* memory() {
    return device_array(std::vector<T>(1 << 12));
  }
};

TEST_F(Accesses, CountsConflictsOfAStride) {
  const auto wavefronts = [](const LaunchAccesses& launch) { return site(launch, true, false).wavefronts; };
  EXPECT_EQ(wavefronts(run<read_strided<1>>(32, memory())), 1u);
  EXPECT_EQ(wavefronts(run<read_strided<2>>(32, memory())), 2u);
  EXPECT_EQ(wavefronts(run<read_strided<8>>(32, memory())), 8u);
  EXPECT_EQ(wavefronts(run<read_strided<32>>(32, memory())), 32u);
  EXPECT_EQ(wavefronts(run<read_strided<33>>(32, memory())), 1u);
  EXPECT_EQ(wavefronts(run<read_one_word>(32, memory())), 1u);
  EXPECT_EQ(site(run<read_strided<8>>(32, memory()), true, false).conflicts(), 7u);
  EXPECT_EQ(site(run<read_strided<1>>(32, memory()), true, false).conflicts(), 0u);
}

TEST_F(Accesses, CountsConflictsOfVectors) {
  const auto whole = site(run<read_vectors<4>>(32, memory<Four>()), true, false);
  EXPECT_EQ(whole.bytes, 16u);
  EXPECT_EQ(whole.wavefronts, 4u);
  EXPECT_EQ(whole.conflicts(), 0u);
  // Rows of 32 floats: all lanes in four banks.
  EXPECT_EQ(site(run<read_vectors<32>>(32, memory<Four>()), true, false).wavefronts, 32u);
  EXPECT_EQ(site(run<read_vectors<36>>(32, memory<Four>()), true, false).conflicts(), 0u);
}

TEST_F(Accesses, CountsConflictsOfATransposingCopy) {
  const auto plain = run<transpose<0>>(dim3(32, 32), memory(), memory());
  EXPECT_EQ(plain.barriers, 1u);
  EXPECT_EQ(site(plain, true, true).conflicts(), 0u);
  EXPECT_EQ(site(plain, true, false).requests, 32u);
  EXPECT_EQ(site(plain, true, false).conflicts(), 32u * 31);
  EXPECT_EQ(plain.static_shared, 4096u);
  const auto padded = run<transpose<1>>(dim3(32, 32), memory(), memory());
  EXPECT_EQ(site(padded, true, false).conflicts(), 0u);
  EXPECT_EQ(site(padded, false, false).sectors, 32u * 4);
}

TEST_F(Accesses, CountsConflictsOfLdmatrix) {
  const auto plain = site(run<load_matrices<false>>(32, memory<unsigned>()), true, false);
  EXPECT_EQ(plain.requests, 8u);
  EXPECT_EQ(plain.wavefronts, 64u);
  EXPECT_EQ(plain.conflicts(), 56u);
  EXPECT_TRUE(plain.in_loop());
  EXPECT_EQ(plain.place.substr(0, 17), "accesses_test.cu:");
  EXPECT_EQ(site(run<load_matrices<true>>(32, memory<unsigned>()), true, false).conflicts(), 0u);
}

TEST_F(Accesses, CountsSectors) {
  const auto dense = site(run<copy_strided<1>>(32, memory(), memory()), false, false);
  EXPECT_EQ(dense.sectors, 4u);
  EXPECT_EQ(dense.sectors_ideal, 4u);
  EXPECT_FALSE(dense.in_loop());
  EXPECT_EQ(site(run<copy_strided<2>>(32, memory(), memory()), false, false).sectors, 8u);
  const auto scattered = site(run<copy_strided<8>>(32, memory(), memory()), false, false);
  EXPECT_EQ(scattered.sectors, 32u);
  EXPECT_EQ(scattered.sectors_ideal, 4u);
  EXPECT_EQ(site(run<copy_strided<64>>(32, memory(), memory()), false, false).sectors, 32u);
  EXPECT_EQ(site(run<copy_strided<0>>(32, memory(), memory()), false, false).sectors, 1u);
  EXPECT_EQ(site(run<copy_from<1>>(32, memory(), memory()), false, false).sectors, 5u);
  EXPECT_EQ(site(run<copy_from<8>>(32, memory(), memory()), false, false).sectors, 4u);
  const auto vectors = run<copy_vectors>(32, memory<Four>(), memory<Four>());
  EXPECT_EQ(site(vectors, false, false).sectors, 16u);
  EXPECT_EQ(site(vectors, false, true).sectors, 16u);
  EXPECT_EQ(site(vectors, false, true).bytes, 16u);
}

TEST_F(Accesses, SeesAsynchronousCopiesOnce) {
  const auto launch = run<copy_async>(32, memory<Four>(), memory());
  EXPECT_EQ(site(launch, false, false).sectors, 16u);
  EXPECT_EQ(site(launch, true, true).wavefronts, 4u);
  EXPECT_EQ(site(launch, true, true).bytes, 16u);
  // A read of the first of each four words.
  EXPECT_EQ(site(launch, true, false).wavefronts, 4u);
}

TEST_F(Accesses, LanesThatComeMoreOftenHaveRequestsOfTheirOwn) {
  const auto launch = run<uneven>(32, memory());
  EXPECT_EQ(site(launch, true, false).requests, 32u);
  EXPECT_EQ(site(launch, true, false).conflicts(), 0u);
  EXPECT_EQ(site(launch, true, false).lane_bytes, 4u * 32 * 33 / 2);
}

TEST_F(Accesses, LanesThatSkipAnIterationAreNotMatchedWithOthersNext) {
  const auto launch = run<skip_some>(32, memory());
  size_t requests = 0, wavefronts = 0;
  for (const auto& s : launch.sites) {
    if (!s.shared) continue;
    requests += s.requests;
    wavefronts += s.wavefronts;
  }
  EXPECT_EQ(requests, 64u);
  EXPECT_EQ(wavefronts, 64u);
}

TEST_F(Accesses, RunsSomeBlocksOfALargeGrid) {
  cudasim::record_accesses(3);
  float* from = memory();
  ASSERT_EQ(launch<copy_strided<1>>({.grid = dim3(100, 7), .block = 32}, from, memory()), cudaSuccess);
  ASSERT_EQ(cudaDeviceSynchronize(), cudaSuccess);
  const auto launches = cudasim::take_accesses();
  ASSERT_EQ(launches.size(), 1u);
  EXPECT_EQ(launches[0].kernel, "copy_strided<1>");
  EXPECT_EQ(launches[0].blocks, 3u);
  EXPECT_EQ(launches[0].grid.y, 7u);
  EXPECT_EQ(site(launches[0], false, false).requests, 3u);
  // Later launches run whole and are not counted.
  ASSERT_EQ(launch<copy_strided<1>>({.grid = 1, .block = 32}, from, memory()), cudaSuccess);
  EXPECT_TRUE(cudasim::take_accesses().empty());
}

}  // namespace
}  // namespace cresset::kernels
