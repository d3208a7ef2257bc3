#include "cudasim/accesses.h"

#include <algorithm>
#include <array>
#include <bit>
#include <compare>
#include <cstdint>
#include <cstring>
#include <map>
#include <unordered_map>

#include "accesses.h"
#include "device.h"
#include "report.h"
#include "runner.h"

namespace cudasim {

bool recording = false;

namespace {

// An access of one thread, in the order in which it made them.
struct Access {
  uintptr_t address;
  uint32_t site;
  uint32_t bytes;
};

// An address of code, or a file's name with a line.
struct Place {
  const void* code;
  int line;
  bool shared, write;
  auto operator<=>(const Place&) const = default;
};
struct Site {
  Place place;
  AccessSite counts;
};

// The lanes that come to a site at one moment.
struct Request {
  std::array<uintptr_t, 32> address;
  uint32_t lanes = 0;
  uint32_t bytes = 0;
};

struct Recorder {
  size_t blocks_of_launch = 0;
  bool places = true;
  std::vector<LaunchAccesses> launches;
  std::vector<Site> sites;
  std::map<Place, uint32_t> site_of;
  // By parity of the phase: a thread is one phase ahead of another at most.
  struct Phase {
    unsigned number = 0;
    bool used = false;
    std::vector<std::vector<Access>> threads;
  } phases[2];
  std::map<std::pair<uint32_t, unsigned>, std::pair<unsigned, unsigned>> visits;  // of (site, warp): phases, the last
};

Recorder& recorder() {
  static auto& one = *new Recorder;
  return one;
}

constexpr uintptr_t kBank = 4, kBanks = 32, kSector = 32;

// How often the 32 banks have to be read. The lanes of a request share a cycle as far as 128 bytes go: all 32 with 4
// bytes each, 16 with 8, 8 with 16. In a cycle a bank gives one word, to every lane that wants it.
size_t count_wavefronts(const Request& request, size_t& ideal) {
  const unsigned lanes_at_once = request.bytes <= 4 ? 32 : request.bytes <= 8 ? 16 : 8;
  size_t all = 0;
  for (unsigned first = 0; first < 32; first += lanes_at_once) {
    std::array<std::array<uintptr_t, 32>, kBanks> words;
    std::array<unsigned, kBanks> count{};
    unsigned most = 0;
    for (unsigned lane = first; lane < first + lanes_at_once; ++lane) {
      if ((request.lanes >> lane & 1) == 0) continue;
      const uintptr_t from = request.address[lane] / kBank, to = (request.address[lane] + request.bytes - 1) / kBank;
      for (uintptr_t word = from; word <= to; ++word) {
        auto& of_bank = words[word % kBanks];
        unsigned& n = count[word % kBanks];
        if (std::find(of_bank.begin(), of_bank.begin() + n, word) == of_bank.begin() + n) of_bank[n++] = word;
        most = std::max(most, n);
      }
    }
    all += most;
    ideal += most != 0;
  }
  return all;
}

void count_request(AccessSite& counts, const Request& request) {
  ++counts.requests;
  counts.bytes = std::max(counts.bytes, request.bytes);
  counts.lane_bytes += size_t{request.bytes} * static_cast<size_t>(std::popcount(request.lanes));
  std::vector<uintptr_t> starts, sectors;
  for (unsigned lane = 0; lane < 32; ++lane) {
    if ((request.lanes >> lane & 1) == 0) continue;
    starts.push_back(request.address[lane]);
    for (uintptr_t s = request.address[lane] / kSector; s <= (request.address[lane] + request.bytes - 1) / kSector; ++s)
      sectors.push_back(s);
  }
  std::sort(starts.begin(), starts.end());
  size_t used = 0;
  uintptr_t reached = 0;
  for (const uintptr_t start : starts) {
    const uintptr_t end = start + request.bytes;
    if (end > reached) used += end - std::max(start, reached);
    reached = std::max(reached, end);
  }
  counts.bytes_used += used;
  if (counts.shared) {
    counts.wavefronts += count_wavefronts(request, counts.wavefronts_ideal);
    return;
  }
  std::sort(sectors.begin(), sectors.end());
  counts.sectors += static_cast<size_t>(std::unique(sectors.begin(), sectors.end()) - sectors.begin());
  counts.sectors_ideal += (used + kSector - 1) / kSector;
}

// Which access of one lane goes with which of another: the same site, after as many visits of sites that all lanes
// visit equally often, for the same time since then. So a lane that leaves out an access of one iteration is not
// matched with the others' next.
struct Moment {
  uint32_t site, progress, visit;
  bool operator==(const Moment&) const = default;
};
struct HashMoment {
  size_t operator()(const Moment& m) const {
    return (size_t{m.site} * 0x9e3779b97f4a7c15u ^ m.progress) * 0x9e3779b97f4a7c15u ^ m.visit;
  }
};
using Requests = std::unordered_map<Moment, Request, HashMoment>;

// Sites that all lanes with any access visit equally often.
std::vector<bool> find_even_sites(const std::vector<Access>* lanes, size_t count, size_t sites) {
  std::vector<uint32_t> first, visits(sites);
  std::vector<bool> even(sites, true);
  for (size_t lane = 0; lane < count; ++lane) {
    if (lanes[lane].empty()) continue;
    std::fill(visits.begin(), visits.end(), 0u);
    for (const Access& a : lanes[lane]) ++visits[a.site];
    if (first.empty()) first = visits;
    for (size_t i = 0; i < sites; ++i) even[i] = even[i] && visits[i] == first[i];
  }
  return even;
}

// Puts the accesses of a warp's lanes together.
void gather(std::vector<Access>* lanes, size_t count, size_t sites, Requests& requests) {
  requests.clear();
  const std::vector<bool> even = find_even_sites(lanes, count, sites);
  std::vector<uint32_t> visits(sites), since(sites);
  for (size_t lane = 0; lane < count; ++lane) {
    std::fill(since.begin(), since.end(), 0u);
    uint32_t progress = 0;
    for (const Access& a : lanes[lane]) {
      progress += even[a.site];
      if (since[a.site] != progress + 1) visits[a.site] = 0;
      since[a.site] = progress + 1;
      Request& request = requests[{a.site, progress, visits[a.site]++}];
      request.address[lane] = a.address;
      request.lanes |= 1u << lane;
      request.bytes = std::max(request.bytes, a.bytes);
    }
    lanes[lane].clear();
  }
}

void count_phase(Recorder& r, Recorder::Phase& phase) {
  if (!phase.used) return;
  phase.used = false;
  Requests requests;
  const size_t threads = phase.threads.size();
  for (size_t warp = 0; warp * 32 < threads; ++warp) {
    gather(phase.threads.data() + warp * 32, std::min<size_t>(32, threads - warp * 32), r.sites.size(), requests);
    for (const auto& [moment, request] : requests) {
      const uint32_t site = moment.site;
      count_request(r.sites[site].counts, request);
      auto& [count, last] = r.visits[{site, static_cast<unsigned>(warp)}];
      if (count == 0 || last != phase.number) ++count;
      last = phase.number;
      r.sites[site].counts.phases = std::max(r.sites[site].counts.phases, count);
    }
  }
}

void record(const void* address, size_t bytes, Place place) {
  if (!recording || running_block == nullptr) return;
  Runner& runner = Runner::instance();
  if (runner.now == nullptr) return;
  Recorder& r = recorder();
  place.shared = runner.in_shared_memory(address);
  // Everything else is the host's memory: a thread's own variables, a kernel's parameters.
  if (!place.shared && !Runtime::instance().memory.in_arena(address)) return;
  const auto [found, is_new] = r.site_of.try_emplace(place, static_cast<uint32_t>(r.sites.size()));
  if (is_new) {
    Site site{place, {}};
    site.counts.shared = place.shared;
    site.counts.write = place.write;
    r.sites.push_back(std::move(site));
  }
  Recorder::Phase& phase = r.phases[runner.phase & 1];
  if (phase.used && phase.number != runner.phase) count_phase(r, phase);
  phase.used = true;
  phase.number = runner.phase;
  if (phase.threads.size() < runner.count) phase.threads.resize(runner.count);
  phase.threads[runner.now->linear].push_back(
      {reinterpret_cast<uintptr_t>(address), found->second, static_cast<uint32_t>(bytes)});
}

std::string describe(const Place& place) {
  static auto& names = *new std::map<std::pair<const void*, int>, std::string>;
  std::string& name = names[{place.code, place.line}];
  if (!name.empty()) return name;
  if (place.line == 0) return name = code_location(static_cast<const char*>(place.code) - 1);
  const auto* file = static_cast<const char*>(place.code);
  const char* base = std::strrchr(file, '/');
  return name = format("%s:%d", base ? base + 1 : file, place.line);
}

}  // namespace

void record_mma() { ++recorder().launches.back().mma; }

std::vector<uint64_t> blocks_to_record(uint64_t blocks) {
  const uint64_t wanted = recorder().blocks_of_launch;
  std::vector<uint64_t> chosen;
  if (wanted == 0 || wanted >= blocks) {
    for (uint64_t i = 0; i < blocks; ++i) chosen.push_back(i);
  } else {
    for (uint64_t i = 0; i < wanted; ++i) chosen.push_back((2 * i + 1) * blocks / (2 * wanted));
  }
  return chosen;
}

void end_recorded_block(Runner& runner) {
  Recorder& r = recorder();
  // Of two, the older one first.
  const unsigned older = r.phases[0].number < r.phases[1].number ? 0 : 1;
  count_phase(r, r.phases[older]);
  count_phase(r, r.phases[older ^ 1]);
  r.visits.clear();
  LaunchAccesses& launch = r.launches.back();
  launch.barriers += runner.phase;
  ++launch.blocks;
  launch.static_shared = std::max(launch.static_shared, runner.static_shared());
}

void begin_recorded_launch(const Launch& launch) {
  Recorder& r = recorder();
  r.sites.clear();
  r.site_of.clear();
  LaunchAccesses next{};
  next.kernel = kernel_name(*launch.kernel);
  if (r.places) next.place = describe({static_cast<const char*>(launch.kernel->function) + 1, 0, false, false});
  next.grid = launch.grid;
  next.block = launch.block;
  next.dynamic_shared = launch.dynamic_shared;
  r.launches.push_back(std::move(next));
}

void end_recorded_launch() {
  Recorder& r = recorder();
  for (Site& site : r.sites) {
    if (r.places) site.counts.place = describe(site.place);
    r.launches.back().sites.push_back(std::move(site.counts));
  }
}

void record_accesses(size_t blocks_of_launch, bool places) {
  recorder().blocks_of_launch = blocks_of_launch;
  recorder().places = places;
  recorder().launches.clear();
  recording = true;
}

std::vector<LaunchAccesses> take_accesses() {
  recording = false;
  std::vector<LaunchAccesses> taken;
  taken.swap(recorder().launches);
  return taken;
}

void record_access(const void* address, size_t bytes, bool write, const void* code) {
  record(address, bytes, {code, 0, false, write});
}
void record_access(const void* address, size_t bytes, bool write, Where where) {
  record(address, bytes, {where.file, where.line, false, write});
}

}  // namespace cudasim
